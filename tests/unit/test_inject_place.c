// SPDX-License-Identifier: GPL-2.0
/*
 * test_inject_place.c - the places of a lab by name, and what is none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/util.h"
#include "run/inject_place.h"

static struct lab make_lab(bool switch_vm)
{
	struct lab lab = { .n_vms = 0 };

	lab_init(&lab, "first", "0e4dd6c8-52a6-4d5f-8ef1-9f14a2c3a8a7");
	if (switch_vm)
		lab_add_switch(&lab);
	return lab;
}

static void all_places(void **state)
{
	static const struct {
		const char *text, *name;
		unsigned int node;
		enum mangle_place place;
		const char *netdev;
	} rows[] = {
		{ "vm1:egress", "vm1:egress", 0, PLACE_NODE_EGRESS, "eth0" },
		{ "vm1:tc-egress", "vm1:egress", 0, PLACE_NODE_EGRESS, "eth0" },
		{ "vm2:ingress", "vm2:ingress", 1, PLACE_NODE_INGRESS, "eth0" },
		{ "vm2:xdp", "vm2:xdp", 1, PLACE_NODE_XDP, "eth0" },
		{ "tap-vm1:xdp", "tap-vm1:xdp", 0, PLACE_TAP_XDP, "tap-vm1" },
		{ "tap-vm2:egress", "tap-vm2:egress", 1, PLACE_TAP_EGRESS, "tap-vm2" },
		{ "vm2", "vm2:egress", 1, PLACE_NODE_EGRESS, "eth0" },
		{ "tap-vm1", "tap-vm1:xdp", 0, PLACE_TAP_XDP, "tap-vm1" },
		{ "tap-vm2:tc-egress", "tap-vm2:egress", 1, PLACE_TAP_EGRESS, "tap-vm2" },
	};
	struct lab lab = make_lab(true);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct inject_at at;

		assert_int_equal(inject_at_find(&lab, rows[i].text, &at, NULL), 0);
		assert_ptr_equal(at.node, &lab.nodes[rows[i].node]);
		assert_int_equal(at.place, rows[i].place);
		assert_string_equal(at.name, rows[i].name);
		assert_string_equal(inject_at_netdev(&at), rows[i].netdev);
	}
}

static void no_places(void **state)
{
	static const char *const rows[] = {
		"", ":", "vm3", "sw", "tap-sw", "vm1:", ":egress", "vm1:middle", "vm3:egress", "sw:egress", "sw:xdp",
		"tap-sw:egress", "eth0:egress", "vm1:egress ", "VM1:egress", "vm1:egress:xdp",
		"a-name-that-is-longer-than-any-device:egress",
	};
	struct lab lab = make_lab(true);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		struct inject_at at;

		assert_int_equal(inject_at_find(&lab, rows[i], &at, &err), -EINVAL);
		assert_int_equal(err.status, STATUS_USAGE);
		assert_non_null(strstr(err.msg, "is no place in lab 'first'"));
		assert_non_null(strstr(err.hint, "tap-vm2:xdp"));
		err_reset(&err);
	}
}

static void tap_ingress(void **state)
{
	struct lab lab = make_lab(false);
	struct err err = { 0 };
	struct inject_at at;

	assert_int_equal(inject_at_find(&lab, "tap-vm2:ingress", &at, &err), -EINVAL);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_string_equal(err.msg, "tap-vm2:ingress: " MANGLE_NO_TAP_INGRESS);
	assert_non_null(strstr(err.hint, "vm2:egress"));
	err_reset(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_places), cmocka_unit_test(no_places), cmocka_unit_test(tap_ingress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
