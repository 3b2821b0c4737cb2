// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_validate.c - 'ovslab validate': two variants in adjacent pairs, and a verdict
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "trial_cmd.h"

#define AA_NAME "baseline-again"

static struct validate_config {
	struct trial_config t;
	uint64_t seed_value;
	bool aa, throughput;
} config;

static const struct opt opts[] = {
	{ "variant", 0, OPT_STRING(struct validate_config, t.variant), .arg = "NAME",
	  .fallback = "fixed", .help = "what is held against the baseline; also a cell of the matrix" },
	{ "aa", 0, OPT_FLAG(struct validate_config, aa),
	  .help = "the baseline against itself: how far this host can be trusted" },
	{ "seed", 0, OPT_U64(struct validate_config, seed_value), .arg = "N", .min = 1,
	  .max = INT64_MAX, .fallback = "a random one, which is told",
	  .help = "draws the order within each pair" },
	{ "throughput", 0, OPT_FLAG(struct validate_config, throughput),
	  .help = "throughput has a say in the verdict, also under emulation" },
	TRIAL_OPTS(struct validate_config, t),
	{ .name = NULL },
};

/* 31 bits: short enough to be typed */
static uint64_t random_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = 1;
	return (seed & 0x7fffffff) | 1;
}

static bool scores_throughput(const struct scenario *s)
{
	return s->score.given && strcmp(scenario_metrics[s->score.metric].name, "throughput_bps") == 0;
}

static int check(const struct scenario *s, struct err *err)
{
	const char *baseline = s->variants[SCENARIO_BASELINE].name;

	if (config.aa && config.t.variant)
		return err_set(err, STATUS_USAGE, EINVAL, "--aa is of the baseline: no --variant");
	if (!s->has_variants)
		return err_set(err, STATUS_USAGE, EINVAL, "scenario '%s' has no variants: there is nothing "
			       "to compare ('ovslab run' carries it out)", s->name);
	if (config.t.variant && strcmp(config.t.variant, baseline) == 0)
		return err_set(err, STATUS_USAGE, EINVAL, "the baseline against itself is --aa");
	if (config.throughput && !trial_has_throughput(s))
		return err_set(err, STATUS_USAGE, EINVAL, "--throughput: the traffic of scenario '%s' has none",
			       s->name);
	if (s->score.given || config.throughput)
		return 0;
	err_set(err, STATUS_USAGE, EINVAL, "scenario '%s' has no score: there is nothing to judge by",
		s->name);
	err_hint(err, "add 'score: { metric: reordered }' to it, or give --throughput");
	return -EINVAL;
}

static int fill(struct trial_work *w, struct err *err)
{
	struct trial *t = &w->trial;
	const char *baseline = t->scenario->variants[SCENARIO_BASELINE].name;
	int rc = check(t->scenario, err) ?: trial_work_add_cell(w, baseline, err);

	t->seed = config.seed_value ? config.seed_value : random_seed();
	t->judge_throughput = config.throughput || scores_throughput(t->scenario);
	if (rc < 0 || !config.aa)
		return rc < 0 ? rc : trial_work_add_cell(w, config.t.variant ? config.t.variant : "fixed", err);
	if (run_set(&t->cells[1], AA_NAME))
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	t->n_cells = 2;
	return 0;
}

static int check_resumed(struct err *err)
{
	const char *given = config.aa ? "--aa" : config.seed_value ? "--seed" :
			    config.throughput ? "--throughput" : NULL;

	return given ? err_set(err, STATUS_USAGE, EINVAL, "--resume takes what to do from the file: "
			       "%s is not for it", given) : 0;
}

static int run_validate(const struct session *s, int argc, char **argv, struct err *err)
{
	enum trial_mode mode = config.aa ? TRIAL_AA : TRIAL_VALIDATE;
	struct trial_work w;
	int rc = config.t.resume ? check_resumed(err) : 0;

	rc = rc < 0 ? rc : trial_work_open(&config.t, mode, NULL, argc, argv, &w, err);
	if (rc < 0)
		return rc;
	rc = w.resumed ? 0 : fill(&w, err);
	if (rc == 0)
		rc = trial_work_carry(s, &config.t, &w, NULL, err);
	trial_work_free(&w);
	return rc;
}

const struct command cmd_validate = {
	.name = "validate",
	.group = GROUP_EXPERIMENT,
	.args = "[SCENARIO]",
	.args_max = 1,
	.summary = "hold the fixed variant of a scenario against its baseline: a verdict",
	.about = "Both variants are up side by side, and are measured in adjacent pairs, while the other "
		 "one stands still; the seed draws which goes first. After 5, 8, 12, 16 and 20 pairs the "
		 "pairs so far are judged, and the series ends as soon as they suffice.\n\n"
		 "There are two verdicts, and they are never mixed. What the scenario scores, such as packets "
		 "reordered, is counted exactly, and each pair votes. Throughput is compared by the "
		 "interval of its paired ratio; it is always reported, and has a say only under KVM, with "
		 "--throughput, or where it is what is scored.\n\n"
		 "The verdict is fixed (status 0), not-fixed or regressed (1), or inconclusive (5). Nothing is "
		 "scored unless the baseline shows the bug and each mangler changed packets in both "
		 "variants. A run does not count if no traffic came about, an injection came or went, the "
		 "switch was restarted, or packets were missed in counting; its pair is made again, and "
		 "three such in a row end the series.\n\n"
		 "--aa holds the baseline against itself: fixed or regressed would be a false alarm (1); "
		 "a series that was cut short is inconclusive (5). The interval says what this host can tell "
		 "apart.\n\n"
		 "Ctrl-C ends with what is known so far. All runs are kept in one JSON file, which is written "
		 "after each of them; --resume goes on behind the last whole pair, with the scenario, "
		 "settings and seed of the file. The settings may name paths of this host: resume only "
		 "what you began.",
	.examples = "ovslab validate @recirc-upcall\n"
		    "ovslab validate first-psh.yml --set fixed.ovs=dir:_inst\n"
		    "ovslab validate @recirc-upcall --variant ovs-only --budget 10m\n"
		    "ovslab validate @psh-split --aa --seed 7\n"
		    "ovslab validate --resume recirc-upcall-20261122T174227Z",
	.opts = opts,
	.config = &config,
	.timeout = 14400,
	.flags = CMD_JSON,
	.run = run_validate,
};
