// SPDX-License-Identifier: GPL-2.0
/*
 * test_redact.c - what a text for the public should not tell
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/util.h"
#include "report/redact.h"

static const struct redact_own own = { .host = "desk.corp", .user = "mia", .home = "/data/mia/" };

static void test_rows(void **state)
{
	static const char *const rows[][2] = {
		/* addresses */
		{ "10.0.0.1", "<address>" }, { "192.168.1.20:6653", "<address>:6653" },
		{ "nw_src=10.0.0.0/8,nw_dst=198.18.0.2", "nw_src=<address>/8,nw_dst=198.18.0.2" },
		{ "198.19.255.255", "198.19.255.255" }, { "198.20.0.1", "<address>" },
		{ "198.17.0.1.", "<address>." }, { "v10.1.1.1x", "v<address>x" },
		{ "host-10.0.0.5", "host-<address>" }, { "[2001:db8::1]:80", "[<address>]:80" },
		{ "fe80::1%eth0", "<address>%eth0" }, { "fd00:198:18::1", "fd00:198:18::1" },
		{ "fd00:199::1", "<address>" }, { "ip6: ::1", "ip6: <address>" },
		{ "::ffff:10.0.0.1", "<address>" },
		{ "52:54:00:12:00:01", "52:54:00:12:00:01" }, { "00:1b:21:aa:bb:cc", "<mac>" },
		/* names and paths */
		{ "joe@build7", "<user>" }, { "mail joë@x.y now", "mail <user> now" },
		{ "validate @first-psh", "validate @first-psh" },
		{ "build01.example.com", "<host>" }, { "on vm.internal.", "on <host>." },
		{ "a.b.fr", "<host>" }, { "https://x/y?z", "<url>" }, { "tcp://u:p@h/", "<url>" },
		{ "/home/joe/ovs", "<path>" }, { "dir:/home/joe/ovs,/root/x y", "dir:<path>,<path> y" },
		{ "'/home/my name'", "'<path> name'" }, { "~/ovs", "<path>" }, { "/homes/x", "/homes/x" },
		{ "/data/mia/t/x.yml", "<path>" }, { "/data/miau", "/data/miau" },
		{ "DESK: mia", "<host>: <user>" }, { "desktop miami", "desktop miami" },
		/* what has to stay */
		{ "3.5.0-1+b1", "3.5.0-1+b1" }, { "6.12.48+deb13-amd64", "6.12.48+deb13-amd64" },
		{ "#1 SMP Debian 6.12.48-1 (2025-09-20)", "#1 SMP Debian 6.12.48-1 (2025-09-20)" },
		{ "3.7.0.dev", "<host>" },	/* on the careful side */
		{ "bug.yml x.tar.gz vmlinuz-6.1.0-40-cloud-amd64", "bug.yml x.tar.gz vmlinuz-6.1.0-40-cloud-amd64" },
		{ "priority=10,ip,actions=multipath(symmetric_l3l4+udp,0,modulo_n,1,0,NXM_NX_REG0[])",
		  "priority=10,ip,actions=multipath(symmetric_l3l4+udp,0,modulo_n,1,0,NXM_NX_REG0[])" },
		{ "2026-11-24T15:33:27Z 15:33:27", "2026-11-24T15:33:27Z 15:33:27" },
		{ "/usr/lib/openvswitch-switch", "/usr/lib/openvswitch-switch" },
		{ "Mb/s: 0.2 times; a::b", "Mb/s: 0.2 times; <address>" },	/* likewise */
		{ "", "" }, { "\xff\xfe", "\xff\xfe" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = redact(rows[i][0], &own);

		assert_non_null(text);
		assert_string_equal(text, rows[i][1]);
	}
}

static void test_without_own(void **state)
{
	_cleanup_free_ char *text = redact("desk mia /data/mia 10.0.0.1", NULL);

	assert_string_equal(text, "desk mia /data/mia <address>");
}

/* Long runs of anything end, and private words are found behind them. */
static void test_long(void **state)
{
	static const char fill[] = "a1.:/@-=%[";

	for (size_t i = 0; i + 1 < sizeof(fill); i++) {
		char text[3000];
		_cleanup_free_ char *clean = NULL;

		memset(text, fill[i], sizeof(text));
		strcpy(text + sizeof(text) - 20, " 10.0.0.1");
		clean = redact(text, &own);
		assert_non_null(strstr(clean, " <address>"));
		assert_null(strstr(clean, "10.0.0.1"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_without_own),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
