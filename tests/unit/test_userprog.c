// SPDX-License-Identifier: GPL-2.0
/*
 * test_userprog.c - programs of the user's own: sections, macros, notes; tc's answers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/qdisc.h"
#include "core/userprog.h"
#include "core/util.h"

static void sections(void **state)
{
	static const char *const tc[] = { "tc", "classifier", "action", "tc/egress", "tc/ingress",
					  "classifier/x", "tc_mine", "action2", "tc-egress" };
	static const char *const xdp[] = { "xdp", "xdp.frags", "xdp_prog", "xdp/main", "xdp1" };
	static const char *const other[] = { "tcp", "xdpx", "kprobe/x", "", "prog", "classifiers", "t",
					     "TC" };

	for (size_t i = 0; i < ARRAY_SIZE(tc); i++)
		assert_int_equal(userprog_section(tc[i]), USERPROG_SECTION_TC);
	for (size_t i = 0; i < ARRAY_SIZE(xdp); i++)
		assert_int_equal(userprog_section(xdp[i]), USERPROG_SECTION_XDP);
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_int_equal(userprog_section(other[i]), USERPROG_SECTION_OTHER);
}

static void defines(void **state)
{
	static const char *const good[] = { "RATIO=10", "X", "_a1=", "A=b c=d", "Z=\"text\"" };
	static const char *const bad[] = { "", "=1", "1A=2", "A B=1", "A-B", "-DX", "A(x)=x" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(userprog_define_check(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = { 0 };

		assert_int_equal(userprog_define_check(bad[i], &err), -EINVAL);
		assert_int_equal(err.status, STATUS_USAGE);
		err_reset(&err);
	}
}

static void spec(void **state)
{
	const char *const two[] = { "RATIO=10", "X", NULL };
	char buf[USERPROG_SPEC_MAX], small[12];

	userprog_spec("/a/b/tcp_psh.c", NULL, two, buf, sizeof(buf));
	assert_string_equal(buf, "bpf tcp_psh.c -D RATIO=10 -D X");
	userprog_spec("prog.o", "classifier/x", NULL, buf, sizeof(buf));
	assert_string_equal(buf, "bpf prog.o --section classifier/x");
	userprog_spec("prog.o", "classifier/x", two, small, sizeof(small));
	assert_string_equal(small, "bpf prog.o ");
}

static const struct userprog sample = {
	.spec = "bpf a.c", .section = "tc", .function = "f", .tag = "0123456789abcdef", .prog_id = 7,
	.load_time_ns = UINT64_C(123456789012), .hook = MANGLE_TC_INGRESS, .mode = MANGLE_MODE_TC,
	.runs = 5,
};

static void there_and_back(void **state)
{
	json_t *doc = userprog_to_json(&sample);
	struct userprog back;

	assert_int_equal(userprog_from_json(doc, &back), 0);
	assert_string_equal(back.spec, sample.spec);
	assert_string_equal(back.section, sample.section);
	assert_string_equal(back.function, sample.function);
	assert_string_equal(back.tag, sample.tag);
	assert_true(userprog_same(&back, &sample));
	assert_int_equal(back.hook, sample.hook);
	assert_int_equal(back.mode, sample.mode);
	assert_int_equal(back.runs, 5);
	json_decref(doc);
}

/* An id that was given to another program since is not the same program. */
static void same(void **state)
{
	struct userprog later = sample, other = sample;

	later.load_time_ns++;
	other.prog_id++;
	assert_false(userprog_same(&sample, &later));
	assert_false(userprog_same(&sample, &other));
}

/* A guest's answer may be anything: each member missing, of a wrong type, too long. */
static void malformed(void **state)
{
	static const char *const keys[] = { "spec", "section", "function", "tag", "hook", "mode",
					    "prog_id", "load_time_ns", "runs" };
	char many[USERPROG_SPEC_MAX + 2];
	struct userprog back;

	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *doc = userprog_to_json(&sample);

		json_object_del(doc, keys[i]);
		assert_int_equal(userprog_from_json(doc, &back), -EBADMSG);
		json_object_set_new(doc, keys[i], json_true());
		assert_int_equal(userprog_from_json(doc, &back), -EBADMSG);
		json_object_set_new(doc, keys[i], json_string(many));
		assert_int_equal(userprog_from_json(doc, &back), -EBADMSG);
		json_object_set_new(doc, keys[i], json_integer(-1));
		assert_int_equal(userprog_from_json(doc, &back), -EBADMSG);
		json_decref(doc);
	}
	assert_int_equal(userprog_from_json(NULL, &back), -EBADMSG);
}

/* ---- tc ---- */

/* iproute2 6.1 */
static const char fq_codel[] =
	"[{\"kind\":\"fq_codel\",\"handle\":\"0:\",\"root\":true,\"refcnt\":2,\"options\":{\"limit\":10240,"
	"\"flows\":1024,\"quantum\":1514,\"target\":4999,\"interval\":99999,\"memory_limit\":33554432,"
	"\"ecn\":true,\"drop_batch\":64},\"bytes\":732,\"packets\":8,\"drops\":0,\"overlimits\":0,"
	"\"requeues\":0,\"backlog\":0,\"qlen\":0}]";
static const char netem[] =
	"[{\"kind\":\"clsact\",\"handle\":\"ffff:\",\"parent\":\"ffff:fff1\",\"options\":{},\"bytes\":1},"
	"{\"kind\":\"netem\",\"handle\":\"6f77:\",\"root\":true,\"refcnt\":2,\"options\":{\"limit\":1000},"
	"\"bytes\":916,\"packets\":10,\"drops\":3,\"overlimits\":0,\"requeues\":0,\"backlog\":0,\"qlen\":2}]";

static void root_qdisc(void **state)
{
	struct root_qdisc q;

	assert_int_equal(qdisc_from_json(fq_codel, strlen(fq_codel), &q), 0);
	assert_true(qdisc_is_default(&q));
	assert_false(qdisc_is_ours(&q));
	assert_int_equal(qdisc_from_json(netem, strlen(netem), &q), 0);
	assert_true(qdisc_is_ours(&q));
	assert_int_equal(q.bytes, 916);
	assert_int_equal(q.packets, 10);
	assert_int_equal(q.drops, 3);
	assert_int_equal(q.queued, 2);
	strcpy(q.kind, "fq");			/* of the manglers that hold packets back */
	assert_false(qdisc_is_ours(&q));
	strcpy(q.kind, "netem");
	strcpy(q.handle, "8001:");		/* somebody's own */
	assert_false(qdisc_is_ours(&q) || qdisc_is_default(&q));
	assert_int_equal(qdisc_from_json("[]", 2, &q), -ENOENT);
	assert_int_equal(qdisc_from_json("{}", 2, &q), -EBADMSG);
	assert_int_equal(qdisc_from_json("", 0, &q), -EBADMSG);
	assert_int_equal(qdisc_from_json("[{\"root\":true,\"kind\":7}]", 24, &q), -EBADMSG);
}

static void options(void **state)
{
	char buf[64], small[10];

	qdisc_options("qdisc netem 6f76: root refcnt 2 limit 1000 delay 20ms\n"
		      "qdisc clsact ffff: parent ffff:fff1 \n", buf, sizeof(buf));
	assert_string_equal(buf, "netem limit 1000 delay 20ms");
	qdisc_options("qdisc netem 6f77: root refcnt 11 limit 1000 loss 1% 25% \n", buf, sizeof(buf));
	assert_string_equal(buf, "netem limit 1000 loss 1% 25%");
	qdisc_options("qdisc netem 6f76: root refcnt 2 limit 1000\n", small, sizeof(small));
	assert_string_equal(small, "netem lim");
	qdisc_options("qdisc netem 6f76: root refcnt ", buf, sizeof(buf));
	assert_string_equal(buf, "netem");
	qdisc_options("what?", buf, sizeof(buf));
	assert_string_equal(buf, "netem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections), cmocka_unit_test(defines), cmocka_unit_test(spec),
		cmocka_unit_test(there_and_back), cmocka_unit_test(same), cmocka_unit_test(malformed),
		cmocka_unit_test(root_qdisc), cmocka_unit_test(options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
