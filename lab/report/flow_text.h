/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow_text.h - a flow's addresses, ports and protocol as people write them
 */
#ifndef OVSLAB_REPORT_FLOW_TEXT_H
#define OVSLAB_REPORT_FLOW_TEXT_H

#include "core/observe.h"

struct flow_text {
	char s[112];			/* two IPv6 addresses with ports */
};

/** flow_address() - one address of a key; NULL if the key has none (bare ranks) */
const char *flow_address(struct flow_text *buf, const struct obs_key *key, const uint8_t *addr);

/** flow_text() - "198.18.0.1:40000 > [2001:db8::2]:9000"; "-" if the key has none */
const char *flow_text(struct flow_text *buf, const struct obs_key *key);

/** flow_protocol() - "tcp", "udp", the number of another; NULL if the key has none */
const char *flow_protocol(struct flow_text *buf, const struct obs_key *key);

#endif
