// SPDX-License-Identifier: GPL-2.0
/*
 * trial_json.c - a trial as a JSON document, and back
 *
 * A document is read as a stranger's. The text of its scenario goes through the same reader
 * as any scenario file; what was set on the command line is parsed, and no path that it
 * names is looked at. What the runs say ("outcome", "fault") is written for the reader, and
 * not read back.
 */
#include "report/trial_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "report/json.h"
#include "report/run_json.h"

#define TEXTS_MAX 1000u			/* notes, --set: entries of a list that is read */
#define SECONDS_MAX 1e9			/* of any time that is read: some 30 years */

#define TRIAL(name, kind, member) JSON_FIELD(name, kind, struct trial, member)
#define OUTCOME(name, kind) JSON_FIELD(#name, kind, struct trial_outcome, name)

static const struct json_field trial_fields[] = {
	{ "mode", JSON_WORD, offsetof(struct trial, mode), trial_mode_names },
	TRIAL("started_at", JSON_TEXT, started_at),
	TRIAL("ovslab_version", JSON_TEXT, version),
	TRIAL("command", JSON_TEXT, command),
	TRIAL("seed", JSON_U64, seed),
	TRIAL("budget_s", JSON_DOUBLE, budget_s),
	TRIAL("elapsed_s", JSON_DOUBLE, elapsed_s),
	TRIAL("judge_throughput", JSON_BOOL, judge_throughput),
	TRIAL("finished", JSON_BOOL, finished),
	TRIAL("ended_by", JSON_TEXT, ended_by),
	{ 0 }
};

static const struct json_field source_fields[] = {
	JSON_FIELD("source", JSON_TEXT, struct trial_source, name),
	{ 0 }
};

/* A run's place in the trial, as the table wants its numbers. */
struct place {
	uint64_t cell, pair;
	bool second;
	double started_s, seconds;
};

static const struct json_field place_fields[] = {
	JSON_FIELD("cell", JSON_U64, struct place, cell),
	JSON_FIELD("pair", JSON_U64, struct place, pair),
	JSON_FIELD("second", JSON_BOOL, struct place, second),
	JSON_FIELD("started_s", JSON_DOUBLE, struct place, started_s),
	JSON_FIELD("seconds", JSON_DOUBLE, struct place, seconds),
	{ 0 }
};

/* ---- writing ------------------------------------------------------------- */

static const struct json_field outcome_fields[] = {
	{ "verdict", JSON_WORD, offsetof(struct trial_outcome, verdict), trial_verdict_names },
	{ "refusal", JSON_WORD, offsetof(struct trial_outcome, refusal), trial_refusal_names },
	OUTCOME(expectations_hold, JSON_BOOL),
	OUTCOME(expectations_known, JSON_BOOL),
	OUTCOME(done, JSON_BOOL),
	{ 0 }
};

static const struct json_field expected_fields[] = {
	JSON_FIELD("known", JSON_BOOL, struct trial_expected, known),
	JSON_FIELD("holds", JSON_BOOL, struct trial_expected, holds),
	JSON_FIELD("agree", JSON_BOOL, struct trial_expected, agree),
	{ 0 }
};

static const char *const throughput_verdicts[] = {
	[PAIRED_INCONCLUSIVE] = "inconclusive", [PAIRED_WORSE] = "worse",
	[PAIRED_NOT_WORSE] = "not-worse", [PAIRED_BETTER] = "better", NULL
};

static const struct json_field paired_fields[] = {
	{ "verdict", JSON_WORD, offsetof(struct paired_result, verdict), throughput_verdicts },
	JSON_FIELD("done", JSON_BOOL, struct paired_result, done),
	{ 0 }
};

static const struct json_field counts_fields[] = {
	{ "verdict", JSON_WORD, offsetof(struct trial_counts, verdict), trial_verdict_names },
	JSON_FIELD("cured_ratio", JSON_DOUBLE, struct trial_counts, cured_ratio),
	JSON_FIELD("worse_ratio", JSON_DOUBLE, struct trial_counts, worse_ratio),
	JSON_FIELD("done", JSON_BOOL, struct trial_counts, done),
	{ 0 }
};

static const struct json_field figure_fields[] = {
	JSON_FIELD("median", JSON_DOUBLE, struct trial_figure, median),
	JSON_FIELD("min", JSON_DOUBLE, struct trial_figure, min),
	JSON_FIELD("max", JSON_DOUBLE, struct trial_figure, max),
	{ 0 }
};

static json_t *texts_of(const struct run_strings *s)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < s->n; i++)
		if (json_array_append_new(list, json_clean(s->v[i])))
			return NULL;
	return take_ptr(list);
}

static json_t *counts_of(const struct trial_counts *c)
{
	_cleanup_json_ json_t *obj = json_of(counts_fields, c);

	if (json_add(obj, "pairs", json_integer(c->pairs)) ||
	    json_add(obj, "cured", json_integer(c->cured)) ||
	    json_add(obj, "same", json_integer(c->same)) ||
	    json_add(obj, "worse", json_integer(c->worse)))
		return NULL;
	return take_ptr(obj);
}

/* exp() of the logarithm of a ratio; null while there is none, or it is infinite */
static json_t *ratio_of(double d, unsigned int n)
{
	return n && isfinite(d) ? json_real(exp(d)) : json_null();
}

static int put_interval(json_t *obj, const struct paired_interval *i, unsigned int n)
{
	return json_add(obj, "ratio", ratio_of(i->median, n)) ?:
	       json_add(obj, "ratio_low", ratio_of(i->low, n)) ?:
	       json_add(obj, "ratio_high", ratio_of(i->high, n)) ?:
	       json_add(obj, "error_level", json_real(i->level));
}

static json_t *throughput_of(const struct trial_outcome *o)
{
	const struct paired_result *p = &o->throughput;
	_cleanup_json_ json_t *obj = json_of(paired_fields, p);

	if (json_add(obj, "pairs", json_integer(o->throughput_pairs)) ||
	    json_add(obj, "judged_pairs", json_integer(p->n)) ||
	    put_interval(obj, &p->interval, p->n))
		return NULL;
	return take_ptr(obj);
}

/* Of a series of the baseline against itself; null if that is not known */
static json_t *detectable_of(const struct detectable *d)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!d->n)
		return json_null();
	obj = json_object();
	if (json_add(obj, "pairs", json_integer(d->n)) || put_interval(obj, &d->interval, d->n) ||
	    json_add(obj, "smallest_fall", d->known ? json_real(d->effect) : json_null()))
		return NULL;
	return take_ptr(obj);
}

static json_t *figure_of(const struct trial_figure *f)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!f->n)
		return json_null();
	obj = json_of(figure_fields, f);
	return json_add(obj, "runs", json_integer(f->n)) ? NULL : take_ptr(obj);
}

static json_t *expected_of(const struct trial_expected *e)
{
	_cleanup_json_ json_t *obj = json_of(expected_fields, e);

	if (json_add(obj, "text", json_clean(e->text)) ||
	    json_add(obj, "metric", json_string(scenario_metrics[e->expect->metric].name)) ||
	    json_add(obj, "variant", json_clean(e->expect->variant)) ||
	    json_add(obj, "figure", figure_of(&e->figure)) ||
	    json_add(obj, "baseline", figure_of(&e->baseline)))
		return NULL;
	return take_ptr(obj);
}

static json_t *expectations_of(const struct trial_outcome *o)
{
	_cleanup_json_ json_t *list = json_array();

	for (unsigned int i = 0; list && i < o->n_expected; i++)
		if (json_array_append_new(list, expected_of(&o->expected[i])))
			return NULL;
	return take_ptr(list);
}

static json_t *outcome_of(const struct trial_outcome *o)
{
	_cleanup_json_ json_t *obj = json_of(outcome_fields, o);

	if (json_add(obj, "why", json_clean(o->why)) ||
	    json_add(obj, "pairs", json_integer(o->pairs)) ||
	    json_add(obj, "invalid_runs", json_integer(o->invalid)) ||
	    json_add(obj, "counts", counts_of(&o->counts)) ||
	    json_add(obj, "throughput", throughput_of(o)) ||
	    json_add(obj, "machine_counts", detectable_of(&o->aa_count)) ||
	    json_add(obj, "machine_throughput", detectable_of(&o->aa_throughput)) ||
	    json_add(obj, "expectations", expectations_of(o)))
		return NULL;
	return take_ptr(obj);
}

/* The text as it is, not cleaned: the same bytes are read again. */
static json_t *scenario_of(const struct trial *t)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!t->source.text)
		return json_null();
	obj = json_of(source_fields, &t->source);
	if (json_add(obj, "name", json_clean(t->scenario ? t->scenario->name : NULL)) ||
	    json_add(obj, "summary", json_clean(t->scenario ? t->scenario->summary : NULL)) ||
	    json_add(obj, "text", json_string(t->source.text)) ||
	    json_add(obj, "sets", texts_of(&t->source.sets)))
		return NULL;
	return take_ptr(obj);
}

static json_t *cells_of(const struct trial *t)
{
	_cleanup_json_ json_t *list = json_array();

	for (unsigned int i = 0; list && i < t->n_cells; i++)
		if (json_array_append_new(list, json_clean(t->cells[i])))
			return NULL;
	return take_ptr(list);
}

static json_t *entry_of(const struct trial *t, const struct trial_run *r)
{
	const struct place place = { r->cell, r->pair, r->second, r->started_s, r->seconds };
	_cleanup_json_ json_t *obj = json_of(place_fields, &place);

	if (json_add(obj, "variant", json_clean(t->cells[r->cell])) ||
	    json_add(obj, "fault", json_string(trial_fault_names[trial_fault(t, r)])) ||
	    json_add(obj, "run", run_to_json(&r->run)))
		return NULL;
	return take_ptr(obj);
}

static json_t *runs_of(const struct trial *t)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < t->n_runs; i++)
		if (json_array_append_new(list, entry_of(t, &t->runs[i])))
			return NULL;
	return take_ptr(list);
}

json_t *trial_to_json(const struct trial *t, const struct trial_outcome *o)
{
	_cleanup_json_ json_t *doc = json_document(TRIAL_SCHEMA);

	if (!doc || json_put(doc, trial_fields, t) ||
	    json_add(doc, "scenario", scenario_of(t)) ||
	    json_add(doc, "cells", cells_of(t)) ||
	    json_add(doc, "runs_each", json_integer(t->runs_each)) ||
	    json_add(doc, "outcome", outcome_of(o)) ||
	    json_add(doc, "runs", runs_of(t)) ||
	    json_add(doc, "notes", texts_of(&t->notes)))
		return NULL;
	return take_ptr(doc);
}

/* ---- reading ------------------------------------------------------------- */

static int bad(struct err *err, const char *where, const char *why)
{
	return err_set(err, STATUS_USAGE, EBADMSG, "%s: %s", where, why);
}

static int no_memory(struct err *err)
{
	return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
}

static const json_t *list_in(const json_t *obj, const char *where, const char *name, size_t max,
			     struct err *err)
{
	const json_t *list = json_member(obj, where, name, JSON_ARRAY, err);

	if (list && json_array_size(list) > max) {
		bad(err, name, "too many entries");
		return NULL;
	}
	return list;
}

/* A name or a line of text, as other texts of a document; NULL if it is none */
static const char *text_in(const json_t *item)
{
	const char *text = json_string_value(item);

	return text && json_string_length(item) <= JSON_TEXT_MAX &&
	       strlen(text) == json_string_length(item) && json_text_ok(text) ? text : NULL;
}

static int read_texts(const json_t *obj, const char *where, const char *name,
		      struct run_strings *ret, struct err *err)
{
	const json_t *list = list_in(obj, where, name, TEXTS_MAX, err), *item;
	size_t i;
	int rc = list ? 0 : -EBADMSG;

	json_array_foreach(list, i, item) {
		const char *text = text_in(item);

		if (!text)
			return bad(err, name, "must hold strings without control characters");
		rc = rc ?: run_add_string(ret, text);
	}
	return rc == -ENOMEM ? no_memory(err) : rc;
}

static int read_text_of(const json_t *obj, struct trial_source *source, struct err *err)
{
	const json_t *text = json_member(obj, "scenario", "text", JSON_STRING, err);

	if (!text)
		return -EBADMSG;
	if (json_string_length(text) > SCENARIO_BYTES_MAX ||
	    strlen(json_string_value(text)) != json_string_length(text))
		return bad(err, "scenario", "'text' is too long, or has a NUL in it");
	source->text = strdup(json_string_value(text));
	return source->text ? 0 : no_memory(err);
}

static int parse_scenario(struct trial *t, struct err *err)
{
	struct mistakes m = { .n = 0 };
	int rc = scenario_read(t->source.text, strlen(t->source.text), &t->scenario, &m);

	if (rc == -ENOMEM)
		return no_memory(err);
	if (rc)
		return err_set(err, STATUS_USAGE, EBADMSG, "scenario: line %u of its text: %s",
			       m.n ? m.v[0].line : 0, m.n ? m.v[0].text : "it is none");
	for (size_t i = 0; i < t->source.sets.n; i++)
		if (scenario_set(t->scenario, t->source.sets.v[i], err))
			return err_wrap(err, -EBADMSG, "sets");
	return 0;
}

static int read_scenario(const json_t *doc, struct trial *t, struct err *err)
{
	const json_t *obj = json_object_get(doc, "scenario");

	if (json_is_null(obj))
		return 0;
	if (!json_is_object(obj))
		return bad(err, "trial", "'scenario' must be an object or null");
	return json_get(obj, "scenario", source_fields, &t->source, err) ?:
	       read_text_of(obj, &t->source, err) ?:
	       read_texts(obj, "scenario", "sets", &t->source.sets, err) ?:
	       parse_scenario(t, err);
}

static int read_cells(const json_t *doc, struct trial *t, struct err *err)
{
	const json_t *list = list_in(doc, "trial", "cells", TRIAL_CELLS_MAX, err), *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *name = text_in(item);

		if (!name || !*name)
			return bad(err, "cells", "must hold names");
		if (t->n_cells && trial_cell(t, name) >= 0)
			return bad(err, "cells", "a name is there twice");
		t->cells[t->n_cells] = strdup(name);
		if (!t->cells[t->n_cells])
			return no_memory(err);
		t->n_cells++;
	}
	return list ? 0 : -EBADMSG;
}

/* Those of a scenario are its own, and a series has two. */
static int check_cells(const struct trial *t, struct err *err)
{
	if (t->n_cells == 0)
		return bad(err, "cells", "there are none");
	if (t->mode != TRIAL_RUN && (t->n_cells != 2 || !t->scenario))
		return bad(err, "cells", "a series has two, of a scenario");
	for (unsigned int i = 0; t->scenario && t->scenario->has_variants && i < t->n_cells; i++)
		if (!scenario_setup_of(t->scenario, t->cells[i]) &&
		    !(t->mode == TRIAL_AA && i == 1))
			return bad(err, "cells", "the scenario has no variant of such a name");
	return t->scenario && !t->scenario->has_variants && t->n_cells > 1 ?
	       bad(err, "cells", "the scenario has no variants") : 0;
}

static int read_place(const json_t *item, const struct trial *t, struct trial_run *r,
		      struct err *err)
{
	struct place place = { 0 };
	int rc = json_get(item, "runs", place_fields, &place, err);

	if (rc)
		return rc;
	if (place.cell >= t->n_cells || place.pair >= TRIAL_RUNS_MAX)
		return bad(err, "runs", "'cell' or 'pair' is out of range");
	if (place.started_s > SECONDS_MAX || place.seconds > SECONDS_MAX)
		return bad(err, "runs", "'started_s' or 'seconds' is out of range");
	r->cell = (unsigned int)place.cell;
	r->pair = (unsigned int)place.pair;
	r->second = place.second;
	r->started_s = place.started_s;
	r->seconds = place.seconds;
	return 0;
}

static int read_entry(const json_t *item, struct trial *t, struct err *err)
{
	struct trial_run r = { 0 };
	const json_t *run;
	int rc = read_place(item, t, &r, err);

	if (rc)
		return rc;
	run = json_member(item, "runs", "run", JSON_OBJECT, err);
	rc = run ? run_from_json(run, &r.run, err) : -EBADMSG;
	if (rc)
		return err_wrap(err, rc, "runs");
	rc = trial_add_run(t, &r);
	if (rc) {
		run_free(&r.run);
		return no_memory(err);
	}
	return 0;
}

static int read_runs(const json_t *doc, struct trial *t, struct err *err)
{
	const json_t *list = list_in(doc, "trial", "runs", TRIAL_RUNS_MAX, err), *item;
	size_t i;
	int rc = list ? 0 : -EBADMSG;

	json_array_foreach(list, i, item)
		rc = rc ?: read_entry(item, t, err);
	return rc;
}

static int read_runs_each(const json_t *doc, struct trial *t, struct err *err)
{
	json_int_t n = json_integer_value(json_object_get(doc, "runs_each"));

	if (n < 0 || n > TRIAL_RUNS_MAX)
		return bad(err, "trial", "'runs_each' is out of range");
	t->runs_each = (unsigned int)n;
	return 0;
}

static int check_times(const struct trial *t, struct err *err)
{
	return t->budget_s > SECONDS_MAX || t->elapsed_s > SECONDS_MAX ?
	       bad(err, "trial", "'budget_s' or 'elapsed_s' is out of range") : 0;
}

static int read_trial(const json_t *doc, struct trial *t, struct err *err)
{
	return json_get(doc, "trial", trial_fields, t, err) ?:
	       check_times(t, err) ?:
	       read_runs_each(doc, t, err) ?:
	       read_scenario(doc, t, err) ?:
	       read_cells(doc, t, err) ?:
	       check_cells(t, err) ?:
	       read_runs(doc, t, err) ?:
	       read_texts(doc, "trial", "notes", &t->notes, err);
}

/* What 'measure' keeps: a run of no scenario */
static int read_lone(const json_t *doc, struct trial *t, struct err *err)
{
	struct trial_run r = { 0 };
	int rc = run_from_json(doc, &r.run, err);

	if (rc)
		return rc;
	t->mode = TRIAL_RUN;
	t->finished = true;
	t->cells[0] = strdup("run");
	t->n_cells = t->cells[0] ? 1 : 0;
	if (!t->n_cells || run_set(&t->version, r.run.env.version) ||
	    run_set(&t->started_at, r.run.env.started_at) || trial_add_run(t, &r)) {
		run_free(&r.run);
		return no_memory(err);
	}
	return 0;
}

int trial_from_json(const json_t *doc, struct trial *ret, struct err *err)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));
	struct trial t = { .mode = TRIAL_RUN };
	int rc;

	if (schema && !strcmp(schema, RUN_SCHEMA))
		rc = read_lone(doc, &t, err);
	else if (schema && !strcmp(schema, TRIAL_SCHEMA))
		rc = read_trial(doc, &t, err);
	else
		rc = bad(err, "trial", "'schema' is neither '" TRIAL_SCHEMA "' nor '" RUN_SCHEMA "'");
	if (rc)
		trial_free(&t);
	else
		*ret = t;
	return rc;
}

int trial_read(FILE *f, struct trial *ret, struct err *err)
{
	_cleanup_json_ json_t *doc = NULL;
	int rc = json_load_limited(f, TRIAL_MAX_BYTES, &doc, err);

	return rc ?: trial_from_json(doc, ret, err);
}
