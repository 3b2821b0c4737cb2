/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_bytes.h - what io.h does by loads and stores alone: at XDP and in memory
 *
 * For sums that are complete. Who includes it has io_load() and io_store().
 */
#ifndef OVSLAB_BPF_IO_BYTES_H
#define OVSLAB_BPF_IO_BYTES_H

PKT_FN int io_store_bare(struct io *io, __u32 off, const void *from, __u32 size)
{
	return io_store(io, off, from, size);
}

/* The outermost tag of those in the frame. */
PKT_FN int io_bytes_vlan(const struct io *io, __u16 *tci)
{
	struct { __be16 type, tci; } tag;

	*tci = 0;
	if (io_load(io, 12, &tag, sizeof(tag)))
		return -1;
	if (pkt_is_vlan(tag.type))
		*tci = bpf_ntohs(tag.tci) | 0x1000;
	return 0;
}

PKT_FN int io_sum_l3(struct io *io, __u32 l3_off, __be16 before, __be16 after)
{
	__u16 check;

	if (io_load(io, l3_off + 10, &check, sizeof(check)))
		return -1;
	check = sum_update(check, before, after);
	return io_store(io, l3_off + 10, &check, sizeof(check));
}

PKT_FN int io_bytes_sum_l4(struct io *io, const struct pkt *p, __be32 before, __be32 after,
			   __u32 size)
{
	__u32 at = sum_at(p);
	__u16 check;

	if (!at)
		return 0;
	if (io_load(io, at, &check, sizeof(check)))
		return -1;
	if (p->proto == IPPROTO_UDP && !check)
		return 0;
	check = size == 4 ? sum_update4(check, before, after) :
			    sum_update(check, before, after);
	if (p->proto == IPPROTO_UDP && !check)
		check = SUM_MANGLED_0;
	return io_store(io, at, &check, sizeof(check));
}

PKT_FN int io_sum_spoil(struct io *io, const struct pkt *p)
{
	__u32 at = sum_at(p);
	__u16 check;

	if (!at || io_load(io, at, &check, sizeof(check)))
		return -1;
	if (!check && p->proto == IPPROTO_UDP)
		return -1;
	check = sum_spoiled(check);
	return io_store(io, at, &check, sizeof(check));
}

#endif
