/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_xdp.h - io.h for XDP
 *
 * There are no checksum helpers here and no word on who computes a sum: it is taken for
 * complete, and updated. A frame in several buffers is seen as far as the first goes.
 */
#ifndef OVSLAB_BPF_IO_XDP_H
#define OVSLAB_BPF_IO_XDP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct io {
	struct xdp_md *ctx;
};

#define io_loop(n, step, arg) bpf_loop(n, step, arg, 0)

PKT_FN __u32 io_len(const struct io *io)
{
	return io->ctx->data_end - io->ctx->data;
}

/* NULL if it is not all there. The barrier keeps the bound in the register it is of. */
PKT_FN __u8 *io_at(const struct io *io, __u32 off, __u32 size)
{
	__u8 *at = (__u8 *)(long)io->ctx->data, *end = (__u8 *)(long)io->ctx->data_end;
	__u64 bounded = off;

	asm volatile("" : "+r"(bounded));
	if (bounded > IO_OFF_MAX)
		return 0;
	at += bounded;
	return at + size <= end ? at : 0;
}

PKT_FN int io_load(const struct io *io, __u32 off, void *to, __u32 size)
{
	const __u8 *at = io_at(io, off, size);

	if (!at)
		return -1;
	__builtin_memcpy(to, at, size);
	return 0;
}

PKT_FN int io_store(struct io *io, __u32 off, const void *from, __u32 size)
{
	__u8 *at = io_at(io, off, size);

	if (!at)
		return -1;
	__builtin_memcpy(at, from, size);
	return 0;
}

#include "io_bytes.h"

PKT_FN int io_vlan(const struct io *io, __u16 *tci)
{
	return io_bytes_vlan(io, tci);
}

PKT_FN int io_sum_l4(struct io *io, const struct pkt *p, __be32 before, __be32 after,
		     __u32 size)
{
	return io_bytes_sum_l4(io, p, before, after, size);
}

/* It is complete, and stays what it was. */
PKT_FN int io_sum_hide(struct io *io, const struct pkt *p, __be16 before, __be16 after)
{
	return 0;
}

PKT_FN int io_trim(struct io *io, __u32 len)
{
	__u32 now = io_len(io);

	if (len > now)
		return -1;
	return bpf_xdp_adjust_tail(io->ctx, -(int)(now - len));
}

PKT_FN int io_vlan_push(struct io *io, __u16 tci)
{
	struct { __u8 macs[12]; __be16 type, tci; } head;

	if (io_load(io, 0, head.macs, sizeof(head.macs)))
		return -1;
	head.type = bpf_htons(ETH_P_8021Q);
	head.tci = bpf_htons(tci & 0xefff);
	if (bpf_xdp_adjust_head(io->ctx, -4))
		return -1;
	return io_store(io, 0, &head, sizeof(head));
}

PKT_FN int io_vlan_pop(struct io *io)
{
	struct { __u8 macs[12]; __be16 type; } head;

	if (io_load(io, 0, &head, sizeof(head)) || !pkt_is_vlan(head.type))
		return -1;
	if (bpf_xdp_adjust_head(io->ctx, 4))
		return -1;
	return io_store(io, 0, head.macs, sizeof(head.macs));
}

#endif
