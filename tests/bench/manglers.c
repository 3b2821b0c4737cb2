// SPDX-License-Identifier: GPL-2.0
/*
 * manglers.c - what a packet costs in the engine, against a program of 20 lines
 *
 *	manglers [ROUNDS]	201 unless given
 *
 * All of them get the same stream of data packets from next_packet (BPF_PROG_TEST_RUN),
 * one after the other in each round; what the stream and the call cost is measured with
 * an empty program and taken off. Figures are medians over the rounds. Goals: psh at
 * most 1.1 times the plain program, each trigger at most 30 ns more than psh. Exit
 * status 1 if one is missed, 77 if this machine does not let it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/next_packet.skel.h"
#include "bench/plain_psh.skel.h"
#include "bpf/stage.h"
#include "bpf/mangle_tc.skel.h"
#include "core/util.h"
#include "tests/bpf/frame.h"

#define REPEAT		50000
#define ROUNDS_MAX	999
#define PLAIN_MOST	1.1
#define TRIGGER_MOST_NS	30.0

enum { EMPTY, PLAIN, PSH, FIRST_TRIGGER, SUBJECTS_MAX = 24 };

struct subject {
	const char *name;
	int fd;
	double ns[ROUNDS_MAX];
};

struct trigger_row {
	const char *name;
	uint32_t flags;
	struct trigger trigger;
	struct match match;
};

static const struct trigger_row triggers[] = {
	{ .name = "--every 10", .trigger = { .every = 10 } },
	{ .name = "--nth 7", .trigger = { .nth = 7 } },
	{ .name = "--after 1000", .trigger = { .ratio = 10, .from = 1000 } },
	{ .name = "--between, over", .trigger = { .ratio = 10, .from = 1000, .to = 2000 } },
	{ .name = "--limit", .trigger = { .ratio = 10, .limit = ~0u } },
	{ .name = "--duration", .trigger = { .ratio = 10, .until_ns = ~0ull } },
	{ .name = "--seed", .flags = STAGE_SEEDED, .trigger = { .ratio = 10, .seed = 1 } },
	{ .name = "--log", .flags = STAGE_LOG, .trigger = { .ratio = 10 } },
	{ .name = "--dry-run", .flags = STAGE_DRY_RUN, .trigger = { .ratio = 10 } },
	{ .name = "--match tcp,tp_dst", .trigger = { .ratio = 10 },
	  .match = { .on = MATCH_PROTO | MATCH_DPORT, .proto = 6, .dport = 5201,
		     .dport_mask = 0xffff } },
	{ .name = "--match nw_src", .trigger = { .ratio = 10 },
	  .match = { .on = MATCH_FAMILY | MATCH_SRC, .family = 4, .src = { 198, 18, 0, 1 },
		     .src_mask = { 255, 255, 255, 255 } } },
};

static int die(const char *what)
{
	fprintf(stderr, "manglers: %s: %s\n", what, strerror(errno));
	exit(errno == EPERM ? 77 : 1);
}

static int load_psh(const struct trigger_row *row)
{
	struct mangle_tc_bpf *skel = mangle_tc_bpf__open();
	struct stage *s;

	if (!skel)
		die("opening the engine");
	skel->rodata->knobs.n = 1;
	s = &skel->rodata->knobs.stage[0];
	s->kind = STAGE_FLAGS;
	s->flags = STAGE_DATA_ONLY | row->flags;
	s->arg[0] = 0x08;
	s->trigger = row->trigger;
	s->match = row->match;
	if (mangle_tc_bpf__load(skel))
		die("loading the engine");
	return bpf_program__fd(skel->progs.ovslab_mangle_tc);
}

static int load_all(struct subject *subjects, const struct next_packet_bpf *next)
{
	static const struct trigger_row psh = { .trigger = { .ratio = 10 } };
	struct plain_psh_bpf *plain = plain_psh_bpf__open_and_load();
	int n = FIRST_TRIGGER;

	if (!plain)
		die("loading the plain program");
	subjects[EMPTY] = (struct subject){ "empty", bpf_program__fd(next->progs.empty), { 0 } };
	subjects[PLAIN] = (struct subject){ "plain, 1 of 10",
					    bpf_program__fd(plain->progs.plain_psh), { 0 } };
	subjects[PSH] = (struct subject){ "psh --ratio 10", load_psh(&psh), { 0 } };
	for (size_t i = 0; i < ARRAY_SIZE(triggers); i++)
		subjects[n++] = (struct subject){ triggers[i].name, load_psh(&triggers[i]), { 0 } };
	return n;
}

/* By our own clock: the kernel tells whole nanoseconds, and counts those of others. */
static double ns_per_packet(int next, int map, int fd, const struct frame *f)
{
	struct timespec from, to;
	uint32_t zero = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data, .data_size_in = f->len,
		    .repeat = REPEAT);

	if (bpf_map_update_elem(map, &zero, &fd, BPF_ANY))
		die("handing on");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	if (bpf_prog_test_run_opts(next, &opts))
		die("running");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / REPEAT;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *values, int n)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* Net of the empty program in the same round: what disturbs one disturbs both. */
static double net(const struct subject *s, const struct subject *empty, int rounds)
{
	double values[ROUNDS_MAX];

	for (int i = 0; i < rounds; i++)
		values[i] = s->ns[i] - empty->ns[i];
	return median(values, rounds);
}

static bool report(const struct subject *subjects, int n, int rounds)
{
	double plain = net(&subjects[PLAIN], subjects, rounds);
	double psh = net(&subjects[PSH], subjects, rounds);
	bool good = psh <= PLAIN_MOST * plain;

	printf("%-20s %8s %8s %8s\n", "ns per packet", "net", "ratio", "more");
	for (int i = PLAIN; i < n; i++) {
		double ns = net(&subjects[i], subjects, rounds);

		printf("%-20s %8.1f %8.2f", subjects[i].name, ns, ns / plain);
		if (i >= FIRST_TRIGGER) {
			printf(" %8.1f", ns - psh);
			good &= ns - psh <= TRIGGER_MOST_NS;
		}
		puts("");
	}
	printf("goals: psh at most %.1f times the plain one, a trigger at most %.0f ns more: %s\n",
	       PLAIN_MOST, TRIGGER_MOST_NS, good ? "met" : "MISSED");
	return good;
}

int main(int argc, char **argv)
{
	static struct subject subjects[SUBJECTS_MAX];
	int rounds = argc > 1 ? atoi(argv[1]) : 201, n, map;
	struct next_packet_bpf *next;
	struct frame_spec spec = { .payload = 1448 };
	cpu_set_t one;
	struct frame f;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	next = next_packet_bpf__open_and_load();
	if (!next)
		die("loading");
	n = load_all(subjects, next);
	map = bpf_map__fd(next->maps.handed_to);
	frame_build(&f, &spec);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < n; i++)
			subjects[i].ns[round] = ns_per_packet(bpf_program__fd(next->progs.next_packet),
							      map, subjects[i].fd, &f);
	return report(subjects, n, rounds) ? 0 : 1;
}
