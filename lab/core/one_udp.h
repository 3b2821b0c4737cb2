/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_udp.h - UDP packets of a flow at one point, ranked by their IP IDs
 *
 * Private to the one-point analysis.
 */
#ifndef OVSLAB_CORE_ONE_UDP_H
#define OVSLAB_CORE_ONE_UDP_H

#include "core/one_flow.h"

/** one_udp() - the next packet of @h, which has begun */
int one_udp(struct one *o, struct one_conn *c, struct one_half *h, const struct frame *f);

#endif
