// SPDX-License-Identifier: GPL-2.0
/*
 * trial_cmd.c - what 'run' and 'validate' share
 *
 * All that can be wrong with a scenario, a file to go on with or the command line is found
 * here, before anything is started.
 */
#include "trial_cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/scenario_keys.h"
#include "core/util.h"
#include "host/scenario_file.h"
#include "progress.h"
#include "report/trial_json.h"
#include "report/trial_text.h"
#include "run/flow_check.h"
#include "run/trial.h"
#include "store.h"
#include "trial_progress.h"

#define SPARE_SECONDS 1800		/* a budget's time limit: beside it, for up and down */

const char *const trial_progress_words[] = { "text", "json", NULL };

enum { PROGRESS_TEXT, PROGRESS_JSON };

static int no_memory(struct err *err)
{
	return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
}

/* ---- --set ------------------------------------------------------------------------------ */

/* Another folder may be the present one when it is carried out again. */
static int full_path(const char *path, size_t len, char *buf, size_t size)
{
	char cwd[PATH_MAX];
	int n;

	if (*path == '/' || !getcwd(cwd, sizeof(cwd)))
		n = snprintf(buf, size, "%.*s", (int)len, path);
	else
		n = snprintf(buf, size, "%s/%.*s", cwd, (int)len, path);
	return n < (int)size ? n : -ENAMETOOLONG;
}

/* "dir:TREE", "file:KERNEL,MODULES" with full paths; others as they are */
static int full_value(const char *value, char *buf, size_t size)
{
	size_t head = strncmp(value, "dir:", 4) == 0 ? 4 : strncmp(value, "file:", 5) == 0 ? 5 : 0;
	size_t used = snprintf(buf, size, "%.*s", (int)head, value);

	if (!head)
		return snprintf(buf, size, "%s", value) < (int)size ? 0 : -ENAMETOOLONG;
	for (const char *p = value + head; *p; ) {
		size_t len = head == 5 ? strcspn(p, ",") : strlen(p);
		int n = full_path(p, len, buf + used, size - used);

		if (n < 0 || used + n + 2 > size)
			return -ENAMETOOLONG;
		used += n;
		p += len;
		if (*p == ',')
			buf[used++] = *p++;
		buf[used] = '\0';
	}
	return 0;
}

/* Does a --set stand for one variant, where that is possible? */
static bool goes_to(const struct scenario *s, const char *text)
{
	char name[40];
	const struct scenario_key *key;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "="), text);
	key = scenario_key_find(scenario_bench_keys, name);
	return s->has_variants && key && !(key->flags & SC_COMMON);
}

static int apply_set(struct trial *t, const char *text, const char *under_test, struct err *err)
{
	size_t key = strcspn(text, "=");
	bool prefix = under_test && goes_to(t->scenario, text);
	char value[2 * PATH_MAX], full[2 * PATH_MAX + 200];

	if (text[key] != '=')
		return scenario_set(t->scenario, text, err);	/* says what it should be */
	if (full_value(text + key + 1, value, sizeof(value)) < 0)
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "--set %.60s: too long a path", text);
	snprintf(full, sizeof(full), "%s%s%.*s=%s", prefix ? under_test : "", prefix ? "." : "",
		 (int)(key < 100 ? key : 100), text, value);
	if (scenario_set(t->scenario, full, err) < 0)
		return -EINVAL;
	return run_add_string(&t->source.sets, full) ? no_memory(err) : 0;
}

/* ---- a new one -------------------------------------------------------------------------- */

static void set_time(struct trial *t)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[40];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	run_set(&t->started_at, text);
}

static int found_wrong(const char *name, const struct mistakes *m, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL, "%s:%u:%u: %s", name, m->v[0].line, m->v[0].column, m->v[0].text);
	if (m->n > 1)
		err_hint(err, "'ovslab lint %.200s' tells all of %zu mistakes", name, m->n + m->more);
	return -EINVAL;
}

static int read_source(struct trial *t, const char *name, struct err *err)
{
	struct mistakes m = { .n = 0 };
	struct scenario_text text;
	int rc = scenario_load(name, &text, err);

	if (rc < 0)
		return rc;
	rc = scenario_read(text.data, text.size, &t->scenario, &m);
	t->source.text = rc == 0 ? strndup(text.data, text.size) : NULL;
	scenario_text_free(&text);
	if (rc == -EINVAL)
		return found_wrong(name, &m, err);
	return rc < 0 || !t->source.text || run_set(&t->source.name, name) ? no_memory(err) : 0;
}

static int begin(const struct trial_config *c, enum trial_mode mode, const char *under_test,
		 const char *name, struct trial *t, struct err *err)
{
	char command[1024];
	int rc = read_source(t, name, err);

	t->mode = mode;
	for (const char **set = c->sets; rc == 0 && set && *set; set++)
		rc = apply_set(t, *set, under_test, err);
	if (rc < 0)
		return rc;
	set_time(t);
	if (run_set(&t->version, OVSLAB_VERSION) ||
	    run_set(&t->command, command_line(command, sizeof(command))))
		return no_memory(err);
	return 0;
}

/* ---- one to go on with ------------------------------------------------------------------ */

static int made_by(const struct trial_work *w, const char *command, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL, "%s was made by '%s'", w->path, command);
	err_hint(err, "'ovslab %s --resume %s' goes on", command, w->path);
	return -EINVAL;
}

static int check_resumed(const struct trial_config *c, enum trial_mode mode, int argc, char **argv,
			 const struct trial_work *w, struct err *err)
{
	const struct trial *t = &w->trial;
	const char *name = t->source.name ? t->source.name : "";

	if (!t->scenario)
		return err_set(err, STATUS_USAGE, EINVAL, "%s is a run of no scenario", w->path);
	if ((t->mode == TRIAL_RUN) != (mode == TRIAL_RUN))
		return made_by(w, t->mode == TRIAL_RUN ? "run" : "validate", err);
	if (argc > 0 && strcmp(argv[0], name) != 0)
		return err_set(err, STATUS_USAGE, EINVAL, "%s is of scenario '%.60s', not '%.60s'",
			       w->path, name, argv[0]);
	if (c->sets || c->variant) {
		err_set(err, STATUS_USAGE, EINVAL, "--resume takes what to do from the file: %s is not "
			"for it", c->sets ? "--set" : "--variant");
		err_hint(err, "begin a new one, without --resume");
		return -EINVAL;
	}
	if (access(w->path, W_OK) < 0)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", w->path, strerror(errno));
	return 0;
}

/* Of a link what it leads to: the file is replaced after each run, and the link should stay. */
static int find_file(const char *name, char path[PATH_MAX], struct err *err)
{
	int rc = store_find(name, path, PATH_MAX, err);
	char target[PATH_MAX];

	if (rc == 0 && readlink(path, target, sizeof(target)) > 0 && realpath(path, target))
		strcpy(path, target);
	return rc;
}

/* A series that is finished needs no labs to be told about. */
static bool is_told_only(const struct trial_work *w)
{
	return w->resumed && w->trial.finished && w->trial.mode != TRIAL_RUN;
}

/* Others may tell of a finished series at the same time: it is the same each time. */
static int load_alone(const char *path, struct trial_work *w, struct err *err)
{
	struct err busy = { 0 };
	int locked = store_lock(path, &w->lock, &busy), rc = 0;

	if (locked == 0 || locked == -EBUSY)
		rc = store_load(path, &w->trial, w->path, sizeof(w->path), err);
	if (rc == 0 && locked < 0 && !is_told_only(w)) {
		err_move(err, &busy);
		rc = locked;
	}
	err_reset(&busy);
	return rc;
}

static int go_on(const struct trial_config *c, enum trial_mode mode, int argc, char **argv,
		 struct trial_work *w, struct err *err)
{
	char note[120], path[PATH_MAX];
	int rc = find_file(c->resume, path, err);

	w->resumed = true;
	rc = rc < 0 ? rc : load_alone(path, w, err);
	rc = rc < 0 ? rc : check_resumed(c, mode, argc, argv, w, err);
	if (rc < 0 || w->trial.finished)
		return rc;
	snprintf(note, sizeof(note), "resumed after %zu run%s: the labs were brought up again",
		 w->trial.n_runs, w->trial.n_runs == 1 ? "" : "s");
	return run_add_string(&w->trial.notes, note) ? no_memory(err) : 0;
}

int trial_work_open(const struct trial_config *c, enum trial_mode mode, const char *under_test,
		    int argc, char **argv, struct trial_work *ret, struct err *err)
{
	int rc;

	*ret = (struct trial_work){ .lock = -1 };
	if (argc == 0 && !c->resume)
		return err_set(err, STATUS_USAGE, EINVAL, "which scenario?");
	rc = c->resume ? go_on(c, mode, argc, argv, ret, err) :
			 begin(c, mode, under_test, argv[0], &ret->trial, err);
	if (rc == 0 && !is_told_only(ret))
		ret->trial.budget_s = c->budget;
	if (rc < 0)
		trial_work_free(ret);
	return rc;
}

void trial_work_free(struct trial_work *w)
{
	trial_free(&w->trial);
	if (w->lock >= 0)
		close(w->lock);
	w->lock = -1;
}

/* ---- cells ------------------------------------------------------------------------------ */

static int check_own(const struct scenario_setup *setup, const char *name, struct err *err)
{
	bool ovs = strcmp(setup->bench.ovs, SCENARIO_OWN) == 0;

	if (!ovs && strcmp(setup->bench.ovs_kernel, SCENARIO_OWN) != 0)
		return 0;
	err_set(err, STATUS_USAGE, EINVAL, "%s%sneeds %s of your own", name ? name : "the scenario ",
		name ? " " : "", ovs ? "an Open vSwitch" : "a kernel");
	err_hint(err, "--set %s%s%s", name ? name : "", name ? "." : "",
		 ovs ? "ovs=dir:TREE, a tree made by 'make install DESTDIR=TREE'" :
		 "kernel=file:KERNEL,MODULES");
	return -EINVAL;
}

static int unknown_variant(const struct scenario *s, const char *name, struct err *err)
{
	char list[512] = "";
	size_t used = 0;

	if (!s->has_variants)
		return err_set(err, STATUS_USAGE, EINVAL, "scenario '%s' has no variants", s->name);
	err_set(err, STATUS_USAGE, EINVAL, "scenario '%s' has no variant '%.40s'", s->name, name);
	for (size_t i = 0; i < s->matrix.n && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, ", %s", s->matrix.v[i].name);
	err_hint(err, "it has: baseline, fixed%s", list);
	return -EINVAL;
}

int trial_work_add_cell(struct trial_work *w, const char *name, struct err *err)
{
	struct trial *t = &w->trial;
	const struct scenario *s = t->scenario;
	const struct scenario_setup *setup = s->has_variants || !name ? scenario_setup_of(s, name) : NULL;
	int rc = setup ? check_own(setup, name, err) : unknown_variant(s, name, err);

	if (rc < 0)
		return rc;
	if (t->n_cells == TRIAL_CELLS_MAX)
		return err_set(err, STATUS_USAGE, E2BIG, "too many variants");
	t->cells[t->n_cells] = strdup(name ? name : s->name);
	if (!t->cells[t->n_cells])
		return no_memory(err);
	t->n_cells++;
	return 0;
}

/* ---- carrying it out -------------------------------------------------------------------- */

struct carry {
	struct trial_work *w;
	struct trial_progress progress;
};

static int store(struct trial_work *w, const struct trial_outcome *o, struct err *err)
{
	return store_trial(w->path, &w->trial, o, &w->lock, err);
}

static int keep(void *arg, const struct trial *t, const struct trial_outcome *o, struct err *err)
{
	struct carry *c = arg;
	int rc = store(c->w, o, err);

	trial_progress_step(&c->progress, t, o);
	return rc;
}

static int check_path(const char *cell, const char *path, bool folder, struct err *err)
{
	struct stat st;

	if (!*path)
		return 0;
	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return err_set(err, STATUS_USAGE, errno, "%s: %.200s: %s", cell, path, strerror(errno));
	if (S_ISDIR(st.st_mode) != folder)
		return err_set(err, STATUS_USAGE, EINVAL, "%s: %.200s is %s folder", cell, path,
			       folder ? "no" : "a");
	return 0;
}

/* The trees and kernels of the user's own, of the variants that are carried out */
static int check_sources(const struct trial *t, struct err *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < t->n_cells; i++) {
		const struct scenario_setup *setup = trial_cell_setup(t, i);
		struct lab_source ovs = { 0 }, kernel = { 0 };

		if (setup && *setup->bench.ovs)
			rc = lab_source_parse(setup->bench.ovs, false, &ovs, err);
		if (rc == 0 && setup && *setup->bench.ovs_kernel)
			rc = lab_source_parse(setup->bench.ovs_kernel, true, &kernel, err);
		rc = rc ?: check_path(t->cells[i], ovs.path, true, err) ?:
		     check_path(t->cells[i], kernel.path, false, err) ?:
		     check_path(t->cells[i], kernel.modules, true, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Flows that no switch takes: told where the file has them, before a lab is up. */
static int check_flows(const struct session *s, const struct trial *t, struct err *err)
{
	struct flow_check flows;
	int rc = flow_check(&s->job, t->scenario, &flows, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < flows.doubtful.n; i++)
		job_progress(&s->job, "scenario", "line %u: %s", flows.doubtful.v[i].line,
			     flows.doubtful.v[i].text);
	if (!flows.wrong.n)
		return 0;
	return found_wrong(t->source.name, &flows.wrong, err);
}

/*
 * A series that is only told again needs neither its trees nor its flows; and flows with which
 * something was measured have been taken, whatever this host's ovs-ofctl thinks of them.
 */
static int check_needs(const struct session *s, const struct trial_work *w, struct err *err)
{
	int rc = is_told_only(w) ? 0 : check_sources(&w->trial, err);

	return rc < 0 || w->trial.n_runs ? rc : check_flows(s, &w->trial, err);
}

static int refuse_user(const char *command, struct err *err)
{
	if (geteuid() == 0)
		return 0;
	err_set(err, STATUS_HOST, EPERM, "'%s' must be run as root", command);
	err_hint(err, "sudo ovslab %s ...: it makes namespaces, taps and BPF programs", command);
	return -EPERM;
}

/* Nothing was measured: there is nothing to go on with */
static int forget(const struct trial_work *w, int rc)
{
	if (!w->resumed)
		unlink(w->path);
	return rc;
}

/* A file from the beginning: that it cannot be written is known before labs are up. */
static int open_file(struct trial_work *w, struct err *err)
{
	struct trial_outcome o;
	int rc = 0;

	if (!w->resumed)
		rc = store_name(w->trial.scenario->name, w->trial.started_at, w->path, sizeof(w->path), err);
	if (rc < 0)
		return rc;
	trial_judge(&w->trial, &o);
	rc = store(w, &o, err);
	return rc < 0 ? forget(w, rc) : 0;
}

static int print_trial(const struct session *s, const struct trial_work *w,
		       const struct trial_outcome *o, struct err *err)
{
	progress_settle(s->job.progress_arg);
	if (s->json)
		return print_json(trial_to_json(&w->trial, o), err);
	return trial_print_wide(stdout, &w->trial, o, s->verbosity > 0, use_color(stdout),
				terminal_columns(STDOUT_FILENO), w->path);
}

static int report(const struct session *s, struct carry *c, const struct trial_outcome *o,
		  struct err *err)
{
	struct trial_work *w = c->w;
	int stored = store(w, o, err), rc;

	if (stored == 0)
		trial_progress_end(&c->progress, &w->trial, o);
	rc = print_trial(s, w, o, stored < 0 ? NULL : err);
	return stored < 0 ? stored : rc;
}

static int64_t deadline(const struct session *s, const struct trial_config *c)
{
	int64_t with_budget = now_ns() + ((int64_t)c->budget + SPARE_SECONDS) * INT64_C(1000000000);

	if (s->timeout || !c->budget || with_budget < s->job.deadline_ns)
		return s->job.deadline_ns;
	return with_budget;
}

static int do_it(const struct session *s, const struct trial_config *config, struct carry *c,
		 struct err *err)
{
	const struct trial_opts opts = { .step = keep, .arg = c };
	struct trial_work *w = c->w;

	if (is_told_only(w))
		return 0;
	c->progress.job.deadline_ns = deadline(s, config);
	return trial_run(&c->progress.job, &w->trial, &opts, err);
}

/* What to do about a lab is of no use: a trial's are down when it is read. */
static bool is_of_lab(int rc, const struct err *err)
{
	return rc == -ESRCH || strstr(err->hint, "ovslab -n ");
}

static void hint_to_go_on(const char *command, const struct trial_work *w, int rc, struct err *err)
{
	char before[sizeof(err->hint)] = "";

	if (err->hint[0] && !is_of_lab(rc, err))
		snprintf(before, sizeof(before), "%.300s; then ", err->hint);
	err_hint(err, "%s'ovslab %s --resume %s' goes on", before, command, w->path);
}

int trial_work_carry(const struct session *s, const struct trial_config *config,
		     struct trial_work *w, struct trial_outcome *ret, struct err *err)
{
	const char *command = w->trial.mode == TRIAL_RUN ? "run" : "validate";
	struct carry c = { .w = w };
	struct trial_outcome o;
	int rc = check_needs(s, w, err) ?: refuse_user(command, err) ?: open_file(w, err), told;

	if (rc < 0)
		return rc;
	trial_progress_begin(&c.progress, &s->job, config->progress == PROGRESS_JSON, w->path, &w->trial);
	rc = do_it(s, config, &c, err);
	trial_judge(&w->trial, &o);
	if (ret)
		*ret = o;
	if (rc < 0 && w->trial.n_runs == 0) {
		if (is_of_lab(rc, err))
			err_hint(err, "nothing was measured, and its labs are down: begin it again");
		return forget(w, rc);
	}
	told = report(s, &c, &o, rc < 0 ? NULL : err);
	if (rc < 0) {
		hint_to_go_on(command, w, rc, err);
		return rc;
	}
	return told < 0 ? told : trial_status(&w->trial, &o);
}
