/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ovs_cookie.h - OpenFlow flows by their cookies: what they counted, and one of our own
 */
#ifndef OVSLAB_HOST_OVS_COOKIE_H
#define OVSLAB_HOST_OVS_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

#define OVS_TOUCH_COOKIE UINT64_C(0x6f76736c6162)	/* "ovslab" */

/** ovs_has_cookies() - has one of these flows (as ovs-ofctl prints them) a cookie of the user's? */
bool ovs_has_cookies(const char *flows);

/** ovs_cookie_sum() - packets of the flows that have one; @flows with counters */
uint64_t ovs_cookie_sum(const char *flows);

/**
 * ovs_cookie_packets() - what flows with a cookie have counted until now
 *
 * A megaflow's packets are given to its OpenFlow flows when a revalidator looks at it, or
 * when it goes. So this waits until each has been looked at, a second or so; where nobody
 * does that (a switch without revalidators), it takes what has been given.
 */
int ovs_cookie_packets(const struct job *job, const struct lab *lab, uint64_t *ret, struct err *err);

/**
 * ovs_touch() - change the flow table, so that all megaflows are revalidated
 * @there:	add the flow, that matches nothing, or remove it
 */
int ovs_touch(const struct job *job, const struct lab *lab, bool there, struct err *err);

/** ovs_touched() - is that flow among these? A run that was killed leaves it */
bool ovs_touched(const char *flows);

#endif
