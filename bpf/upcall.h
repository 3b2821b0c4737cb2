/* SPDX-License-Identifier: GPL-2.0 */
/*
 * upcall.h - what is noted of packets that the kernel's datapath hands to vswitchd
 */
#ifndef OVSLAB_BPF_UPCALL_H
#define OVSLAB_BPF_UPCALL_H

#include <linux/types.h>

#define UPCALLS_MAX	65536		/* notes; later upcalls are only counted */
#define UPCALLS_USERS	5		/* who note at the same time, each for himself */
#define UPCALLS_PAGE	8192		/* notes of one answer of the guest's helper: 0.7 MB */

/* A TCP or UDP packet with payload. With GSO or GRO it is one, of many segments. */
struct upcall_note {
	__u64 number;			/* from 1, in the order of their coming; 0: being written */
	__u8 saddr[16], daddr[16];	/* IPv4: the first 4 bytes */
	__u16 sport, dport;		/* host order */
	__u32 seq, len;			/* payload bytes, a SYN's too; seq 0 of UDP */
	__u8 family, proto;		/* 4 or 6; of layer 4 */
	__u8 cmd;			/* OVS_PACKET_CMD_MISS 1, _ACTION 2; 0: not known */
	__u8 pad;
	__u16 ip_id;			/* 0 of IPv6 */
	__u8 pad2[6];
};

_Static_assert(sizeof(struct upcall_note) == 64, "layout shared with user space");

#endif
