/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow_json.h - a flow's two ends as members of a JSON object, and back
 */
#ifndef OVSLAB_REPORT_FLOW_JSON_H
#define OVSLAB_REPORT_FLOW_JSON_H

#include <jansson.h>

#include "core/observe.h"

/** flow_json_put() - source, source_port, destination, destination_port; 0, or -ENOMEM */
int flow_json_put(json_t *obj, const struct obs_key *key);

/**
 * flow_json_get() - read them
 * @ret:	addresses, ports and family; what follows IPv4's four bytes stays
 *
 * Return: 0, or -EBADMSG: no two addresses of one family, or no ports.
 */
int flow_json_get(const json_t *obj, struct obs_key *ret);

#endif
