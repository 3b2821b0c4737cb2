// SPDX-License-Identifier: GPL-2.0
/*
 * ovs_cookie.c - OpenFlow flows by their cookies: what they counted, and one of our own
 */
#include "host/ovs_cookie.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "host/ovs.h"

#define COOKIE "cookie=0x"
#define PACKETS "n_packets="
/* The dump that is under way may have passed a flow already: the next one has not. */
#define DUMPS 2

/* The cookie of the flow that stands before @end, 0 if it has none. */
static uint64_t cookie_in(const char *flow, const char *end)
{
	const char *at = strstr(flow, COOKIE);

	return at && at < end ? strtoull(at + strlen(COOKIE), NULL, 16) : 0;
}

static uint64_t packets_in(const char *flow, const char *end)
{
	const char *at = strstr(flow, PACKETS);

	return at && at < end ? strtoull(at + strlen(PACKETS), NULL, 10) : 0;
}

/* Return: how many flows have a cookie that @ours tells; their packets are added up. */
static unsigned int flows_with(const char *flows, bool ours, uint64_t *ret_packets)
{
	unsigned int n = 0;

	for (const char *line = flows, *end; *line; line = *end ? end + 1 : end) {
		uint64_t cookie;

		end = line + strcspn(line, "\n");
		cookie = cookie_in(line, end);
		if (!cookie || (cookie == OVS_TOUCH_COOKIE) != ours)
			continue;
		*ret_packets += packets_in(line, end);
		n++;
	}
	return n;
}

bool ovs_has_cookies(const char *flows)
{
	return flows_with(flows, false, &(uint64_t){ 0 });
}

bool ovs_touched(const char *flows)
{
	return flows_with(flows, true, &(uint64_t){ 0 });
}

uint64_t ovs_cookie_sum(const char *flows)
{
	uint64_t packets = 0;

	flows_with(flows, false, &packets);
	return packets;
}

int ovs_cookie_packets(const struct job *job, const struct lab *lab, uint64_t *ret, struct err *err)
{
	static const char *const wait[] = { "ovs-appctl", "-T", "5", "revalidator/wait", NULL };
	static const char *const dump[] = { "ovs-ofctl", "dump-flows", OVS_BRIDGE, NULL };
	_cleanup_free_ char *flows = NULL;
	int rc = 0;

	for (int i = 0; i < DUMPS && rc == 0; i++)
		rc = ovs_tool(job, lab, NULL, NULL, wait);
	if (rc == -EINTR || rc == -ETIMEDOUT)
		return wait_failed(err, rc, "the switch's flow counters");
	rc = ovs_tool(job, lab, &flows, err, dump);
	if (rc == 0)
		*ret = ovs_cookie_sum(flows);
	return rc;
}

/* 0x88b5 is for local experiments: IEEE 802, section 9.2.3. Nobody here sends it. */
int ovs_touch(const struct job *job, const struct lab *lab, bool there, struct err *err)
{
	char text[96];

	snprintf(text, sizeof(text), there ? COOKIE "%" PRIx64 ",priority=1,dl_type=0x88b5,actions=drop" :
		 COOKIE "%" PRIx64 "/-1", OVS_TOUCH_COOKIE);
	return ovs_tool(job, lab, NULL, err,
			(const char *const[]){ "ovs-ofctl", there ? "add-flow" : "del-flows", OVS_BRIDGE,
					       text, NULL });
}
