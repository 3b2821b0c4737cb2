// SPDX-License-Identifier: GPL-2.0
/*
 * revalidate.c - megaflows revalidated again and again while traffic runs
 *
 * Any change of the flow table has vswitchd look at each megaflow once more: would the
 * same be made of it now? A flow that matches nothing is added and removed in turns.
 */
#include "run/revalidate.h"

#include "core/util.h"
#include "host/ovs_cookie.h"

#define END_NS INT64_C(5000000000)

struct revalidate revalidate_begin(const struct job *job, const struct lab *lab, unsigned int seconds)
{
	int64_t every = (int64_t)seconds * INT64_C(1000000000);

	return (struct revalidate){ job, lab, every, now_ns() + every, false };
}

int revalidate_tick(struct revalidate *r, struct err *err)
{
	int rc;

	if (!r->every_ns || now_ns() < r->next_ns)
		return 0;
	r->next_ns = now_ns() + r->every_ns;
	rc = ovs_touch(r->job, r->lab, !r->there, err);
	if (rc < 0)
		return err_wrap(err, rc, "having megaflows revalidated");
	r->there = !r->there;
	return 0;
}

int revalidate_end(struct revalidate *r, struct err *err)
{
	struct job job = { .deadline_ns = now_ns() + END_NS };
	int rc = 0;

	if (!r->every_ns)
		return 0;
	wait_shield(true);
	rc = ovs_touch(&job, r->lab, false, err);	/* it may be there after a failure too */
	wait_shield(false);
	r->every_ns = 0;
	return rc;
}
