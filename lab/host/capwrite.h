/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capwrite.h - what tcpdump writes into a pipe, as a file that says where it is from
 *
 * tcpdump knows classic pcap alone, which has no room for a comment. Its packets are
 * made pcapng as they come, and appended in whole blocks: whatever ends us, the file
 * is one that others read.
 */
#ifndef OVSLAB_HOST_CAPWRITE_H
#define OVSLAB_HOST_CAPWRITE_H

#include <stdint.h>

#include "core/err.h"
#include "core/pcapng.h"

struct capwrite;

/**
 * capwrite_open() - begin a file; one that is there is replaced
 * @section:	what it says of itself; NULL: stays classic pcap, as it comes
 * @interface:	texts only; link type and snapshot length are tcpdump's
 * @ret:	release with capwrite_close(), which accepts NULL
 *
 * Texts must live as long as the writer.
 *
 * Return: 0, or -errno (STATUS_USAGE: it cannot be written there).
 */
int capwrite_open(const char *path, const struct pcapng_section *section,
		  const struct pcapng_interface *interface, struct capwrite **ret,
		  struct err *err);

/**
 * capwrite_pump() - take what is in a pipe
 * @fd:		non-blocking
 *
 * Return: 1 if more may come, 0 at its end, -errno if the file cannot be written
 * (-ENOSPC ...) or what came is no capture (-EBADMSG). The file then keeps what was whole.
 */
int capwrite_pump(struct capwrite *w, int fd);

/** capwrite_packets() - packets in the file */
uint64_t capwrite_packets(const struct capwrite *w);

/**
 * capwrite_close() - end the file
 * @dropped:	packets that the kernel could not hand over: noted in the file
 *
 * Return: 0, or -errno.
 */
int capwrite_close(struct capwrite *w, uint64_t dropped);

#endif
