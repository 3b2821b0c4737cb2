/* SPDX-License-Identifier: GPL-2.0 */
/*
 * choose.h - which packets: random, but the same for the same seed
 */
#ifndef OVSLAB_BPF_CHOOSE_H
#define OVSLAB_BPF_CHOOSE_H

#include <linux/types.h>

#include "pkt.h"

/** choose_mix() - the finaliser of splitmix64: every input bit reaches all */
PKT_FN __u64 choose_mix(__u64 x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/** choose_random() - number @n of the sequence that belongs to @seed */
PKT_FN __u64 choose_random(__u64 seed, __u64 n)
{
	return choose_mix(choose_mix(seed) + n);
}

/**
 * choose_next() - the next number of a generator: splitmix64
 * @state:	its own, which advances
 */
PKT_FN __u64 choose_next(__u64 *state)
{
	__u64 at = *state;

	*state = at + 0x9e3779b97f4a7c15;
	return choose_mix(at);
}

/**
 * choose_one_of() - true for one in @ratio random numbers
 *
 * @ratio fits in 32 bits, so the product fits in 64.
 */
PKT_FN int choose_one_of(__u64 random, __u32 ratio)
{
	return ((random >> 32) * ratio) >> 32 == 0;
}

#endif
