// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_report.c - 'ovslab report': what was kept, in any form, offline
 */
#include "cmd.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/labdir.h"
#include "report/trial_bug.h"
#include "report/trial_html.h"
#include "report/trial_json.h"
#include "report/trial_junit.h"
#include "report/trial_ktap.h"
#include "report/trial_markdown.h"
#include "report/trial_text.h"
#include "plots.h"
#include "store.h"

static struct report_config {
	const char *html, *junit;
	bool ktap, markdown, bug;
} config;

static const struct opt opts[] = {
	{ "html", 0, OPT_STRING(struct report_config, html), .arg = "FILE",
	  .help = "write one self-contained page ('-': standard output)" },
	{ "junit", 0, OPT_STRING(struct report_config, junit), .arg = "FILE",
	  .help = "write JUnit XML, a case for each expectation ('-': standard output)" },
	{ "ktap", 0, OPT_FLAG(struct report_config, ktap),
	  .help = "print the kernel's Test Anything Protocol" },
	{ "markdown", 0, OPT_FLAG(struct report_config, markdown), .help = "print text for a ticket" },
	{ "bug", 0, OPT_FLAG(struct report_config, bug),
	  .help = "print a mail to Open vSwitch's list; names and addresses of hosts are left out" },
	{ .name = NULL },
};

/* What is reported, and what its writers need. */
struct subject {
	const struct session *session;
	struct trial trial;
	struct trial_outcome outcome;
	char path[PATH_MAX];
};

typedef int (*writer)(FILE *f, const struct subject *s, struct err *err);

/* ---- the writers ----------------------------------------------------------------------- */

static int write_html(FILE *f, const struct subject *s, struct err *err)
{
	struct trial_plots plots;
	int rc = trial_plots_make(&s->session->job, &s->trial, &s->outcome, &plots, err);

	if (rc < 0)
		return rc;
	rc = trial_html(f, &s->trial, &s->outcome, &plots);
	trial_plots_free(&plots);
	return rc;
}

static int write_junit(FILE *f, const struct subject *s, struct err *err)
{
	return trial_junit(f, &s->trial, &s->outcome);
}

static int write_ktap(FILE *f, const struct subject *s, struct err *err)
{
	return trial_ktap(f, &s->trial, &s->outcome);
}

static int write_markdown(FILE *f, const struct subject *s, struct err *err)
{
	return trial_markdown(f, &s->trial, &s->outcome);
}

static int write_bug(FILE *f, const struct subject *s, struct err *err)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct redact_own own = { .host = host, .user = getenv("USER"), .home = getenv("HOME") };

	/* two letters tell nobody anything, and 'vm' is a word of ours */
	if (gethostname(host, sizeof(host) - 1) < 0 || strlen(host) < 3)
		own.host = NULL;
	return trial_bug(f, &s->trial, &s->outcome, &own);
}

static int write_text(FILE *f, const struct subject *s, struct err *err)
{
	return trial_print_wide(f, &s->trial, &s->outcome, s->session->verbosity > 0,
				use_color(stdout), terminal_columns(STDOUT_FILENO), s->path);
}

static int write_json(FILE *f, const struct subject *s, struct err *err)
{
	return print_json(trial_to_json(&s->trial, &s->outcome), err);
}

/* ---- where they write ------------------------------------------------------------------ */

static int failed(int rc, const char *what, struct err *err)
{
	if (rc == -EINTR || (err && err->status))
		return rc;
	return err_set(err, STATUS_BENCH, rc, "cannot write %s: %s", what, strerror(-rc));
}

static int print_out(writer write, const struct subject *s, struct err *err)
{
	int rc = write(stdout, s, err);

	if (rc >= 0 && fflush(stdout) == EOF)
		rc = -errno;
	return rc < 0 && ferror(stdout) ? stdout_failed(errno ? -errno : -EIO, err) :
	       rc < 0 ? failed(rc, "the report", err) : STATUS_OK;
}

/* Written in memory first: a file is whole, or it is as it was. */
static int write_file(const char *path, writer write, const struct subject *s, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int rc = f ? write(f, s, err) : -ENOMEM;

	if (f && fclose(f) == EOF && rc >= 0)
		rc = -ENOMEM;
	if (rc < 0)
		return failed(rc, path, err);
	rc = file_put(path, text, n, err);
	if (rc < 0 && err)
		err->status = STATUS_USAGE;	/* the user named the file */
	return rc;
}

static int write_out(const char *path, writer write, const struct subject *s, struct err *err)
{
	return strcmp(path, "-") ? write_file(path, write, s, err) : print_out(write, s, err);
}

/* ---- the command ----------------------------------------------------------------------- */

/* What goes to standard output is one document, or text that may follow text. */
static int check_options(const struct session *s, struct err *err)
{
	bool html = config.html && !strcmp(config.html, "-");
	bool junit = config.junit && !strcmp(config.junit, "-");
	bool text = config.ktap || config.markdown || config.bug;

	if (html + junit + text + s->json > 1)
		return err_set(err, STATUS_USAGE, EINVAL, "only one of --html -, --junit -, --json and "
			       "text can go to standard output");
	if (config.html && config.junit && !html && !strcmp(config.html, config.junit))
		return err_set(err, STATUS_USAGE, EINVAL, "--html and --junit name the same file");
	return 0;
}

static int write_all(const struct subject *s, struct err *err)
{
	const struct { const char *path; writer write; } outputs[] = {
		{ config.html, write_html },
		{ config.junit, write_junit },
		{ config.ktap ? "-" : NULL, write_ktap },
		{ config.markdown ? "-" : NULL, write_markdown },
		{ config.bug ? "-" : NULL, write_bug },
		{ s->session->json ? "-" : NULL, write_json },
	};
	unsigned int written = 0, printed = 0;
	int rc = STATUS_OK;

	for (size_t i = 0; i < ARRAY_SIZE(outputs) && rc == STATUS_OK; i++) {
		if (!outputs[i].path)
			continue;
		if (!strcmp(outputs[i].path, "-") && printed++)
			putchar('\n');
		rc = write_out(outputs[i].path, outputs[i].write, s, err);
		written++;
	}
	return written ? rc : print_out(write_text, s, err);
}

static int run_report(const struct session *session, int argc, char **argv, struct err *err)
{
	struct subject *s = calloc(1, sizeof(*s));
	int rc = check_options(session, err);

	if (rc == 0 && !s)
		rc = err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	if (rc == 0) {
		s->session = session;
		rc = store_load(argv[0], &s->trial, s->path, sizeof(s->path), err);
	}
	if (rc == 0) {
		trial_judge(&s->trial, &s->outcome);
		rc = write_all(s, err);
		trial_free(&s->trial);
	}
	free(s);
	return rc;
}

const struct command cmd_report = {
	.name = "report",
	.group = GROUP_EXPERIMENT,
	.args = "RUN",
	.args_min = 1,
	.args_max = 1,
	.summary = "tell what a run or trial showed, in any form",
	.about = "Reads what 'run', 'validate', 'measure' or 'demo' has kept, and judges it anew: "
		 "verdict, expectations, figures, and what shaped them. RUN is a file, or the name of "
		 "one in the folder of runs. It needs no lab and no privilege, and is safe on a file from a "
		 "stranger.\n\n"
		 "Without an option, prints what the command itself printed at its end; -v adds every run. "
		 "Several forms can be made at once. --html and --junit write a file, which is replaced as a "
		 "whole; the others print, in the order of this list.\n\n"
		 "In JUnit and KTAP each expectation is a case, and so is the verdict; what is not known or "
		 "inconclusive is skipped. --bug is a mail in the order that Open vSwitch's guide asks for. "
		 "Names of hosts, addresses that are not the lab's, and paths in home folders are left "
		 "out of it; look through it all the same before you send it.\n\n"
		 "The exit status tells if the report was made, and nothing of the verdict.",
	.examples = "ovslab report first-psh-20261122T174227Z\n"
		    "ovslab report RUN.json --html out.html --junit out.xml\n"
		    "ovslab report RUN.json --markdown | xclip\n"
		    "ovslab report RUN.json --bug >bug.txt\n"
		    "ovslab report RUN.json --json | jq .outcome.verdict",
	.opts = opts,
	.config = &config,
	.timeout = 120,
	.flags = CMD_JSON,
	.run = run_report,
};
