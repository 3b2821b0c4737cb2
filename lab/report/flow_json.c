// SPDX-License-Identifier: GPL-2.0
/*
 * flow_json.c - a flow's two ends as members of a JSON object, and back
 */
#include "report/flow_json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "report/flow_text.h"
#include "report/json.h"

int flow_json_put(json_t *obj, const struct obs_key *k)
{
	struct flow_text buf;

	return json_add(obj, "source", json_clean(flow_address(&buf, k, k->saddr))) ?:
	       json_add(obj, "source_port", json_integer(k->sport)) ?:
	       json_add(obj, "destination", json_clean(flow_address(&buf, k, k->daddr))) ?:
	       json_add(obj, "destination_port", json_integer(k->dport));
}

static int get_end(const json_t *obj, const char *addr_name, const char *port_name, uint8_t *ret_addr,
		   uint16_t *ret_port, uint8_t *ret_family)
{
	const char *addr = json_string_value(json_object_get(obj, addr_name));
	const json_t *port = json_object_get(obj, port_name);

	if (!addr || !json_is_integer(port) || json_integer_value(port) < 0 ||
	    json_integer_value(port) > UINT16_MAX)
		return -EBADMSG;
	*ret_family = strchr(addr, ':') ? 6 : 4;
	*ret_port = (uint16_t)json_integer_value(port);
	return inet_pton(*ret_family == 4 ? AF_INET : AF_INET6, addr, ret_addr) == 1 ? 0 : -EBADMSG;
}

int flow_json_get(const json_t *obj, struct obs_key *ret)
{
	uint8_t family;

	if (get_end(obj, "source", "source_port", ret->saddr, &ret->sport, &ret->family) ||
	    get_end(obj, "destination", "destination_port", ret->daddr, &ret->dport, &family) ||
	    family != ret->family)
		return -EBADMSG;
	return 0;
}
