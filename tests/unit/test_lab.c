// SPDX-License-Identifier: GPL-2.0
/*
 * test_lab.c - the description of a lab: names, its form on disk, spoiled files
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/lab.h"
#include "core/util.h"

static void make_lab(struct lab *lab)
{
	memset(lab, 0, sizeof(*lab));
	lab_init(lab, "first", "0e4dd6c8-52a6-4d5f-8ef1-9f14a2c3a8a7");
	strcpy(lab->dir, "/run/ovslab/first");
	lab->status = LAB_READY;
	lab->created_s = 1795371000;
	lab->creator = 4711;
	lab->creator_start = 123456789;
	lab->asked = (struct lab_bench){ .vcpus = 2, .memory_mib = 512 };
	strcpy(lab->asked.kernel, "/boot/größe \"x\"");
	lab->bench = lab->asked;
	lab->bench.datapath = LAB_DATAPATH_USERSPACE;
	lab->bench.offloads = LAB_OFFLOADS_OFF;
	lab->bench.accel = LAB_ACCEL_TCG;
	strcpy(lab->why_accel, "TCG as asked");
	strcpy(lab->ovs.version, "3.1.0");
	lab->nodes[1].pid = 815;
	lab->nodes[1].pid_start = 987654321;
	strcpy(lab->nodes[1].kernel, "6.1.0");
	strcpy(lab->steps[lab->n_steps++], "netns");
	strcpy(lab->steps[lab->n_steps++], "switch");
	lab_add_phase(lab, "netns", 0.25);
	lab_add_phase(lab, "switch", 1.5);
}

static void test_names(void **state)
{
	static const char *const good[] = { "a", "default", "a-b_c9", "12345678901234567890" };
	static const char *const bad[] = {
		"", "-a", "_a", ".", "..", "a/b", "a b", "a\n", "größe", "123456789012345678901",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(lab_name_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(lab_name_valid(bad[i]));
}

static void test_nodes(void **state)
{
	struct lab lab;

	make_lab(&lab);
	assert_int_equal(lab.n_nodes, 2);
	assert_ptr_equal(lab_node_find(&lab, "vm2"), &lab.nodes[1]);
	assert_ptr_equal(lab_tap_owner(&lab, "tap-vm1"), &lab.nodes[0]);
	assert_null(lab_node_find(&lab, "vm3"));
	assert_null(lab_tap_owner(&lab, "vm1"));
	assert_string_not_equal(lab.nodes[0].mac, lab.nodes[1].mac);
	assert_string_not_equal(lab.nodes[0].addr, lab.nodes[1].addr);
}

static void test_matches(void **state)
{
	struct lab_bench asked;
	struct lab lab;

	make_lab(&lab);
	asked = lab.asked;
	assert_null(lab_difference(&lab, &asked));
	assert_null(lab_difference(&lab, &lab.bench));
	asked.datapath = LAB_DATAPATH_USERSPACE;	/* what 'auto' came to, by its name */
	assert_null(lab_difference(&lab, &asked));
	asked.datapath = LAB_DATAPATH_KERNEL;
	assert_string_equal(lab_difference(&lab, &asked), "datapath");
	asked = lab.asked;
	asked.vcpus++;
	assert_string_equal(lab_difference(&lab, &asked), "vcpus");
	asked = lab.asked;
	strcpy(asked.initrd, "/x");
	assert_string_equal(lab_difference(&lab, &asked), "initrd");
}

static void test_switch_in_vm(void **state)
{
	struct lab lab, back;
	json_t *doc;

	make_lab(&lab);
	assert_null(lab_switch_node(&lab));
	lab_add_switch(&lab);
	assert_int_equal(lab.n_nodes, 3);
	assert_int_equal(lab.n_vms, 2);
	assert_ptr_equal(lab_switch_node(&lab), lab_node_find(&lab, "sw"));
	assert_null(lab_tap_owner(&lab, ""));
	assert_null(lab_tap_owner(&lab, "tap-s1"));
	assert_ptr_equal(lab_tap_holder(&lab, "tap-s1"), lab_switch_node(&lab));
	assert_ptr_equal(lab_tap_holder(&lab, "tap-vm2"), &lab.nodes[1]);
	assert_string_equal(lab.wires[1].tap, "tap-vm2");
	assert_int_equal(lab.wires[1].ofport, lab.nodes[1].ofport);
	assert_string_not_equal(lab.wires[0].mac, lab.wires[1].mac);
	strcpy(lab.ovs.dispatch, "per-cpu");
	lab.ovs.handlers = 2;
	lab.restored = true;
	strcpy(lab.trial, "recirc-upcall");
	doc = lab_to_json(&lab);
	assert_int_equal(lab_from_json(&back, doc, NULL), 0);
	json_decref(doc);
	assert_string_equal(lab_switch_node(&back)->name, "sw");
	assert_string_equal(back.wires[0].port, "to-vm1");
	assert_int_equal(back.ovs.handlers, 2);
	assert_true(back.restored);
	assert_string_equal(back.trial, "recirc-upcall");
}

static void test_sources(void **state)
{
	static const struct { const char *text; bool kernel; int rc; } rows[] = {
		{ "debian:sid", false, 0 }, { "debian:sid", true, 0 }, { "dir:/a b", false, 0 },
		{ "dir:/a", true, -EINVAL }, { "file:/k,/m", true, 0 }, { "file:/k,/m", false, -EINVAL },
		{ "file:/k", true, -EINVAL }, { "file:,/m", true, -EINVAL }, { "file:/k,", true, -EINVAL },
		{ "debian:", false, -EINVAL }, { "dir:", false, -EINVAL }, { "", false, -EINVAL },
		{ "sid", false, -EINVAL }, { "debian:a-suite-with-a-long-name", false, -EINVAL },
	};
	struct lab_source s;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (lab_source_parse(rows[i].text, rows[i].kernel, &s, NULL) != rows[i].rc)
			fail_msg("'%s'", rows[i].text);
	assert_int_equal(lab_source_parse("file:/k,/m,n", true, &s, NULL), 0);
	assert_string_equal(s.path, "/k");
	assert_string_equal(s.modules, "/m,n");
}

static void test_pins(void **state)
{
	char buf[16];

	assert_string_equal(lab_pin("sw=1 vm1=0-1,3", "vm1", buf, sizeof(buf)), "0-1,3");
	assert_string_equal(lab_pin("sw=1 vm1=0-1,3", "sw", buf, sizeof(buf)), "1");
	assert_null(lab_pin("sw=1 vm1=0", "vm2", buf, sizeof(buf)));
	assert_null(lab_pin("vm11=0", "vm1", buf, sizeof(buf)));
	assert_null(lab_pin("", "vm1", buf, sizeof(buf)));
	assert_null(lab_pin("sw=0123456789abcdef", "sw", buf, sizeof(buf)));
}

static void test_both_ways(void **state)
{
	struct lab lab, back;
	json_t *doc, *again;

	make_lab(&lab);
	doc = lab_to_json(&lab);
	assert_non_null(doc);
	assert_int_equal(lab_from_json(&back, doc, NULL), 0);
	assert_string_equal(back.asked.kernel, lab.asked.kernel);
	assert_int_equal(back.nodes[1].pid, 815);
	assert_int_equal(back.nodes[1].pid_start, 987654321);
	assert_int_equal(back.n_steps, 2);
	assert_string_equal(back.steps[1], "switch");
	again = lab_to_json(&back);
	assert_true(json_equal(doc, again));
	json_decref(doc);
	json_decref(again);
}

/* Written without that member, the file could not be read for 'down'. */
static void test_not_utf8(void **state)
{
	struct lab lab;

	make_lab(&lab);
	strcpy(lab.asked.kernel, "/boot/\xff");
	assert_null(lab_to_json(&lab));
	make_lab(&lab);
	strcpy(lab.nodes[1].kernel, "\xff");
	assert_null(lab_to_json(&lab));
}

/* A path of members, "nodes.1.pid", and the member's new value as JSON. */
static void spoil(json_t *doc, const char *path, const char *value)
{
	char copy[64], *save, *key, *next;
	json_t *at = doc;

	strcpy(copy, path);
	key = strtok_r(copy, ".", &save);
	for (; (next = strtok_r(NULL, ".", &save)); key = next)
		at = json_is_array(at) ? json_array_get(at, atoi(key)) : json_object_get(at, key);
	if (json_is_array(at))
		json_array_set_new(at, atoi(key), json_loads(value, JSON_DECODE_ANY, NULL));
	else
		json_object_set_new(at, key, json_loads(value, JSON_DECODE_ANY, NULL));
}

static void test_spoiled(void **state)
{
	static const char *const rows[][2] = {
		{ "schema", "\"ovslab.lab/2\"" }, { "schema", "7" }, { "name", "\"\"" },
		{ "name", "\"123456789012345678901\"" }, { "name", "5" }, { "id", "null" },
		{ "dir", "[]" }, { "status", "\"well\"" }, { "status", "1" },
		{ "creator_pid", "-1" }, { "creator_pid", "2147483648" }, { "creator_pid", "1.5" },
		{ "creator_start_ticks", "-1" }, { "asked", "[]" }, { "asked.datapath", "\"fast\"" },
		{ "bench.vcpus", "4294967296" }, { "bench.vcpus", "-1" }, { "bench.vcpus", "\"2\"" },
		{ "nodes", "{}" }, { "nodes", "[{}, {}, {}, {}, {}]" }, { "nodes", "null" },
		{ "nodes.0", "7" }, { "nodes.1.pid", "-5" }, { "nodes.1.pid", "99999999999" },
		{ "nodes.0.name", "\"a-long-name\"" }, { "steps", "\"netns\"" }, { "steps.0", "5" },
		{ "steps.0", "\"a-step-that-is-too-long\"" },
		{ "steps", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\"]" },
		{ "vms", "3" }, { "vms", "-1" }, { "restored", "1" }, { "ovs", "[]" },
		{ "ovs.handlers", "-1" }, { "wires", "{}" }, { "wires", "[{}, {}, {}]" },
		{ "bench.switch", "\"cloud\"" }, { "bench.wire", "\"string\"" },
		{ "phases.0.seconds", "\"1\"" }, { "phases", "5" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		struct lab lab, ret;
		json_t *doc;

		make_lab(&lab);
		memset(&ret, 0x5a, sizeof(ret));
		doc = lab_to_json(&lab);
		spoil(doc, rows[i][0], rows[i][1]);
		if (lab_from_json(&ret, doc, &err) != -EBADMSG)
			fail_msg("%s = %s passed", rows[i][0], rows[i][1]);
		assert_true(err.msg[0]);
		assert_int_equal((unsigned char)ret.name[0], 0x5a);
		json_decref(doc);
	}
}

/* Another version wrote it: 'down' must still work. */
static void test_other_version(void **state)
{
	struct lab lab, back;
	json_t *doc;

	make_lab(&lab);
	doc = lab_to_json(&lab);
	json_object_del(doc, "why_accel");
	json_object_del(doc, "vms");
	json_object_del(doc, "ovs");
	json_object_del(doc, "wires");
	json_object_del(json_array_get(json_object_get(doc, "nodes"), 0), "addr6");
	spoil(doc, "from_the_future", "[1, 2]");
	assert_int_equal(lab_from_json(&back, doc, NULL), 0);
	assert_string_equal(back.id, lab.id);
	assert_string_equal(back.why_accel, "");
	assert_int_equal(back.n_vms, 2);
	json_decref(doc);
	assert_int_equal(lab_from_json(&back, NULL, NULL), -EBADMSG);
}

static void test_phases_full(void **state)
{
	struct lab lab = { 0 };

	for (int i = 0; i < LAB_PHASES_MAX + 3; i++)
		lab_add_phase(&lab, "a phase with a name that is far too long", i);
	assert_int_equal(lab.n_phases, LAB_PHASES_MAX);
	assert_int_equal(strlen(lab.phases[0].name), sizeof(lab.phases[0].name) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_switch_in_vm),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_phases_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
