/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tapcap.h - packets of a tap as they pass, in this process
 *
 * For figures that are wanted while traffic runs and the moment it ends; capture.c has
 * tcpdump for what is to be kept. The kernel buffers between two visits.
 */
#ifndef OVSLAB_HOST_TAPCAP_H
#define OVSLAB_HOST_TAPCAP_H

#include <stdint.h>

#include "core/err.h"
#include "core/frame.h"

struct tapcap;

/**
 * tapcap_open() - begin to capture on a tap; from now on nothing is missed
 * @dev:	in the caller's network namespace
 * @filter:	pcap-filter(7)
 * @snaplen:	bytes of each packet
 * @ret:	release with tapcap_close()
 *
 * Return: 0, or -errno with libpcap's words.
 */
int tapcap_open(const char *dev, const char *filter, unsigned int snaplen, struct tapcap **ret,
		struct err *err);

/**
 * tapcap_drain() - hand over what came since the last call, without waiting
 * @frame:	returns < 0 to end it
 *
 * Return: how many there were, or -errno.
 */
int tapcap_drain(struct tapcap *t, int (*frame)(void *arg, const struct frame_record *r),
		 void *arg);

/** tapcap_dropped() - packets that the kernel had no room for */
uint64_t tapcap_dropped(struct tapcap *t);

/** tapcap_close() - end it; NULL is fine */
void tapcap_close(struct tapcap *t);

#endif
