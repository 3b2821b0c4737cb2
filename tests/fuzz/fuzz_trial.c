// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_trial.c - any bytes as the document of a trial
 *
 * It is refused with a reason, or it is a trial that can be judged. What is written of that
 * one is read again, and says the same.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "report/json.h"
#include "report/trial_json.h"

static void see_outcome(const struct trial *t, const struct trial_outcome *o)
{
	must(o->pairs <= TRIAL_PAIRS_MAX && o->invalid <= t->n_runs);
	must(o->counts.cured + o->counts.same + o->counts.worse == o->counts.pairs);
	must(o->refusal == TRIAL_SCORED || o->verdict == TRIAL_INCONCLUSIVE);
	must(o->why[0]);
	must(trial_status(t, o) >= 0 && trial_status(t, o) <= STATUS_INCONCLUSIVE);
}

static void see_trial(const struct trial *t)
{
	struct trial_outcome o, again;
	struct trial back;
	json_t *doc;

	must(t->n_cells >= 1 && t->n_cells <= TRIAL_CELLS_MAX && t->n_runs <= TRIAL_RUNS_MAX);
	for (size_t i = 0; i < t->n_runs; i++)
		must(t->runs[i].cell < t->n_cells);
	trial_judge(t, &o);
	see_outcome(t, &o);
	doc = trial_to_json(t, &o);
	must(doc && trial_from_json(doc, &back, NULL) == 0);
	trial_judge(&back, &again);
	must(back.n_runs == t->n_runs && again.verdict == o.verdict && again.refusal == o.refusal);
	trial_free(&back);
	json_decref(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f = size ? fmemopen((void *)data, size, "r") : NULL;
	struct err err = { 0 };
	struct trial t;

	if (!f)
		return 0;
	if (trial_read(f, &t, &err) == 0) {
		see_trial(&t);
		trial_free(&t);
	} else {
		must(err.msg[0]);
	}
	err_reset(&err);
	fclose(f);
	return 0;
}
