/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pcapng.h - blocks of a pcapng file, made in memory: one section, one interface
 *
 * Of the format (draft-ietf-opsawg-pcapng) only what a capture needs: section header,
 * interface description, enhanced packets, interface statistics; times in nanoseconds,
 * numbers in this machine's byte order. What was appended so far is always a whole
 * file.
 */
#ifndef OVSLAB_CORE_PCAPNG_H
#define OVSLAB_CORE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

/* Texts in UTF-8; those that are NULL or "" are left out, long ones cut. */
struct pcapng_section {
	const char *comment, *os, *program;
};

struct pcapng_interface {
	const char *name, *description, *filter;	/* filter: pcap-filter(7) */
	uint16_t link;			/* LINKTYPE_* */
	uint32_t snaplen;		/* 0 = no limit */
};

struct pcapng_statistics {
	uint64_t time_ns;		/* since the epoch, when they were read */
	uint64_t delivered;		/* packets handed to the capturing program */
	uint64_t dropped;		/* by the operating system */
};

#define PCAPNG_TEXT_MAX 4096		/* bytes of one text */
/* Enough for any block but a packet's. */
#define PCAPNG_BLOCK_MAX (3 * (PCAPNG_TEXT_MAX + 8) + 64)
/* Enough for the packet's. */
#define PCAPNG_PACKET_MAX(captured) ((size_t)(captured) + 40)

/** pcapng_section() - a section header block. Return: its bytes */
size_t pcapng_section(uint8_t *buf, const struct pcapng_section *s);

/** pcapng_interface() - the description of the section's only interface. Return: its bytes */
size_t pcapng_interface(uint8_t *buf, const struct pcapng_interface *i);

/** pcapng_packet() - an enhanced packet block; @r->link is not looked at. Return: its bytes */
size_t pcapng_packet(uint8_t *buf, const struct frame_record *r);

/** pcapng_statistics() - an interface statistics block. Return: its bytes */
size_t pcapng_statistics(uint8_t *buf, const struct pcapng_statistics *s);

#endif
