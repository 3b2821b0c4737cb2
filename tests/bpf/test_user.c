// SPDX-License-Identifier: GPL-2.0
/*
 * test_user.c - programs of the user's own: the examples, which program of an object is
 * taken, what is refused and in which words, whose programs are left alone
 *
 * In a network namespace of its own, which ends with the process. Exit status 77: this
 * machine does not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"
#include "host/bpf_mangle.h"
#include "host/bpf_tc.h"
#include "host/bpf_userobj.h"
#include "host/bpf_userprog.h"
#include "host/bpf_xdp.h"
#include "host/clang.h"
#include "prog_run.h"

#define DRAWS 20000
#define DEV "veth-a"

static char dir[] = "/tmp/ovslab-user.XXXXXX";

/* ---- objects ----------------------------------------------------------------------- */

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

/* A compiled file; NULL-terminated defines. */
static const char *compile(const char *source, const char *const *defines)
{
	const struct job job = { 0 };
	_cleanup_free_ char *said = NULL;
	const char *object = in_dir("test.o");
	struct err err = { 0 };

	if (clang_compile(&job, source, defines, object, &said, &err))
		fail_msg("%s\n%s", err.msg, err.evidence ? err.evidence : "");
	assert_null(said);			/* no warning */
	return object;
}

#define HEAD \
	"#include <linux/bpf.h>\n#include <linux/pkt_cls.h>\n#include <linux/if_ether.h>\n" \
	"#include <bpf/bpf_helpers.h>\n"
#define TAIL "char LICENSE[] SEC(\"license\") = \"GPL\";\n"

static const char *write_source(const char *body)
{
	const char *path = in_dir("test.c");
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fprintf(f, HEAD "%s" TAIL, body);
	assert_int_equal(fclose(f), 0);
	return path;
}

static const char *compile_text(const char *body)
{
	return compile(write_source(body), NULL);
}

struct loaded {
	struct bpf_object *obj;
	struct bpf_program *prog;
	int fd;
};

static struct loaded load(const char *object, bool xdp, const char *section)
{
	const struct userobj o = { object, "test.o", section, xdp };
	struct err err = { 0 };
	struct loaded l;

	if (userobj_load(&o, &l.obj, &l.prog, &err))
		fail_msg("%s\n%s", err.msg, err.evidence ? err.evidence : "");
	l.fd = bpf_program__fd(l.prog);
	return l;
}

/* Loading fails with that status, and both words are in what is said. */
static void refuses(const char *object, bool xdp, const char *section, const char *word,
		    const char *hint)
{
	const struct userobj o = { object, "test.o", section, xdp };
	struct bpf_object *obj;
	struct bpf_program *prog;
	struct err err = { 0 };

	assert_true(userobj_load(&o, &obj, &prog, &err) < 0);
	assert_int_equal(err.status, STATUS_USAGE);
	if (!strstr(err.msg, word) || !strstr(err.hint, hint))
		fail_msg("'%s' and '%s' in: %s\n%s", word, hint, err.msg, err.hint);
	err_reset(&err);
}

/* ---- tcp_psh.c ----------------------------------------------------------------------- */

static struct loaded load_psh(const char *ratio)
{
	const char *const defines[] = { ratio, NULL };

	return load(compile("bpf/examples/tcp_psh.c", defines), false, NULL);
}

/* What the example says that it looks at. */
static bool psh_expected(const struct frame_spec *s)
{
	return !s->vlans && s->family != 6 && (!s->proto || s->proto == 6) && !s->frag_units;
}

static void psh_shape(int fd, const struct frame_shape *shape)
{
	struct frame before, after;

	print_message("    %s\n", shape->name);
	frame_build(&before, &shape->spec);
	after = before;
	run(fd, &after);
	assert_true(frame_sums_ok(&after));
	if (psh_expected(&shape->spec)) {
		assert_int_equal(frame_tcp_flags(&after), frame_tcp_flags(&before) | PSH);
		after.data[after.l4 + 13] = before.data[before.l4 + 13];
		memcpy(after.data + check_at(&after), before.data + check_at(&before), 2);
	}
	assert_memory_equal(after.data, before.data, before.len);
}

static void psh_every_shape(void **state)
{
	struct loaded l = load_psh("RATIO=1");

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
		psh_shape(l.fd, &tcp_shapes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++)
		psh_shape(l.fd, &not_tcp_shapes[i]);
	bpf_object__close(l.obj);
}

/* All 256 flags, with data and without. */
static void psh_every_flag(void **state)
{
	struct loaded l = load_psh("RATIO=1");

	for (int i = 0; i < 512; i++) {
		struct frame_spec spec = { .raw_flags = true, .tcp_flags = i, .payload = i < 256 ? 100 : 0 };
		bool set = i < 256 && !(i & (SYN | FIN | RST));
		struct frame f;

		frame_build(&f, &spec);
		run(l.fd, &f);
		assert_int_equal(frame_tcp_flags(&f), (i & 255) | (set ? PSH : 0));
		assert_true(frame_sums_ok(&f));
	}
	bpf_object__close(l.obj);
}

static void psh_truncated(void **state)
{
	struct loaded l = load_psh("RATIO=1");
	static const struct frame_shape headers = { "headers", { .payload = 0, .tcp_opt_words = 0 } };

	truncated(l.fd, &headers);
	bpf_object__close(l.obj);
}

/* 1 of 10: 2000 +- 6 standard deviations of 42; beyond that by chance once in 5e8 runs. */
static void psh_ratio(void **state)
{
	struct loaded l = load_psh("RATIO=10");
	struct frame_spec spec = { .payload = 10 };
	int n = 0;

	for (int i = 0; i < DRAWS; i++) {
		struct frame f;

		frame_build(&f, &spec);
		run(l.fd, &f);
		n += (frame_tcp_flags(&f) & PSH) != 0;
	}
	assert_in_range(n, DRAWS / 10 - 255, DRAWS / 10 + 255);
	bpf_object__close(l.obj);
}

/* ---- rand_ttl.c ------------------------------------------------------------------------- */

static void ttl_shape(int fd, const struct frame_shape *shape)
{
	bool looked_at = !shape->spec.vlans && shape->spec.family != 6, changed = false;

	print_message("    %s\n", shape->name);
	for (int again = 0; again < 20; again++) {
		struct frame before, after;

		frame_build(&before, &shape->spec);
		after = before;
		run(fd, &after);
		assert_true(frame_ttl(&after) != 0);
		assert_true(frame_sums_ok(&after));
		changed |= frame_ttl(&after) != frame_ttl(&before);
		if (looked_at) {
			after.data[after.l3 + 8] = before.data[before.l3 + 8];
			memcpy(after.data + after.l3 + 10, before.data + before.l3 + 10, 2);
		}
		assert_memory_equal(after.data, before.data, before.len);
	}
	assert_int_equal(changed, looked_at);
}

static void ttl_every_shape(void **state)
{
	struct loaded l = load(compile("bpf/examples/rand_ttl.c", NULL), true, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
		ttl_shape(l.fd, &tcp_shapes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++)
		ttl_shape(l.fd, &not_tcp_shapes[i]);
	bpf_object__close(l.obj);
}

/* Each of 5 values: 4000 +- 6 standard deviations of 57, and none outside. */
static void ttl_range(void **state)
{
	const char *const defines[] = { "MIN_TTL=60", "MAX_TTL=64", NULL };
	struct loaded l = load(compile("bpf/examples/rand_ttl.c", defines), true, NULL);
	struct frame_spec spec = { .proto = 1, .icmp_type = 8, .payload = 8 };
	int count[256] = { 0 };

	for (int i = 0; i < DRAWS; i++) {
		struct frame f;

		frame_build(&f, &spec);
		run(l.fd, &f);
		assert_true(frame_sums_ok(&f));
		count[frame_ttl(&f)]++;
	}
	for (int i = 0; i < 256; i++)
		assert_in_range(count[i], i < 60 || i > 64 ? 0 : DRAWS / 5 - 340,
				i < 60 || i > 64 ? 0 : DRAWS / 5 + 340);
	bpf_object__close(l.obj);
}

/* ---- which program ------------------------------------------------------------------------ */

static void old_sections(void **state)
{
	static const char *const names[] = { "tc", "classifier", "action", "tc/egress", "classifier/x",
					     "tc-mine", "action_2" };
	char body[200];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct loaded l;

		snprintf(body, sizeof(body), "SEC(\"%s\") int f(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }\n",
			 names[i]);
		l = load(compile_text(body), false, NULL);
		assert_int_equal(bpf_program__type(l.prog), BPF_PROG_TYPE_SCHED_CLS);
		bpf_object__close(l.obj);
		refuses(in_dir("test.o"), true, NULL, "no program for XDP", names[i]);
	}
}

#define TWO \
	"SEC(\"tc\") int first(struct __sk_buff *skb) { return TC_ACT_OK; }\n" \
	"SEC(\"classifier/b\") int second(struct __sk_buff *skb) { return TC_ACT_SHOT; }\n" \
	"SEC(\"xdp\") int third(struct xdp_md *ctx) { return XDP_PASS; }\n" \
	"SEC(\"mine\") int fourth(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }\n" \
	"SEC(\"kprobe/x\") int fifth(void *ctx) { return 0; }\n"

static void takes(const char *object, bool xdp, const char *section, const char *function)
{
	struct loaded l = load(object, xdp, section);

	assert_string_equal(bpf_program__name(l.prog), function);
	bpf_object__close(l.obj);
}

static void choice(void **state)
{
	const char *object = compile_text(TWO);

	takes(object, true, NULL, "third");
	takes(object, false, "tc", "first");
	takes(object, false, "second", "second");
	takes(object, false, "classifier/b", "second");
	takes(object, false, "mine", "fourth");
	takes(object, true, "fourth", "fourth");
	refuses(object, false, NULL, "several programs for tc", "second (section classifier/b)");
	refuses(object, false, "nope", "no section and no function 'nope'", "third (section xdp)");
	refuses(object, false, "xdp", "no program for tc in 'xdp'", "third");
	refuses(object, false, "kprobe/x", "no program for tc in 'kprobe/x'", "fifth");
	refuses(compile_text("int x;\n"), false, NULL, "has no program", "nothing");
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void verifier_words(void **state)
{
	refuses(compile_text("SEC(\"tc\") int f(struct __sk_buff *skb)\n"
			     "{ struct ethhdr *eth = (void *)(long)skb->data; return eth->h_proto == 8; }\n"),
		false, NULL, "function f: it reads or writes the packet beyond data_end", "data_end");
	refuses(compile_text("SEC(\"tc\") int f(struct __sk_buff *skb) { unsigned int s = 0;\n"
			     "for (unsigned int i = 0; i < 3000000; i++) s += bpf_get_prandom_u32();\n"
			     "return s; }\n"), false, NULL, "too complex", "bpf_loop");
	refuses(compile_text("SEC(\"xdp\") int f(struct xdp_md *ctx) { volatile int x = 0;\n"
			     "while (1) x++; return 0; }\n"), true, NULL, "a loop of which", "constant");
}

static void not_objects(void **state)
{
	const char *path = in_dir("odd.o");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	refuses(path, false, NULL, "no object file", "clang");
	assert_int_equal(ftruncate(fd, USERPROG_OBJECT_MAX), 0);
	refuses(path, false, NULL, "no object file", "clang");
	assert_int_equal(ftruncate(fd, USERPROG_OBJECT_MAX + 1), 0);
	refuses(path, false, NULL, "larger than 4 MiB", "");
	close(fd);
	refuses("/proc/self/exe", false, NULL, "test.o", "");
	refuses("/nowhere", false, NULL, "No such file", "");
}

/* An object cut at any place is an error and no crash. */
static void damaged(void **state)
{
	const char *whole = compile_text("SEC(\"tc\") int f(struct __sk_buff *skb) { return 0; }\n");
	static char bytes[65536];
	FILE *f = fopen(whole, "re");
	size_t len = fread(bytes, 1, sizeof(bytes), f);

	fclose(f);
	assert_in_range(len, 500, sizeof(bytes) - 1);
	for (size_t n = 0; n < len; n += 7) {
		struct userobj o = { in_dir("cut.o"), "cut.o", NULL, false };
		struct bpf_object *obj;
		struct bpf_program *prog;

		f = fopen(o.path, "we");
		fwrite(bytes, 1, n, f);
		fclose(f);
		assert_true(userobj_load(&o, &obj, &prog, NULL) < 0);
	}
}

static void compiler_words(void **state)
{
	const char *const zero[] = { "RATIO=0", NULL };
	const struct job job = { 0 };
	struct err err = { 0 };
	char *said = NULL;

	assert_int_equal(clang_compile(&job, "bpf/examples/tcp_psh.c", zero, in_dir("x.o"), &said, &err), -EINVAL);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_non_null(strstr(err.msg, "RATIO must be at least 1"));
	err_reset(&err);
	assert_int_equal(clang_compile(&job, write_source("int f( { return nope; }\n"), NULL, in_dir("x.o"), &said, &err),
			 -EINVAL);
	assert_non_null(strstr(err.evidence, "test.c:"));
	err_reset(&err);
	assert_int_equal(clang_compile(&job, dir, NULL, in_dir("x.o"), &said, &err), -EINVAL);
	err_reset(&err);
	assert_int_equal(clang_compile(&job, "/nowhere.c", NULL, in_dir("x.o"), &said, &err), -ENOENT);
	assert_int_equal(err.status, STATUS_USAGE);
	err_reset(&err);
	assert_null(said);
}

/* ovslab's own headers are found, and a warning is handed over. */
static void our_headers(void **state)
{
	const struct job job = { 0 };
	_cleanup_free_ char *said = NULL;
	const char *source = write_source("#include <bpf/pkt.h>\n#include \"bpf/skb.h\"\n"
					  "SEC(\"tc\") int f(struct __sk_buff *skb) { struct pkt p = { 0 }; int unused;\n"
					  "return skb_parse(skb, &p) ? TC_ACT_UNSPEC : TC_ACT_OK; }\n");

	assert_int_equal(clang_compile(&job, source, NULL, in_dir("test.o"), &said, NULL), 0);
	assert_non_null(said);
	assert_non_null(strstr(said, "unused"));
	takes(in_dir("test.o"), false, NULL, "f");
}

/* An object that wants its map pinned leaves nothing in the BPF file system. */
static void no_pins(void **state)
{
	struct loaded l = load(compile_text(
		"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, int);\n"
		"__type(value, int); __uint(pinning, LIBBPF_PIN_BY_NAME); } ovslab_pin_test SEC(\".maps\");\n"
		"SEC(\"tc\") int f(struct __sk_buff *skb) { int k = 0;\n"
		"return bpf_map_lookup_elem(&ovslab_pin_test, &k) ? TC_ACT_OK : TC_ACT_UNSPEC; }\n"), false, NULL);

	assert_int_not_equal(access("/sys/fs/bpf/ovslab_pin_test", F_OK), 0);
	bpf_object__close(l.obj);
}

/* ---- on a device -------------------------------------------------------------------------------- */

static const char pass_tc[] = "SEC(\"tc\") int mine(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }\n";
static const char pass_xdp[] = "SEC(\"xdp\") int mine(struct xdp_md *ctx) { return XDP_PASS; }\n";

static struct userprog_place at(enum mangle_hook hook)
{
	return (struct userprog_place){ DEV, hook, dir };
}

static struct userprog attach(enum mangle_hook hook)
{
	const struct userobj o = { .path = in_dir("test.o"), .name = "test.o" };
	const struct userprog_place place = at(hook);
	struct userprog prog;
	struct err err = { 0 };

	compile_text(hook == MANGLE_XDP ? pass_xdp : pass_tc);
	if (userprog_attach(&place, &o, "bpf test.c", &prog, &err))
		fail_msg("%s", err.msg);
	return prog;
}

static bool has_clsact(void)
{
	return system("tc qdisc show dev " DEV " | grep -q clsact") == 0;
}

static void round_trip(enum mangle_hook hook)
{
	const struct userprog_place place = at(hook);
	struct userprog first, second, seen;

	assert_int_equal(userprog_query(&place, &seen, NULL), -ENOENT);
	assert_int_equal(userprog_detach(&place, NULL), -ENOENT);
	first = attach(hook);
	assert_string_equal(first.function, "mine");
	assert_string_equal(first.spec, "bpf test.c");
	assert_int_equal(has_clsact(), hook != MANGLE_XDP);
	assert_int_equal(userprog_query(&place, &seen, NULL), 0);
	assert_true(userprog_same(&first, &seen));
	second = attach(hook);			/* replaces */
	assert_false(userprog_same(&first, &second));
	assert_int_equal(userprog_query(&place, &seen, NULL), 0);
	assert_true(userprog_same(&second, &seen));
	assert_int_equal(userprog_detach(&place, NULL), 0);
	assert_int_equal(userprog_query(&place, &seen, NULL), -ENOENT);
	assert_false(has_clsact());
}

static void attach_and_remove(void **state)
{
	round_trip(MANGLE_TC_EGRESS);
	round_trip(MANGLE_TC_INGRESS);
	round_trip(MANGLE_XDP);
}

/* A refused program leaves the one that is there, and no qdisc where none was. */
static void refused_changes_nothing(void **state)
{
	const struct userprog_place place = at(MANGLE_TC_EGRESS);
	const struct userobj bad = { .path = in_dir("bad.o"), .name = "bad.o" };
	struct userprog before, after;

	assert_int_equal(rename(compile_text("SEC(\"tc\") int f(struct __sk_buff *skb) { return *(int *)(long)skb->data; }\n"),
				bad.path), 0);
	assert_true(userprog_attach(&place, &bad, "bpf bad.c", &after, NULL) < 0);
	assert_false(has_clsact());
	before = attach(MANGLE_TC_EGRESS);
	assert_true(userprog_attach(&place, &bad, "bpf bad.c", &after, NULL) < 0);
	assert_int_equal(userprog_query(&place, &after, NULL), 0);
	assert_true(userprog_same(&before, &after));
	assert_int_equal(userprog_detach(&place, NULL), 0);
}

static struct mangle_spec psh(enum mangle_place place)
{
	static const char *const argv[] = { "flags", "--set", "psh" };
	struct mangle_spec spec;

	assert_int_equal(mangle_spec_parse(ARRAY_SIZE(argv), argv, &spec, NULL), 0);
	spec.place = place;
	return spec;
}

/* The qdisc goes with the last that is on it, whoever had brought it. */
static void shared_clsact(enum mangle_place mangler, enum mangle_hook user, bool mangler_first)
{
	const struct userprog_place place = at(user);
	struct mangle_spec spec = psh(mangler);

	if (!mangler_first)
		attach(user);
	assert_int_equal(mangle_attach(DEV, &spec, false, NULL, NULL), 0);
	if (mangler_first)
		attach(user);
	if (mangler_first)
		assert_int_equal(mangle_detach(DEV, mangler, NULL, NULL), 0);
	else
		assert_int_equal(userprog_detach(&place, NULL), 0);
	assert_true(has_clsact());
	if (mangler_first)
		assert_int_equal(userprog_detach(&place, NULL), 0);
	else
		assert_int_equal(mangle_detach(DEV, mangler, NULL, NULL), 0);
	assert_false(has_clsact());
}

static void clsact_is_shared(void **state)
{
	static const enum mangle_place manglers[] = { PLACE_NODE_EGRESS, PLACE_NODE_INGRESS };

	for (int i = 0; i < 8; i++)
		shared_clsact(manglers[i & 1], i & 2 ? MANGLE_TC_EGRESS : MANGLE_TC_INGRESS, i & 4);
}

/* One that somebody else made stays, also if both were on it. */
static void foreign_clsact_stays(void **state)
{
	const struct userprog_place place = at(MANGLE_TC_EGRESS);
	struct mangle_spec spec = psh(PLACE_NODE_EGRESS);

	assert_int_equal(system("tc qdisc add dev " DEV " clsact"), 0);
	attach(MANGLE_TC_EGRESS);
	assert_int_equal(mangle_attach(DEV, &spec, false, NULL, NULL), 0);
	assert_int_equal(userprog_detach(&place, NULL), 0);
	assert_int_equal(mangle_detach(DEV, PLACE_NODE_EGRESS, NULL, NULL), 0);
	assert_true(has_clsact());
	assert_int_equal(system("tc qdisc del dev " DEV " clsact"), 0);
}

/* Refused, named, and still there afterwards. */
static void stays(enum mangle_hook hook, const char *word)
{
	const struct userprog_place place = at(hook);
	const struct userobj o = { .path = in_dir("test.o"), .name = "test.o" };
	struct userprog prog;
	struct err err = { 0 };

	compile_text(hook == MANGLE_XDP ? pass_xdp : pass_tc);
	assert_int_equal(userprog_query(&place, &prog, NULL), -ENOENT);
	assert_int_equal(userprog_attach(&place, &o, "bpf test.c", &prog, &err), -EBUSY);
	assert_non_null(strstr(err.msg, word));
	err_reset(&err);
	assert_int_equal(userprog_detach(&place, NULL), -EBUSY);
}

static void foreign_tc(void **state)
{
	struct tc_place tc = { DEV, (int)if_nametoindex(DEV), true, TC_PRIORITY_USER };
	struct loaded theirs = load(compile_text(
		"SEC(\"tc\") int theirs(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }\n"), false, NULL);
	uint32_t id;

	assert_int_equal(tc_attach(&tc, theirs.fd, NULL), 0);
	stays(MANGLE_TC_EGRESS, "theirs");
	assert_int_equal(tc_look(&tc, &id, NULL), 0);
	assert_int_equal(tc_detach(&tc, NULL), 0);
	bpf_object__close(theirs.obj);
}

/* Our manglers exclude the user's program at XDP: the message says so. */
static void foreign_xdp(void **state)
{
	static const char *const names[][2] = { { "theirs", "theirs" }, { "ovslab_mangle_xdp", "a mangler of ovslab" } };
	struct xdp_place xdp = { DEV, (int)if_nametoindex(DEV) };
	char body[200];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct loaded l;
		uint32_t id;
		bool native;

		snprintf(body, sizeof(body), "SEC(\"xdp\") int %s(struct xdp_md *ctx) { return XDP_PASS; }\n", names[i][0]);
		l = load(compile_text(body), true, NULL);
		assert_int_equal(xdp_attach(&xdp, l.fd, false, NULL), 0);
		stays(MANGLE_XDP, names[i][1]);
		assert_int_equal(xdp_find(&xdp, &id, &native, NULL), 0);
		assert_int_equal(xdp_detach(&xdp, id, native, NULL), 0);
		bpf_object__close(l.obj);
	}
}

/* A note about the same id, loaded at another time, is about another program. */
static void id_used_again(void **state)
{
	const struct userprog_place place = at(MANGLE_XDP);
	struct userprog prog = attach(MANGLE_XDP);
	char path[160], kept[160];
	json_t *doc = NULL;

	snprintf(path, sizeof(path), "%s/userprog-" DEV "-xdp.json", dir);
	snprintf(kept, sizeof(kept), "%s/kept", dir);
	assert_int_equal(rename(path, kept), 0);
	prog.load_time_ns -= 1;
	doc = json_pack("[o]", userprog_to_json(&prog));
	assert_int_equal(json_dump_file(doc, path, 0), 0);
	json_decref(doc);
	assert_int_equal(userprog_detach(&place, NULL), -EBUSY);
	assert_int_equal(rename(kept, path), 0);
	assert_int_equal(userprog_detach(&place, NULL), 0);
}

/* Killed between its note and the hook: the note has both, whichever is there is ours. */
static void interrupted(void **state)
{
	const struct userprog_place place = at(MANGLE_TC_EGRESS);
	struct userprog prog = attach(MANGLE_TC_EGRESS), never = prog, seen;
	char path[160];
	json_t *doc;

	snprintf(path, sizeof(path), "%s/userprog-" DEV "-egress.json", dir);
	never.prog_id += 1;
	doc = json_pack("[o,o]", userprog_to_json(&never), userprog_to_json(&prog));
	assert_int_equal(json_dump_file(doc, path, 0), 0);
	json_decref(doc);
	assert_int_equal(userprog_query(&place, &seen, NULL), 0);
	assert_true(userprog_same(&seen, &prog));
	assert_int_equal(userprog_detach(&place, NULL), 0);
}

/* ---- ---- */

static int set_up(void)
{
	if (geteuid() || unshare(CLONE_NEWNET) || !mkdtemp(dir) ||
	    system("ip link add " DEV " type veth peer name veth-b && ip link set " DEV " up"))
		return -1;
	return setenv("OVSLAB_DATADIR", ".", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psh_every_shape), cmocka_unit_test(psh_every_flag),
		cmocka_unit_test(psh_truncated), cmocka_unit_test(psh_ratio),
		cmocka_unit_test(ttl_every_shape), cmocka_unit_test(ttl_range),
		cmocka_unit_test(old_sections), cmocka_unit_test(choice),
		cmocka_unit_test(verifier_words), cmocka_unit_test(not_objects),
		cmocka_unit_test(damaged), cmocka_unit_test(compiler_words),
		cmocka_unit_test(our_headers), cmocka_unit_test(no_pins),
		cmocka_unit_test(attach_and_remove), cmocka_unit_test(refused_changes_nothing),
		cmocka_unit_test(clsact_is_shared), cmocka_unit_test(foreign_clsact_stays),
		cmocka_unit_test(foreign_tc), cmocka_unit_test(foreign_xdp),
		cmocka_unit_test(id_used_again), cmocka_unit_test(interrupted),
	};
	char command[160];
	int failed;

	if (set_up()) {
		puts("SKIP: no network namespace of its own");
		return 77;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf -- %s", dir);
	return system(command) ? 1 : failed;
}
