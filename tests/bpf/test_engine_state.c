// SPDX-License-Identifier: GPL-2.0
/*
 * test_engine_state.c - what the engine keeps: connections, on several CPUs, and the log
 *
 * On made-up frames (BPF_PROG_TEST_RUN). Exit status 77: this machine does not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/mman.h>

#include "engine_run.h"
#include "bpf/mangle_xdp.skel.h"

/* ---- connections ---- */

static void reused_ports_are_another_connection(void **state)
{
	struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){ .nth = 2 }));
	struct stream s = { skel, { 0 }, 4444, 1000 };

	for (int life = 0; life < 3; life++) {
		s.isn = 1000 + life * 5000;
		open_stream(&s);
		for (int i = 0; i < 5; i++)
			assert_int_equal(send_at(&s, i * MSS, MSS, ACK), i == 1);
		send_at(&s, 0, 0, SYN);			/* late, or again: it is the same */
		assert_false(send_at(&s, 5 * MSS, MSS, ACK));
	}
	assert_int_equal(counted(skel, 0).connections, 3);
	mangle_tc_bpf__destroy(skel);
}

/* Each of the first 20 segments; Return: how many were mangled so far */
static uint64_t send_twenty(const struct mangle_tc_bpf *skel)
{
	for (uint32_t i = 0; i < 20; i++) {
		struct frame_spec spec = { .seq = 1001 + i * MSS, .payload = MSS, .tcp_flags = ACK };
		struct frame f;

		frame_build(&f, &spec);
		pass(skel, &f);
	}
	return counted(skel, 0).mangled;
}

static void what_is_destroyed_gets_through_again(void **state)
{
	static const uint32_t kinds[] = { STAGE_DROP, STAGE_CORRUPT, STAGE_TRUNCATE, STAGE_BADCSUM };
	static const struct { struct trigger trigger; uint32_t flags; } rows[] = {
		{ { .nth = 2 }, 0 }, { { .every = 4 }, 0 }, { { .ratio = 3, .seed = 5 }, STAGE_SEEDED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
			const struct stage s = { .kind = kinds[i], .flags = rows[j].flags,
						 .trigger = rows[j].trigger };
			struct mangle_tc_bpf *skel = load_one(s);
			uint64_t mangled = send_twenty(skel);

			assert_in_range(mangled, 1, 19);
			assert_int_equal(send_twenty(skel), mangled);
			mangle_tc_bpf__destroy(skel);
		}
}

static void udp_is_counted_as_it_comes(void **state)
{
	struct stage ttl = ttl_stage(9);
	struct mangle_tc_bpf *skel;
	struct stage_counters n;

	ttl.trigger = (struct trigger){ .every = 3, .from = 100 };
	for (int family = 4; family <= 6; family += 2) {
		skel = load_one(ttl);
		for (int i = 0; i < 20; i++) {
			struct frame_spec spec = { .family = family, .proto = 17, .payload = 50 };
			struct frame f;

			frame_build(&f, &spec);
			pass(skel, &f);
			assert_int_equal(frame_ttl(&f), i >= 2 && (i - 2) % 3 == 2 ? 9 : 64);
			assert_true(frame_sums_ok(&f));
		}
		n = counted(skel, 0);
		assert_int_equal(n.connections, 1);
		assert_int_equal(n.midway, 0);
		mangle_tc_bpf__destroy(skel);
	}
}

/* A later fragment has no ports, so no connection: it is counted, and not chosen. */
static void fragments_without_ports_have_no_state(void **state)
{
	struct stage ttl = ttl_stage(9);
	struct frame_spec later = { .proto = 17, .frag_units = 10, .payload = 64 };
	struct frame_spec first = { .proto = 17, .more_frags = true, .payload = 64 };
	struct mangle_tc_bpf *skel;
	struct stage_counters n;
	struct frame f;

	ttl.trigger.nth = 1;
	skel = load_one(ttl);
	frame_build(&f, &later);
	pass(skel, &f);
	assert_int_equal(frame_ttl(&f), 64);
	frame_build(&f, &first);
	pass(skel, &f);
	assert_int_equal(frame_ttl(&f), 9);
	n = counted(skel, 0);
	assert_int_equal(n.eligible, 2);
	assert_int_equal(n.untracked, 1);
	assert_int_equal(n.mangled, 1);
	mangle_tc_bpf__destroy(skel);
}

/* Midway, data from before the first byte that was seen has no place. */
static void data_from_before_is_untracked(void **state)
{
	struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){ .nth = 1 }));
	struct stream s = { skel, { 0 }, 999, 1000 };

	assert_true(send_at(&s, 5 * MSS, MSS, ACK));
	assert_false(send_at(&s, 2 * MSS, MSS, ACK));
	assert_int_equal(counted(skel, 0).midway, 1);
	assert_int_equal(counted(skel, 0).untracked, 1);
	mangle_tc_bpf__destroy(skel);
}

/* Other connections than those that match take no room and no ordinal. */
static void only_what_matches_is_tracked(void **state)
{
	struct stage psh = psh_stage((struct trigger){ .nth = 1 });
	struct mangle_tc_bpf *skel;

	psh.match = (struct match){ .on = MATCH_SPORT | MATCH_PAYLOAD, .sport = 1001,
				    .sport_mask = 0xffff };
	skel = load_one(psh);
	for (int i = 0; i < 3; i++) {
		struct stream s = { skel, { 0 }, 1000 + i, 0xffffff };

		open_stream(&s);
		assert_int_equal(send_at(&s, 0, MSS, ACK), i == 1);
	}
	assert_int_equal(counted(skel, 0).connections, 1);
	assert_int_equal(counted(skel, 0).midway, 0);	/* its SYN was looked at all the same */
	mangle_tc_bpf__destroy(skel);
}

static struct stage_counters crowd(uint32_t n, uint8_t last)
{
	struct stage ttl = ttl_stage(9);
	struct mangle_tc_bpf *skel;
	struct stage_counters sum;

	ttl.trigger.nth = 1;
	skel = load_one(ttl);
	for (uint32_t i = 0; i < n; i++) {
		struct frame_spec spec = { .tcp_flags = SYN, .seq = i, .sport = i };
		struct frame f;

		frame_build(&f, &spec);
		put32(f.data + f.l3 + 12, 0xc6120000 + (i >> 14));
		frame_sums(&f);
		pass(skel, &f);
		assert_int_equal(frame_ttl(&f), 9);
		f.data[f.l4 + 13] = last;
		pass(skel, &f);
	}
	sum = counted(skel, 0);
	mangle_tc_bpf__destroy(skel);
	return sum;
}

/* All begin, whether there is room or not; who had to go is counted. */
static void table_says_whom_it_forgot(void **state)
{
	struct stage_counters few = crowd(1000, ACK), many = crowd(3 * CONNS_MAX / 2, ACK);
	struct stage_counters ended = crowd(3 * CONNS_MAX / 2, ACK | FIN);

	assert_int_equal(few.connections, 1000);
	assert_int_equal(few.forgotten, 0);
	assert_int_equal(many.connections, 3 * CONNS_MAX / 2);
	assert_in_range(many.forgotten, CONNS_MAX / 2, CONNS_MAX);
	assert_int_equal(ended.connections, 3 * CONNS_MAX / 2);
	assert_int_equal(ended.forgotten, 0);
	assert_int_equal(few.untracked + many.untracked + ended.untracked, 0);
}

/* The first rounds of conn_tag(), on words of a frame's addresses. */
static uint64_t mixed(uint64_t with, const uint8_t *word)
{
	uint64_t value;

	memcpy(&value, word, sizeof(value));
	with = (with ^ value) * 0x9e3779b97f4a7c15;
	return with ^ with >> 32;
}

/*
 * An address that gives another flow the same tag: its second half makes up for the
 * first. They are two flows all the same, and only the first one has state.
 */
static void flows_of_one_tag_are_not_mixed_up(void **state)
{
	struct frame_spec spec = { .family = 6, .proto = 17, .payload = 20 };
	uint64_t ports = 40000 | 53 << 16 | 17ull << 32 | 6ull << 40, second;
	struct stage ttl = ttl_stage(9);
	struct mangle_tc_bpf *skel;
	struct frame f, other;

	ttl.trigger.every = 2;
	skel = load_one(ttl);
	frame_build(&f, &spec);
	other = f;
	other.data[f.l3 + 8 + 3] = 0x77;
	memcpy(&second, f.data + f.l3 + 16, sizeof(second));
	second ^= mixed(ports, f.data + f.l3 + 8) ^ mixed(ports, other.data + f.l3 + 8);
	memcpy(other.data + f.l3 + 16, &second, sizeof(second));
	frame_sums(&other);
	for (int i = 0; i < 6; i++) {
		struct frame one = f, two = other;

		pass(skel, &one);
		assert_int_equal(frame_ttl(&one), i % 2 ? 9 : 64);
		pass(skel, &two);
		assert_int_equal(frame_ttl(&two), 64);
	}
	assert_int_equal(counted(skel, 0).connections, 1);
	assert_int_equal(counted(skel, 0).untracked, 6);
	mangle_tc_bpf__destroy(skel);
}

/* User space makes the tables small where no stage needs them. */
static void small_tables_do_no_harm(void **state)
{
	struct mangle_tc_bpf *skel = mangle_tc_bpf__open();
	struct stream s = { .port = 5 };

	assert_non_null(skel);
	skel->rodata->knobs.n = 1;
	skel->rodata->knobs.stage[0] = psh_stage((struct trigger){ .ratio = 1 });
	assert_int_equal(bpf_map__set_max_entries(skel->maps.conns, 1), 0);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.conn_sets, 1), 0);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.ordinals, 1), 0);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.log, 1), 0);
	assert_int_equal(mangle_tc_bpf__load(skel), 0);
	s.skel = skel;
	assert_true(send_at(&s, 0, MSS, ACK));
	mangle_tc_bpf__destroy(skel);
}

/* ---- several CPUs ---- */

struct runner {
	int fd;
	struct frame f;
};

#define RUNS 20000

static void *run_many(void *arg)
{
	struct runner *r = arg;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = r->f.data, .data_size_in = r->f.len,
		    .repeat = RUNS);

	return bpf_prog_test_run_opts(r->fd, &opts) ? arg : NULL;
}

static struct stage_counters run_on_threads(struct stage stage)
{
	struct mangle_tc_bpf *skel = load_one(stage);
	struct runner r = { .fd = bpf_program__fd(skel->progs.ovslab_mangle_tc) };
	struct frame_spec spec = { .proto = 17, .payload = 10 };
	pthread_t threads[4];
	struct stage_counters sum;
	void *failed;

	frame_build(&r.f, &spec);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many, &r), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	sum = counted(skel, 0);
	mangle_tc_bpf__destroy(skel);
	return sum;
}

/* One connection on all CPUs at once: one record, each count given out once. */
static void counts_are_exact_across_cpus(void **state)
{
	struct stage ttl = ttl_stage(9);
	struct stage_counters n;

	ttl.flags = STAGE_DRY_RUN;
	ttl.trigger = (struct trigger){ .every = 10 };
	n = run_on_threads(ttl);
	assert_int_equal(n.eligible, 4 * RUNS);
	assert_int_equal(n.connections, 1);
	assert_int_equal(n.untracked, 0);
	assert_int_equal(n.mangled, 4 * RUNS / 10);
	ttl.trigger = (struct trigger){ .ratio = 2, .limit = 1234 };
	assert_int_equal(run_on_threads(ttl).mangled, 1234);
	ttl.trigger = (struct trigger){ .nth = 777 };
	assert_int_equal(run_on_threads(ttl).mangled, 1);
}

/* ---- the log ---- */

static uint64_t last_serial(const struct mangle_tc_bpf *skel)
{
	struct stage_heads heads;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.heads), &zero, &heads), 0);
	return heads.serial;
}

static struct log_event *map_log(const struct mangle_tc_bpf *skel)
{
	void *at = mmap(NULL, LOG_EVENTS * sizeof(struct log_event), PROT_READ, MAP_SHARED,
			bpf_map__fd(skel->maps.log), 0);

	assert_true(at != MAP_FAILED);
	return at;
}

static void unmap_log(struct log_event *log)
{
	munmap(log, LOG_EVENTS * sizeof(*log));
}

static void log_has_every_field(void **state)
{
	struct stage psh = psh_stage((struct trigger){ .nth = 2 });
	struct mangle_tc_bpf *skel;
	struct log_event *log;
	struct stream s = { .like = { .ip_id = 77 }, .port = 3333, .isn = 0xfffffffe };

	psh.flags |= STAGE_LOG | STAGE_CLEAR_OTHERS;
	skel = load((struct stage[]){ ttl_stage(64), psh }, 2);
	s.skel = skel;
	open_stream(&s);
	send_at(&s, 0, 10, ACK | PSH);			/* cleared */
	send_at(&s, 10, 20, ACK);			/* set */
	send_at(&s, 10, 20, ACK);			/* set again */
	assert_int_equal(last_serial(skel), 3);
	log = map_log(skel);
	for (int i = 0; i < 3; i++) {
		const struct log_event *e = &log[i];

		assert_int_equal(e->serial, i + 1);
		assert_true(e->time_ns >= log[0].time_ns && e->time_ns != 0);
		assert_int_equal(e->offset, i ? 10 : 0);
		assert_int_equal(e->seq, 0xffffffffu + (i ? 10 : 0));
		assert_int_equal(e->len, i ? 20 : 10);
		assert_memory_equal(e->saddr, "\xc6\x12\0\1\0\0\0\0\0\0\0\0\0\0\0", 16);
		assert_memory_equal(e->daddr, "\xc6\x12\0\2\0\0\0\0\0\0\0\0\0\0\0", 16);
		assert_int_equal(e->sport, 3333);
		assert_int_equal(e->dport, 5201);
		assert_int_equal(e->connection, 1);
		assert_int_equal(e->before, i ? ACK : ACK | PSH);
		assert_int_equal(e->after, i ? ACK | PSH : ACK);
		assert_int_equal(e->ip_id, 77);
		assert_int_equal(e->family, 4);
		assert_int_equal(e->proto, 6);
		assert_int_equal(e->stage, 1);
		assert_int_equal(e->kind, STAGE_FLAGS);
	}
	assert_int_equal(log[0].flags, LOG_CLEARED);
	assert_int_equal(log[1].flags, 0);
	assert_int_equal(log[2].flags, LOG_AGAIN);
	assert_int_equal(log[3].serial, 0);
	unmap_log(log);
	mangle_tc_bpf__destroy(skel);
}

static void log_of_udp_and_ipv6(void **state)
{
	struct stage ttl = ttl_stage(9);
	struct frame_spec spec = { .family = 6, .proto = 17, .payload = 30, .sport = 555 };
	struct mangle_tc_bpf *skel;
	struct log_event *log;
	struct frame f;

	ttl.flags = STAGE_LOG | STAGE_DRY_RUN;
	skel = load_one(ttl);
	for (int i = 0; i < 2; i++) {
		frame_build(&f, &spec);
		pass(skel, &f);
	}
	log = map_log(skel);
	assert_int_equal(log[1].offset, 30);
	assert_int_equal(log[1].len, 30);
	assert_int_equal(log[1].family, 6);
	assert_int_equal(log[1].connection, 1);
	assert_int_equal(log[1].flags, LOG_DRY_RUN);
	assert_memory_equal(log[1].saddr, f.data + f.l3 + 8, 16);
	assert_memory_equal(log[1].daddr, f.data + f.l3 + 24, 16);
	unmap_log(log);
	mangle_tc_bpf__destroy(skel);
}

/* Round and round: the newest are there, each in its place. */
static void log_goes_round(void **state)
{
	struct stage ttl = ttl_stage(9);
	struct mangle_tc_bpf *skel;
	struct log_event *log;
	struct frame f;

	ttl.flags = STAGE_LOG | STAGE_DRY_RUN;
	skel = load_one(ttl);
	frame_build(&f, &tcp_shapes[0].spec);
	run_ctx(bpf_program__fd(skel->progs.ovslab_mangle_tc), &f, NULL, LOG_EVENTS + 100);
	assert_int_equal(last_serial(skel), LOG_EVENTS + 100);
	log = map_log(skel);
	for (uint64_t serial = 101; serial <= LOG_EVENTS + 100; serial++)
		assert_int_equal(log[(serial - 1) % LOG_EVENTS].serial, serial);
	unmap_log(log);
	mangle_tc_bpf__destroy(skel);
}

/* ---- XDP: the same engine ---- */

static void xdp_decides_alike(void **state)
{
	struct stage psh = psh_stage((struct trigger){ .nth = 3 });
	struct stage drop = { .kind = STAGE_DROP, .trigger.nth = 5 };
	struct mangle_xdp_bpf *skel = mangle_xdp_bpf__open();
	struct log_event event;
	uint32_t zero = 0;

	assert_non_null(skel);
	psh.flags |= STAGE_LOG;
	skel->rodata->knobs.n = 2;
	skel->rodata->knobs.stage[0] = psh;
	skel->rodata->knobs.stage[1] = drop;
	assert_int_equal(mangle_xdp_bpf__load(skel), 0);
	for (int i = 0; i < 2 * 8; i++) {
		struct frame_spec spec = { .family = i < 8 ? 4 : 6, .vlans = i / 4 % 2, .payload = MSS,
					   .seq = i % 8 * MSS };
		struct frame f;
		int rc;

		frame_build(&f, &spec);
		rc = pass_fd(bpf_program__fd(skel->progs.ovslab_mangle_xdp), &f);
		assert_int_equal(rc, i % 8 == 4 ? XDP_DROP : XDP_PASS);
		assert_int_equal(frame_tcp_flags(&f), i % 8 == 2 ? ACK | PSH : ACK);
		assert_true(frame_sums_ok(&f));
	}
	assert_int_equal(counters(skel->maps.counters, 0).mangled, 2);
	assert_int_equal(counters(skel->maps.counters, 0).midway, 2);
	assert_int_equal(counters(skel->maps.counters, 1).mangled, 2);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.log), &zero, &event), 0);
	assert_int_equal(event.offset, 2 * MSS);
	assert_int_equal(event.before, ACK);
	assert_int_equal(event.after, ACK | PSH);
	mangle_xdp_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reused_ports_are_another_connection),
		cmocka_unit_test(what_is_destroyed_gets_through_again),
		cmocka_unit_test(udp_is_counted_as_it_comes),
		cmocka_unit_test(fragments_without_ports_have_no_state),
		cmocka_unit_test(data_from_before_is_untracked),
		cmocka_unit_test(only_what_matches_is_tracked),
		cmocka_unit_test(table_says_whom_it_forgot),
		cmocka_unit_test(flows_of_one_tag_are_not_mixed_up),
		cmocka_unit_test(small_tables_do_no_harm),
		cmocka_unit_test(counts_are_exact_across_cpus),
		cmocka_unit_test(log_has_every_field),
		cmocka_unit_test(log_of_udp_and_ipv6),
		cmocka_unit_test(log_goes_round),
		cmocka_unit_test(xdp_decides_alike),
	};

	return ENGINE_RUN(tests);
}
