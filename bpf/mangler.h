/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangler.h - the maps and knobs that every mangler has (BPF only)
 */
#ifndef OVSLAB_BPF_MANGLER_H
#define OVSLAB_BPF_MANGLER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "choose.h"
#include "knobs.h"

const volatile struct knobs knobs = { .magic = KNOBS_MAGIC, .ratio = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

__u64 drawn;			/* how many packets took part in the draw */

PKT_FN struct counters *mangler_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* The next random number: one for each packet that takes part. */
PKT_FN __u64 mangler_draw(void)
{
	return choose_random(knobs.seed, __sync_fetch_and_add(&drawn, 1));
}

#endif
