// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_run.c - 'ovslab run': a scenario, its variants, and what is expected of them
 */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "host/scenario_file.h"
#include "report/json.h"
#include "report/table_text.h"
#include "trial_cmd.h"

#define BISECT_SKIP 125			/* 'git bisect run': this one cannot be told */

static struct run_config {
	struct trial_config t;
	unsigned int runs;
	bool bisect, list;
} config;

static const struct opt opts[] = {
	{ "runs", 'r', OPT_UINT(struct run_config, runs), .arg = "N", .min = 1, .max = 50,
	  .fallback = "1", .help = "measure each variant so often; figures are medians" },
	{ "variant", 0, OPT_STRING(struct run_config, t.variant), .arg = "NAME",
	  .help = "only this one, and the baseline if the bounds of its expectations need it",
	  .fallback = "all" },
	{ "bisect", 0, OPT_FLAG(struct run_config, bisect),
	  .help = "exit statuses for 'git bisect run': 0 good, 1 bad, 125 skip" },
	{ "list", 0, OPT_FLAG(struct run_config, list),
	  .help = "list the shipped scenarios, and start nothing" },
	TRIAL_OPTS(struct run_config, t),
	{ .name = NULL },
};

/* ---- --list --------------------------------------------------------------------------- */

static json_t *names_of(const struct scenario *s)
{
	json_t *list = json_array();

	for (size_t i = 0; s->has_variants && i < 2; i++)
		json_array_append_new(list, json_clean(s->variants[i].name));
	for (size_t i = 0; i < s->matrix.n; i++)
		json_array_append_new(list, json_clean(s->matrix.v[i].name));
	return list;
}

static json_t *entry_of(const struct scenario_entry *e)
{
	const struct scenario *s = e->scenario;
	const char *cell, *own = scenario_own(s, &cell);

	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:b}", "name", json_clean(e->name), "state",
			 scenario_state_names[s->state], "summary", json_clean(s->summary), "affects",
			 json_clean(s->affects), "fixed_in", json_clean(s->fixed), "variants",
			 names_of(s), "needs_own", own != NULL);
}

static int list_json(const struct scenario_entry *list, size_t n, struct err *err)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		if (list[i].scenario)
			json_array_append_new(all, entry_of(&list[i]));
	return print_json(json_pack("{s:s,s:o}", "schema", "ovslab.scenarios/1", "scenarios", all), err);
}

static int list_text(const struct scenario_entry *list, size_t n)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "scenario", TABLE_LEFT);
	table_column(&t, "state", TABLE_LEFT);
	table_column(&t, "summary", TABLE_FOLD);
	for (size_t i = 0; i < n; i++) {
		const struct scenario *s = list[i].scenario;

		table_cell(&t, "@%s", list[i].name);
		table_cell(&t, "%s", s ? scenario_state_names[s->state] : "-");
		table_cell(&t, "%s", s ? s->summary : "has mistakes: see 'ovslab lint'");
	}
	rc = table_print(stdout, &t, terminal_columns(STDOUT_FILENO), use_color(stdout));
	table_free(&t);
	return rc;
}

static int list_all(const struct session *s, int argc, struct err *err)
{
	struct scenario_entry *list;
	size_t n;
	int rc;

	if (argc > 0)
		return err_set(err, STATUS_USAGE, EINVAL, "--list is for no scenario");
	rc = scenario_list(&list, &n, err);
	if (rc < 0)
		return rc;
	rc = s->json ? list_json(list, n, err) : list_text(list, n);
	scenario_list_free(list, n);
	return rc;
}

/* ---- which variants --------------------------------------------------------------------- */

static bool expects(const struct scenario *s, const char *name, bool with_ratio)
{
	for (size_t i = 0; i < s->expect.n; i++) {
		const struct scenario_expect *e = &s->expect.v[i];

		if (e->variant && strcmp(e->variant, name) == 0 && (!with_ratio || scenario_has_ratio(e)))
			return true;
	}
	return false;
}

static int add_one(struct trial_work *w, const char *name, struct err *err)
{
	const struct scenario *s = w->trial.scenario;
	const char *baseline = s->variants[SCENARIO_BASELINE].name;
	int rc = 0;

	if (s->has_variants && strcmp(name, baseline) != 0 && expects(s, name, true))
		rc = trial_work_add_cell(w, baseline, err);
	return rc < 0 ? rc : trial_work_add_cell(w, name, err);
}

static int add_all(struct trial_work *w, struct err *err)
{
	const struct scenario *s = w->trial.scenario;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = trial_work_add_cell(w, s->variants[i].name, err);
	for (size_t i = 0; rc == 0 && i < s->matrix.n; i++)
		rc = trial_work_add_cell(w, s->matrix.v[i].name, err);
	return rc;
}

/* What --variant, or --bisect without it, has measured; NULL: all */
static const char *under_test(void)
{
	return config.t.variant ? config.t.variant : config.bisect ? "fixed" : NULL;
}

static int add_cells(struct trial_work *w, struct err *err)
{
	const struct scenario *s = w->trial.scenario;
	const char *one = under_test();

	if (!s->has_variants && !config.t.variant)
		return trial_work_add_cell(w, NULL, err);
	if (config.bisect && s->has_variants && !expects(s, one, false))
		return err_set(err, STATUS_USAGE, EINVAL, "scenario '%s' expects nothing of %s: "
			       "that cannot be good or bad", s->name, one);
	return one ? add_one(w, one, err) : add_all(w, err);
}

/* ---- --bisect --------------------------------------------------------------------------- */

/* A run that counts, and in which a mangler changed nothing, or the like */
static bool some_run_is_odd(const struct trial *t)
{
	for (size_t i = 0; i < t->n_runs; i++)
		if (trial_fault(t, &t->runs[i]) == TRIAL_VALID && t->runs[i].run.status != RUN_OK &&
		    t->runs[i].run.status != RUN_NO_TRAFFIC)
			return true;
	return false;
}

/*
 * Of the last cell, which is under test, each run must say the same; what is expected of
 * the baseline says whether the bench shows the bug at all.
 */
static int bisect_status(const struct trial *t, const struct trial_outcome *o)
{
	int status = STATUS_OK;

	if (!t->finished || !o->expectations_known || some_run_is_odd(t))
		return BISECT_SKIP;
	for (unsigned int i = 0; i < o->n_expected; i++) {
		const struct trial_expected *e = &o->expected[i];
		bool tested = trial_cell(t, e->expect->variant) == (int)t->n_cells - 1;

		if (tested ? !e->agree : !e->holds)
			return BISECT_SKIP;
		if (!e->holds)
			status = STATUS_VERDICT;
	}
	return status;
}

/* A failure of any kind says nothing about the tree; only Ctrl-C ends the bisection. */
static int skip_failure(int rc, struct err *err)
{
	if (rc < 0 && !err->msg[0])
		err_set(err, STATUS_BENCH, rc, "run failed: %s", strerror(-rc));
	if (rc < 0)
		err->status = (enum status)BISECT_SKIP;
	return rc;
}

/* ---- the command -------------------------------------------------------------------------- */

static int carry_out(const struct session *s, struct trial_work *w, struct err *err)
{
	struct trial_outcome o;
	int rc = w->resumed ? 0 : add_cells(w, err);

	if (rc < 0)
		return rc;
	if (config.runs || !w->trial.runs_each)
		w->trial.runs_each = config.runs ? config.runs : 1;
	if (w->trial.n_cells * w->trial.runs_each > TRIAL_RUNS_MAX)
		return err_set(err, STATUS_USAGE, E2BIG, "%u variants, each %u times: %d runs is the most",
			       w->trial.n_cells, w->trial.runs_each, TRIAL_RUNS_MAX);
	rc = trial_work_carry(s, &config.t, w, &o, err);
	return rc >= 0 && config.bisect ? bisect_status(&w->trial, &o) : rc;
}

/* Such as a wrong option: git would take its status for a bad tree. */
static int misused(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--bisect") == 0)
			return BISECT_SKIP;
	return STATUS_USAGE;
}

static int run_run(const struct session *s, int argc, char **argv, struct err *err)
{
	const char *tested = config.bisect ? under_test() : NULL;
	struct trial_work w;
	int rc;

	if (config.list)
		return list_all(s, argc, err);
	if (config.bisect && config.t.resume)
		return err_set(err, STATUS_USAGE, EINVAL, "--bisect is of the tree that is there now: "
			       "no --resume");
	rc = trial_work_open(&config.t, TRIAL_RUN, tested, argc, argv, &w, err);
	if (rc == 0) {
		rc = carry_out(s, &w, err);
		trial_work_free(&w);
	}
	return config.bisect ? skip_failure(rc, err) : rc;
}

const struct command cmd_run = {
	.name = "run",
	.group = GROUP_EXPERIMENT,
	.args = "[SCENARIO]",
	.args_max = 1,
	.summary = "carry a scenario out, and hold what was measured against what it expects",
	.about = "A scenario is a file, or a shipped one by @NAME: bench, flows, injections, traffic, and "
		 "what is to come out. Each of its variants gets a lab of its own, one after the other, "
		 "is measured --runs times, and taken down again. Labs of yours are left alone. A figure "
		 "of several runs is their median; bounds that are a ratio refer to the baseline's.\n\n"
		 "The exit status is 0 if all expectations hold, 1 if one does not, and 5 if that is not "
		 "known. Whether one variant is better than another is for 'validate' to say.\n\n"
		 "With --bisect one variant is measured (fixed, unless --variant names another), and a "
		 "--set without a variant is for that one alone. The status is 0 if it is as expected, 1 "
		 "if not, and 125 if that cannot be told: the bench failed, the baseline does not show the "
		 "bug, runs did not count or disagree. Give --runs 3 where one run is no proof. 'git bisect run' "
		 "takes most failures of a build for a bad tree: end those with 125 as well.\n\n"
		 "All runs are kept in one JSON file, which is written after each of them; --resume goes on "
		 "behind the last, with the scenario and settings of the file. The settings may name "
		 "paths of this host: resume only what you began.",
	.examples = "ovslab run --list\n"
		    "ovslab run @ssh-down\n"
		    "ovslab run bug.yml --runs 3 --variant fixed --set ovs=sid\n"
		    "# in a tree of Open vSwitch\n"
		    "git bisect run sh -c '\n"
		    "    { make -j4 && make install DESTDIR=$PWD/_inst; } || exit 125\n"
		    "    ovslab run bug.yml --bisect --set ovs=dir:_inst'",
	.opts = opts,
	.config = &config,
	.timeout = 7200,
	.flags = CMD_JSON,
	.run = run_run,
	.misused = misused,
};
