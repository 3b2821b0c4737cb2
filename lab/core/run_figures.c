// SPDX-License-Identifier: GPL-2.0
/*
 * run_figures.c - the figures of a run by the names that scenarios have for them
 */
#include "core/run_figures.h"

#include <math.h>
#include <string.h>

#include "core/scenario.h"
#include "core/util.h"

struct figure {
	const char *name;		/* in scenario_metrics[] */
	size_t offset;			/* of a uint64_t in struct run */
	double (*of)(const struct run *run);	/* where it is no such member */
};

static double ratio(const struct run *run)
{
	return reorder_ratio(run->reorder.f.reordered, run->reorder.f.packets);
}

static double first_psh_moved(const struct run *run)
{
	return (double)(run->reorder.psh_late + run->reorder.psh_early);
}

static double throughput(const struct run *run)
{
	return run->throughput_bps;
}

#define COUNT(name, member) { name, offsetof(struct run, member), NULL }

static const struct figure figures[] = {
	COUNT("reordered", reorder.f.reordered),
	{ "ratio", 0, ratio },
	COUNT("movers", reorder.f.movers),
	COUNT("flows_reordered", reorder.flows_reordered),
	{ "first_psh_moved", 0, first_psh_moved },
	COUNT("lost", reorder.f.lost),
	COUNT("retransmitted", reorder.f.retransmitted),
	COUNT("missed", sw.missed),
	COUNT("upcalls_lost", sw.lost),
	COUNT("flow_packets", openflow.cookie_packets),
	COUNT("connected", connect.connected),
	COUNT("unreachable", connect.unreachable),
	COUNT("refused", connect.refused),
	COUNT("timed_out", connect.timed_out),
	{ "throughput_bps", 0, throughput },
};

static double figure_of(const struct figure *f, const struct run *run)
{
	uint64_t count;

	if (f->of)
		return f->of(run);
	memcpy(&count, (const char *)run + f->offset, sizeof(count));
	return (double)count;
}

double run_figure(const struct run *run, unsigned int metric)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (!strcmp(figures[i].name, scenario_metrics[metric].name))
			return figure_of(&figures[i], run);
	return NAN;			/* a row without figure: test_report_run looks for it */
}
