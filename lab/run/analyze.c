// SPDX-License-Identifier: GPL-2.0
/*
 * analyze.c - captures, or a list of ranks, through the analysers of core/
 *
 * The files are read one after the other, the ingress first, a batch of records at a
 * time; the analysers decide what they keep.
 */
#include "run/analyze.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "core/one.h"
#include "core/ranks.h"
#include "core/upcall_notes.h"
#include "core/util.h"
#include "host/capfile.h"
#include "host/input.h"

#define FRAMES 64
#define PROGRESS_NS INT64_C(1000000000)
/* Packets that may overtake one, where all are in memory anyway: two points, ranks. */
#define LONG_WINDOW (1u << 20)

/* One input on its way into an analyser. */
struct feed {
	const struct job *job;
	unsigned int port;
	struct one *one;
	struct two *two;
	enum two_point point;
	struct analysis_input *in;
	uint64_t size;			/* of the file; 0 if it has none */
	int64_t told_ns;
	struct frame frames[FRAMES];
};

/* ---- one input ----------------------------------------------------------------- */

/* Those of @port only. */
static size_t choose_port(struct feed *f, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (f->frames[i].key.sport == f->port || f->frames[i].key.dport == f->port)
			f->frames[kept++] = f->frames[i];
	return kept;
}

static int push(struct feed *f, size_t n)
{
	int rc = 0;

	if (f->one)
		return one_push_many(f->one, f->frames, n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = two_push(f->two, f->point, &f->frames[i]);
	return rc;
}

static int take(struct feed *f, const struct frame_record *r, size_t n)
{
	int rc = 0;

	f->in->records += n;
	for (size_t k; n && rc == 0; r += k, n -= k) {
		size_t good;

		k = n < FRAMES ? n : FRAMES;
		good = frame_parse_many(r, k, f->frames, f->in->kinds);
		if (f->port)
			good = choose_port(f, good);
		for (size_t i = 0; i < good; i++)
			f->in->judged += f->frames[i].len > 0;
		rc = push(f, good);
	}
	return rc;
}

static void tell(struct feed *f, const struct capfile *cf)
{
	int64_t now = now_ns();

	if (now - f->told_ns < PROGRESS_NS)
		return;
	f->told_ns = now;
	if (f->size)
		job_progress(f->job, "analyze", "%s: %.0f %% read, %.1f million packets",
			     input_title(f->in->name), 100. * (double)capfile_taken(cf) / (double)f->size,
			     (double)f->in->records / 1e6);
	else
		job_progress(f->job, "analyze", "%s: %.1f million packets",
			     input_title(f->in->name), (double)f->in->records / 1e6);
}

/* A signal ends the reading itself, after what was read; so does a pipe's deadline. */
static int in_time(const struct job *job)
{
	return job->deadline_ns && now_ns() >= job->deadline_ns ? -ETIMEDOUT : 0;
}

static int take_all(struct feed *f, struct capfile *cf)
{
	const struct frame_record *r;
	int rc = 0;
	size_t n;

	while (rc == 0 && (n = capfile_batch(cf, &r)) > 0) {
		rc = take(f, r, n) ?: in_time(f->job);
		tell(f, cf);
	}
	return rc;
}

static bool is_stdin(const char *name)
{
	return strcmp(name, "-") == 0;
}

/* Why it ended. Return: what is no damage of the file, but of our reading it. */
static int judge_end(struct feed *f, const struct capfile *cf, char *text, size_t size)
{
	const struct capfile_damage *d = capfile_damage(cf);

	if (!d)
		return 0;
	if (d->rc == -EINTR || d->rc == -ETIMEDOUT)
		return d->rc;
	f->in->damaged = true;
	f->in->truncated_at = d->offset;
	f->in->unpacked = d->unpacked;
	snprintf(text, size, "%s", d->text);
	return 0;
}

static int read_input(struct feed *f, const char *name, struct analyze_result *ret, struct err *err)
{
	char *damage = ret->damage[ret->n_inputs];
	struct capfile *cf = NULL;
	struct stat st;
	int rc;

	f->in = &ret->inputs[ret->n_inputs];
	f->in->name = name;
	f->size = stat(name, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	f->told_ns = now_ns();
	rc = capfile_open(f->job, name, &cf, err);
	if (rc < 0)
		return rc;
	ret->n_inputs++;
	rc = take_all(f, cf) ?: judge_end(f, cf, damage, sizeof(ret->damage[0]));
	capfile_close(cf);
	if (rc == -EINTR && is_stdin(name) && (f->one || f->point == TWO_OUT))
		return 0;		/* so it is ended */
	if (rc == -EINTR || rc == -ETIMEDOUT)
		return wait_failed(err, rc, "the end of %s", input_title(name));
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "%s: %s", input_title(name), strerror(-rc)) : 0;
}

/* ---- the analysers --------------------------------------------------------------- */

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		return (uint64_t)now_ns();
	return seed;
}

static struct reorder_limits limits_of(const struct analyze_opts *opts)
{
	struct reorder_limits limits = REORDER_LIMITS_DEFAULT;

	if (!opts->capture)
		limits.window = LONG_WINDOW;
	if (opts->threshold)
		limits.threshold = opts->threshold;
	return limits;
}

static int no_memory(struct err *err)
{
	return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
}

static int run_one(struct feed *f, const struct analyze_opts *opts, struct analyze_result *ret,
		   struct err *err)
{
	struct one_options o = ONE_OPTIONS_DEFAULT;
	int rc;

	o.seed = random_seed();
	o.limits = limits_of(opts);
	o.sink = opts->sink;
	f->one = one_new(&o);
	if (!f->one)
		return no_memory(err);
	rc = read_input(f, opts->capture, ret, err);
	if (rc == 0 && one_end(f->one, &ret->a) < 0)
		rc = no_memory(err);
	one_free(f->one);
	return rc;
}

static int run_two(struct feed *f, const struct analyze_opts *opts, const char *ingress,
		   const char *egress, struct analyze_result *ret, struct err *err)
{
	struct two_options o = {
		.seed = random_seed(), .id = opts->id, .rewrites = opts->rewrites,
		.clocks_differ = opts->clocks_differ, .limits = limits_of(opts), .sink = opts->sink,
	};
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (two_new(&o, &f->two) < 0)
		return no_memory(err);
	f->port = opts->port;
	f->point = TWO_IN;
	rc = read_input(f, ingress, ret, err);
	f->point = TWO_OUT;
	f->port = opts->rewrites ? 0 : f->port;
	rc = rc ?: read_input(f, egress, ret, err);
	if (rc == 0 && opts->upcalls && two_upcalls(f->two, opts->upcalls) < 0)
		rc = no_memory(err);
	if (rc == 0 && two_end(f->two, &ret->a) < 0)
		rc = no_memory(err);
	two_free(f->two);
	return rc;
}

static bool is_file(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

static int cannot_turn(const struct analyze_opts *opts, struct err *err)
{
	int rc = err_set(err, STATUS_USAGE, ESPIPE,
			 "most packets go from %s to %s, and a pipe cannot be read twice",
			 opts->egress, opts->ingress);

	err_hint(err, "say which is which: --ingress FILE --egress FILE");
	return rc;
}

static int run_either(struct feed *f, const struct analyze_opts *opts, struct analyze_result *ret,
		      struct err *err)
{
	int rc = run_two(f, opts, opts->ingress, opts->egress, ret, err);

	if (rc < 0 || !opts->either_way || !analysis_is_turned(&ret->a, &ret->inputs[0]))
		return rc;
	if (!is_file(opts->ingress) || !is_file(opts->egress))
		return cannot_turn(opts, err);
	job_progress(f->job, "analyze", "most packets go from %s to %s: once more", opts->egress,
		     opts->ingress);
	opts->again(opts->sink.arg);
	return run_two(f, opts, opts->egress, opts->ingress, ret, err);
}

int analyze_run(const struct job *job, const struct analyze_opts *opts,
		struct analyze_result *ret, struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	struct reorder_limits limits = limits_of(opts);
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (!f)
		return no_memory(err);
	f->job = job;
	f->port = opts->port;
	if (opts->ranks)
		rc = ranks_analyze(opts->ranks, &limits, &opts->sink, &ret->a, err);
	else if (opts->capture)
		rc = run_one(f, opts, ret, err);
	else
		rc = run_either(f, opts, ret, err);
	free(f);
	return rc;
}

/* ---- folders ---------------------------------------------------------------------- */

bool analyze_is_folder(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "tap-vm1.pcap", "x.pcapng.gz": a capture by its name */
static int is_capture(const struct dirent *entry)
{
	static const char *const ends[] = { ".pcap", ".pcapng", ".cap" };
	size_t len = strlen(entry->d_name);

	if (entry->d_name[0] == '.')
		return 0;
	if (len > 3 && strcmp(entry->d_name + len - 3, ".gz") == 0)
		len -= 3;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && strncmp(entry->d_name + len - n, ends[i], n) == 0)
			return 1;
	}
	return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The one that begins with @tap and a dot; NULL if there is none, or more than one. */
static const char *find_tap(struct dirent *const *list, int n, const char *tap)
{
	const char *found = NULL;
	size_t len = strlen(tap);

	for (int i = 0; i < n; i++) {
		if (strncmp(list[i]->d_name, tap, len) || list[i]->d_name[len] != '.')
			continue;
		if (found)
			return NULL;
		found = list[i]->d_name;
	}
	return found;
}

static int choose(struct dirent *const *list, int n, const char *dir, struct analyze_folder *ret,
		  struct err *err)
{
	const char *one = find_tap(list, n, "tap-vm1"), *two = find_tap(list, n, "tap-vm2");
	int rc;

	if (n == 0)
		return err_set(err, STATUS_USAGE, ENOENT, "%s: no capture is in it", dir);
	if ((!one || !two) && n > 2) {
		err_set(err, STATUS_USAGE, EINVAL, "%s: %d captures are in it", dir, n);
		err_hint(err, "name two of them: --ingress FILE --egress FILE");
		return -EINVAL;
	}
	if (!one || !two) {
		one = list[0]->d_name;
		two = n > 1 ? list[1]->d_name : NULL;
	}
	rc = path_join(ret->one, sizeof(ret->one), dir, one);
	if (rc == 0 && two)
		rc = path_join(ret->two, sizeof(ret->two), dir, two) ?:
		     path_join(ret->upcalls, sizeof(ret->upcalls), dir, UPCALL_NOTES_FILE);
	if (!is_file(ret->upcalls))
		*ret->upcalls = '\0';
	return rc < 0 ? err_set(err, STATUS_USAGE, rc, "%.100s...: too long a path", dir) : 0;
}

int analyze_folder(const char *dir, struct analyze_folder *ret, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_capture, compare_names), rc;

	*ret = (struct analyze_folder){ 0 };
	if (n < 0)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", dir, strerror(errno));
	rc = choose(list, n, dir, ret, err);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return rc;
}
