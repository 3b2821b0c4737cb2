// SPDX-License-Identifier: GPL-2.0
/*
 * plots.c - the plots of a trial, drawn: scripts by report/, run by host/
 */
#include "plots.h"

#include <errno.h>
#include <stdio.h>

#include "core/util.h"
#include "host/gnuplot.h"

static int draw(const struct job *job, const struct trial *t, enum trial_plot plot, char **ret,
		struct err *err)
{
	_cleanup_free_ char *script = NULL, *svg = NULL;
	int rc = trial_plot_script(t, plot, &script);

	if (rc < 0 || !script)
		return rc;
	rc = gnuplot_run(job, script, &svg, err);
	if (rc < 0)
		return rc;
	rc = trial_plot_inline(plot, svg, ret);
	return rc == -EBADMSG ? err_set(err, STATUS_BENCH, rc, "gnuplot wrote no SVG that fits a page") : rc;
}

static void say_why_not(struct trial_plots *p, const struct err *why)
{
	trial_plots_free(p);
	snprintf(p->why_not, sizeof(p->why_not), "%.100s%s%.90s", why->msg, *why->hint ? ": " : "",
		 why->hint);
}

int trial_plots_make(const struct job *job, const struct trial *t, const struct trial_outcome *o,
		     struct trial_plots *ret, struct err *err)
{
	struct err why = { 0 };
	int rc = 0;

	*ret = (struct trial_plots){ 0 };
	for (unsigned int i = 0; i < TRIAL_PLOTS && rc == 0; i++)
		rc = draw(job, t, i, &ret->svg[i], &why);
	if (rc == -ENOMEM)
		rc = err_set(err, STATUS_BENCH, rc, "out of memory");
	else if (rc < 0 && rc != -EINTR)
		say_why_not(ret, &why), rc = 0;
	if (rc < 0)
		trial_plots_free(ret);
	if (rc == -EINTR)
		err_move(err, &why);
	err_reset(&why);
	return rc;
}
