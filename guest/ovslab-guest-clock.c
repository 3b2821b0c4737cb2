// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-clock.c - what the wall clock says here, and setting it
 *
 * A VM that is restored goes on with the time at which it was saved.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "guest/ovslab-guest.h"

#define NS_PER_S INT64_C(1000000000)

static int step_clock(int64_t step_ns, struct err *err)
{
	int64_t to = wall_ns() + step_ns;
	struct timespec ts = { to / NS_PER_S, to % NS_PER_S };

	if (to < 0 || clock_settime(CLOCK_REALTIME, &ts) < 0)
		return err_set(err, STATUS_BENCH, to < 0 ? EINVAL : errno,
			       "cannot set the clock: %s", strerror(to < 0 ? EINVAL : errno));
	return 0;
}

/* --set-ns: the time that it is, or was when this clock said --at-ns */
int guest_clock(int argc, char **argv, json_t **ret, struct err *err)
{
	uint64_t set_ns = 0, at_ns = 0;
	const struct guest_opt opts[] = {
		{ "--set-ns", OPT_NUMBER, &set_ns, 1, INT64_MAX },
		{ "--at-ns", OPT_NUMBER, &at_ns, 1, INT64_MAX },
		{ 0 },
	};
	int64_t now = wall_ns(), step = 0;
	int rc = guest_options(argc, argv, opts, err);

	if (rc == 0 && set_ns) {
		step = (int64_t)set_ns - (at_ns ? (int64_t)at_ns : now);
		rc = step_clock(step, err);
	}
	if (rc)
		return rc;
	*ret = json_pack("{s:s, s:I, s:I, s:I}", "schema", "ovslab.guest-clock/1",
			 "realtime_ns", (json_int_t)wall_ns(), "monotonic_ns",
			 (json_int_t)now_ns(), "step_ns", (json_int_t)step);
	return *ret ? 0 : -ENOMEM;
}
