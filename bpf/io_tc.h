/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_tc.h - io.h for tc
 *
 * Checksums: an skb says how far its sum is. PARTIAL: the device (or whoever sends the
 * skb on) will add up what is there then, the field has the pseudo header's sum only.
 * UNNECESSARY: who received it believes that it is right, without looking. COMPLETE: the
 * device has added up all bytes, in skb->csum. None of these may be left in disagreement
 * with an edit, or a wrong packet is taken for a right one, or the other way round.
 * A PARTIAL skb at ingress comes from this machine, and is believed too; that nothing
 * here can change, so what makes sums wrong is not for ingress with offloads.
 */
#ifndef OVSLAB_BPF_IO_TC_H
#define OVSLAB_BPF_IO_TC_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/*
 * skb->tc_index of a copy on its way back to us: no classifier and no qdisc of today's
 * kernels reads or writes it, and a copy loses it as soon as it is here again. The mark,
 * which firewalls and routing use, stays as it is.
 */
#define IO_CLONE_INDEX 0x6f76

struct io {
	struct __sk_buff *skb;
	__u32 device;			/* struct stages: ifindex */
	__u32 ingress;			/* not 0: this is the ingress hook */
};

#define io_loop(n, step, arg) bpf_loop(n, step, arg, 0)

PKT_FN __u32 io_len(const struct io *io)
{
	return io->skb->len;
}

/* A call is dear, and most of what is asked for is in the linear part. */
PKT_FN int io_load(const struct io *io, __u32 off, void *to, __u32 size)
{
	const __u8 *at = (void *)(long)io->skb->data, *end = (void *)(long)io->skb->data_end;
	__u64 bounded = off;

	asm volatile("" : "+r"(bounded));
	if (bounded > IO_OFF_MAX || at + bounded + size > end)
		return bpf_skb_load_bytes(io->skb, off, to, size);
	__builtin_memcpy(to, at + bounded, size);
	return 0;
}

PKT_FN int io_store(struct io *io, __u32 off, const void *from, __u32 size)
{
	return bpf_skb_store_bytes(io->skb, off, from, size, 0);
}

PKT_FN int io_store_bare(struct io *io, __u32 off, const void *from, __u32 size)
{
	return bpf_skb_store_bytes(io->skb, off, from, size, BPF_F_RECOMPUTE_CSUM);
}

/* The outermost tag is beside the frame where a device or a driver took it out. */
PKT_FN int io_vlan(const struct io *io, __u16 *tci)
{
	struct { __be16 type, tci; } tag;

	*tci = 0;
	if (io->skb->vlan_present) {
		*tci = io->skb->vlan_tci | 0x1000;
		return 0;
	}
	if (bpf_skb_load_bytes(io->skb, 12, &tag, sizeof(tag)))
		return -1;
	if (pkt_is_vlan(tag.type))
		*tci = bpf_ntohs(tag.tci) | 0x1000;
	return 0;
}

PKT_FN int io_sum_l3(struct io *io, __u32 l3_off, __be16 before, __be16 after)
{
	return bpf_l3_csum_replace(io->skb, l3_off + 10, before, after, sizeof(after));
}

PKT_FN __u64 io_sum_flags(const struct pkt *p)
{
	return p->proto == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
}

PKT_FN int io_sum_l4(struct io *io, const struct pkt *p, __be32 before, __be32 after,
		     __u32 size)
{
	__u32 at = sum_at(p);

	if (!at)
		return 0;
	return bpf_l4_csum_replace(io->skb, at, before, after, size | io_sum_flags(p));
}

/* Only now does who receives it look: see above. */
PKT_FN void io_sum_doubt(struct io *io)
{
	bpf_csum_level(io->skb, BPF_CSUM_LEVEL_RESET);
}

/*
 * A complete sum follows and comes back; a partial one, and skb->csum, only the second
 * call changes: the first so that the edit cancels out, the other so that it shows.
 */
PKT_FN int io_sum_hide(struct io *io, const struct pkt *p, __be16 before, __be16 after)
{
	__u64 flags = io_sum_flags(p) | sizeof(after);
	__u32 at = sum_at(p);
	int rc;

	if (io->skb->gso_size)
		return -1;
	io_sum_doubt(io);
	if (!at) {
		bpf_csum_update(io->skb, after + (__u32)(__u16)~before);
		return 0;
	}
	rc = bpf_l4_csum_replace(io->skb, at, before, after, flags);
	if (rc)
		return rc;
	return bpf_l4_csum_replace(io->skb, at, after, before, flags | BPF_F_PSEUDO_HDR);
}

PKT_FN int io_sum_spoil(struct io *io, const struct pkt *p)
{
	__u32 at = sum_at(p);
	__u16 check;
	int rc;

	if (!at)
		return -1;
	rc = bpf_skb_load_bytes(io->skb, at, &check, sizeof(check));
	if (rc)
		return rc;
	if (!check && p->proto == IPPROTO_UDP)
		return -1;
	check = sum_spoiled(check);
	io_sum_doubt(io);
	return io_store_bare(io, at, &check, sizeof(check));
}

/* The kernel would make one big packet of a GSO frame. */
PKT_FN int io_trim(struct io *io, __u32 len)
{
	if (io->skb->gso_size)
		return -1;
	return bpf_skb_change_tail(io->skb, len, 0);
}

PKT_FN int io_vlan_push(struct io *io, __u16 tci)
{
	return bpf_skb_vlan_push(io->skb, bpf_htons(ETH_P_8021Q), tci & 0xefff);
}

/* Without a tag the kernel says that it did what it had to do. */
PKT_FN int io_vlan_pop(struct io *io)
{
	__u16 tci;

	if (io_vlan(io, &tci) || !tci)
		return -1;
	return bpf_skb_vlan_pop(io->skb);
}

/**
 * io_clone() - put a copy on the way: out, or in again
 *
 * The copy enters this hook from the start: at egress while the call is under way, at
 * ingress after the packet itself, from the queue of a CPU. io_is_clone() knows it.
 */
PKT_FN int io_clone(struct io *io)
{
	__u32 index = io->skb->tc_index;
	int rc;

	io->skb->tc_index = IO_CLONE_INDEX;
	rc = bpf_clone_redirect(io->skb, io->device, io->ingress ? BPF_F_INGRESS : 0);
	io->skb->tc_index = index;
	return rc ? -1 : 0;		/* above 0: a queue dropped it */
}

PKT_FN int io_is_clone(struct io *io)
{
	if (io->skb->tc_index != IO_CLONE_INDEX)
		return 0;
	io->skb->tc_index = 0;
	return 1;
}

PKT_FN __u64 io_now(const struct io *io)
{
	return bpf_ktime_get_ns();
}

PKT_FN __u64 io_when(const struct io *io)
{
	__u64 when = io->skb->tstamp, now = io_now(io);

	return when > now ? when : now;
}

PKT_FN void io_until(struct io *io, __u64 ns)
{
	if (io->skb->tstamp < ns)
		io->skb->tstamp = ns;
}

#endif
