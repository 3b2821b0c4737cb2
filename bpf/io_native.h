/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_native.h - io.h on bytes in memory, for unit tests
 *
 * Behaves like tc, partial sums and tags beside the frame included.
 */
#ifndef OVSLAB_BPF_IO_NATIVE_H
#define OVSLAB_BPF_IO_NATIVE_H

#include <string.h>

struct io {
	__u8 *data;
	__u32 len, room;		/* bytes that are used, and that there are */
	__u32 gso_size;
	__u32 clones;			/* how many were sent */
	__u64 now, tstamp;		/* ns */
	__u16 vlan;			/* a tag beside the frame: tci, 0x1000 set */
	__u8 partial;			/* the TCP or UDP sum is the pseudo header's */
	__u8 is_clone;
};

#define io_loop(n, step, arg) \
	({ for (__u32 i_ = 0; i_ < (n) && !(step)(i_, arg); i_++) ; })

PKT_FN __u32 io_len(const struct io *io)
{
	return io->len;
}

PKT_FN int io_holds(const struct io *io, __u32 off, __u32 size)
{
	return off <= IO_OFF_MAX && off + size <= io->len;
}

PKT_FN int io_load(const struct io *io, __u32 off, void *to, __u32 size)
{
	if (!io_holds(io, off, size))
		return -1;
	memcpy(to, io->data + off, size);
	return 0;
}

PKT_FN int io_store(struct io *io, __u32 off, const void *from, __u32 size)
{
	if (!io_holds(io, off, size))
		return -1;
	memcpy(io->data + off, from, size);
	return 0;
}

#include "io_bytes.h"

PKT_FN int io_vlan(const struct io *io, __u16 *tci)
{
	*tci = io->vlan;
	return *tci ? 0 : io_bytes_vlan(io, tci);
}

PKT_FN int io_sum_l4(struct io *io, const struct pkt *p, __be32 before, __be32 after,
		     __u32 size)
{
	return io->partial ? 0 : io_bytes_sum_l4(io, p, before, after, size);
}

/* A partial sum is not complemented: it takes the edit back. */
PKT_FN int io_sum_hide(struct io *io, const struct pkt *p, __be16 before, __be16 after)
{
	__u32 at = sum_at(p);
	__u16 check;

	if (io->gso_size)
		return -1;
	if (!at || !io->partial)
		return 0;
	if (io_load(io, at, &check, sizeof(check)))
		return -1;
	check = ~sum_update(~check, after, before);
	return io_store(io, at, &check, sizeof(check));
}

PKT_FN int io_trim(struct io *io, __u32 len)
{
	if (io->gso_size || len > io->len)
		return -1;
	io->len = len;
	return 0;
}

/* A tag that was beside the frame goes into it: one goes beside it. */
PKT_FN int io_vlan_push(struct io *io, __u16 tci)
{
	struct { __be16 type, tci; } tag = { bpf_htons(ETH_P_8021Q), bpf_htons(io->vlan & 0xefff) };

	if (io->vlan) {
		if (io->len + sizeof(tag) > io->room)
			return -1;
		memmove(io->data + 16, io->data + 12, io->len - 12);
		memcpy(io->data + 12, &tag, sizeof(tag));
		io->len += sizeof(tag);
	}
	io->vlan = (tci & 0xefff) | 0x1000;
	return 0;
}

PKT_FN int io_vlan_pop(struct io *io)
{
	__u16 tci;

	if (io_vlan(io, &tci) || !tci)
		return -1;
	if (io->vlan) {
		io->vlan = 0;
		return 0;
	}
	memmove(io->data + 12, io->data + 16, io->len - 16);
	io->len -= 4;
	return 0;
}

PKT_FN int io_clone(struct io *io)
{
	io->clones++;
	return 0;
}

PKT_FN int io_is_clone(struct io *io)
{
	int is = io->is_clone;

	io->is_clone = 0;
	return is;
}

PKT_FN __u64 io_now(const struct io *io)
{
	return io->now;
}

PKT_FN __u64 io_when(const struct io *io)
{
	return io->tstamp > io->now ? io->tstamp : io->now;
}

PKT_FN void io_until(struct io *io, __u64 ns)
{
	if (io->tstamp < ns)
		io->tstamp = ns;
}

#endif
