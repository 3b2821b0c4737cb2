// SPDX-License-Identifier: GPL-2.0
/*
 * test_ovs_cookie.c - what ovs-ofctl prints of flows with cookies
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/util.h"
#include "host/ovs_cookie.h"

struct dump {
	const char *flows;
	uint64_t packets;
	bool has, touched;
};

static const struct dump dumps[] = {
	{ "", 0, false, false },
	{ "NXST_FLOW reply (xid=0x4):\n"
	  " cookie=0x0, duration=9.1s, table=0, n_packets=7, n_bytes=700, priority=0 actions=NORMAL\n",
	  0, false, false },
	{ " cookie=0x7, duration=9.1s, table=0, n_packets=713, n_bytes=70, priority=1,tcp actions=drop\n"
	  " cookie=0x0, duration=9.1s, table=0, n_packets=1000, n_bytes=70, priority=0 actions=NORMAL\n"
	  " cookie=0xffffffffffffffff, duration=9.1s, table=1, n_packets=10000000000, n_bytes=9 actions=drop",
	  10000000713, true, false },
	/* as --no-stats has them */
	{ " cookie=0x7, priority=10,tcp,in_port=1 actions=output:2\n priority=0 actions=NORMAL\n", 0,
	  true, false },
	/* the one of our own counts nowhere */
	{ " cookie=0x6f76736c6162, duration=1s, table=0, n_packets=5, priority=1 actions=drop\n"
	  " cookie=0x0, duration=9.1s, table=0, n_packets=7, n_bytes=700, priority=0 actions=NORMAL\n",
	  0, false, true },
	{ " cookie=0x6f76736c6162, priority=1 actions=drop\n cookie=0x1, n_packets=2, actions=drop\n", 2,
	  true, true },
	/* a line without cookie does not get the next one's, nor its packets */
	{ " priority=3 actions=drop\n cookie=0x2, priority=2 actions=drop\n n_packets=4 actions=drop\n", 0,
	  true, false },
	{ "cookie=0x", 0, false, false },
	{ "\n\ncookie=0x3 n_packets=", 0, true, false },
};

static void test_dumps(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		const struct dump *d = &dumps[i];

		if (ovs_cookie_sum(d->flows) != d->packets || ovs_has_cookies(d->flows) != d->has ||
		    ovs_touched(d->flows) != d->touched)
			fail_msg("%s", d->flows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
