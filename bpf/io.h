/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io.h - how a mangler touches a packet: the same calls for tc, XDP and native tests
 *
 * Exactly one of IO_TC, IO_XDP and IO_NATIVE is defined by who includes it. All return
 * 0 or a negative number; a call may move the packet, so nobody keeps pointers into it.
 * Offsets are from the start of the Ethernet header, in bytes; they come from struct pkt
 * and are at most IO_OFF_MAX. Words are as they lie in the frame (big endian), tci is in
 * host order.
 *
 *	io_len(io)				bytes of the frame
 *	io_load(io, off, to, size)		@size is a constant, 1 to 40
 *	io_store(io, off, from, size)		what a checksum of IPv4, TCP or UDP covers
 *	io_store_bare(io, off, from, size)	what none covers: IPv6's own header
 *	io_vlan(io, &tci)			outermost tag, 0x1000 set; 0 if there is none
 *	io_sum_l3(io, l3_off, before, after)	a 16-bit word of the IPv4 header changed
 *	io_sum_l4(io, p, before, after, size)	2 or 4 bytes (a constant) that the TCP or UDP
 *						checksum covers changed: right for complete and
 *						for partial sums (fact: tc's
 *						bpf_l4_csum_replace() leaves partial sums alone;
 *						XDP cannot know, so user space allows such edits
 *						only where sums are complete). UDP's 0 stays 0
 *	io_sum_hide(io, p, before, after)	16 bits will change and the sum must NOT follow,
 *						whichever way it is computed (corrupt); refused
 *						for GSO frames: each segment's would be wrong
 *	io_sum_spoil(io, p)			make the sum wrong, whichever way it is computed;
 *						refused where UDP has none
 *	io_trim(io, len)			cut the frame's end, lengths in headers stay;
 *						refused for GSO frames
 *	io_vlan_push(io, tci) io_vlan_pop(io)	the new outermost tag is 802.1Q
 *	io_loop(n, step, arg)			call step(i, arg) for i below @n, until it returns 1
 *						(bpf_loop: Linux 5.17)
 *	io_clone(io)				tc only: send a copy first; it does not pass us again
 *	io_is_clone(io)				tc only: this is such a copy (ask once, at the entry)
 *	io_now(io)				tc only: CLOCK_MONOTONIC in ns, which fq goes by
 *	io_when(io)				tc egress only: when it is to leave (now, or later)
 *	io_until(io, ns)			tc egress only: it is not to leave before (fq's EDT)
 */
#ifndef OVSLAB_BPF_IO_H
#define OVSLAB_BPF_IO_H

#include "pkt.h"
#include "sum.h"

#define IO_OFF_MAX 0xf000	/* what the verifier follows in a packet is 64 KiB */

#if defined(IO_TC)
#include "io_tc.h"
#elif defined(IO_XDP)
#include "io_xdp.h"
#elif defined(IO_NATIVE)
#include "io_native.h"
#endif

#endif
