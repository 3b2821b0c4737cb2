// SPDX-License-Identifier: GPL-2.0
/*
 * flow_text.c - a flow's addresses, ports and protocol as people write them
 */
#include "report/flow_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

const char *flow_address(struct flow_text *buf, const struct obs_key *key, const uint8_t *addr)
{
	if (!key->family)
		return NULL;
	return inet_ntop(key->family == 6 ? AF_INET6 : AF_INET, addr, buf->s, sizeof(buf->s));
}

const char *flow_text(struct flow_text *buf, const struct obs_key *key)
{
	const char *open = key->family == 6 ? "[" : "", *close = key->family == 6 ? "]" : "";
	struct flow_text from, to;

	if (!key->family)
		snprintf(buf->s, sizeof(buf->s), "-");
	else
		snprintf(buf->s, sizeof(buf->s), "%s%.45s%s:%u > %s%.45s%s:%u", open,
			 flow_address(&from, key, key->saddr), close, key->sport, open,
			 flow_address(&to, key, key->daddr), close, key->dport);
	return buf->s;
}

const char *flow_protocol(struct flow_text *buf, const struct obs_key *key)
{
	if (!key->family)
		return NULL;
	if (key->proto == IPPROTO_TCP)
		return "tcp";
	if (key->proto == IPPROTO_UDP)
		return "udp";
	snprintf(buf->s, sizeof(buf->s), "%u", key->proto);
	return buf->s;
}
