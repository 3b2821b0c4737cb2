// SPDX-License-Identifier: GPL-2.0
/*
 * probe.bpf.c - tc: watch the TCP data that enters and leaves the switch
 *
 * Observes only. A flow record is updated under its spin lock, so that the
 * arrival index is exact on any number of CPUs; the event is sent after that,
 * and user space sorts by index. Bare ACKs, fragments and everything that is not
 * TCP are not recorded.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "flow.h"
#include "skb.h"

struct record {
	struct bpf_spin_lock lock;
	__u32 pad;
	struct flow_state state;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FLOW_MAX);
	__type(key, struct flow_key);
	__type(value, struct record);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FLOW_RING_BYTES);
} events SEC(".maps");

struct flow_losses losses;
__u32 last_id;

static int read_key(struct __sk_buff *skb, const struct pkt *p,
		    struct flow_key *key)
{
	key->sport = p->sport;
	key->dport = p->dport;
	key->proto = p->proto;
	key->family = p->family;
	if (p->family == 4)
		return bpf_skb_load_bytes(skb, p->l3_off + 12, key->saddr, 4) ?:
		       bpf_skb_load_bytes(skb, p->l3_off + 16, key->daddr, 4);
	return bpf_skb_load_bytes(skb, p->l3_off + 8, key->saddr, 16) ?:
	       bpf_skb_load_bytes(skb, p->l3_off + 24, key->daddr, 16);
}

static struct record *new_record(const struct flow_key *key)
{
	struct record fresh = { 0 };

	fresh.state.id = __sync_fetch_and_add(&last_id, 1) + 1;
	bpf_map_update_elem(&flows, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&flows, key);
}

static void emit(const struct flow_event *event)
{
	if (bpf_ringbuf_output(&events, (void *)event, sizeof(*event), 0))
		__sync_fetch_and_add(&losses.events, 1);
}

static void push(struct record *r, const struct flow_packet *packet, __u8 point)
{
	struct flow_event event = { .point = point };
	int opens;

	bpf_spin_lock(&r->lock);
	opens = flow_push(&r->state, packet, &event);
	event.flow = r->state.id;
	bpf_spin_unlock(&r->lock);
	if (opens)
		emit(&event);
}

PKT_FN int observe(struct __sk_buff *skb, __u8 point)
{
	struct flow_key key = { .point = point };
	struct flow_packet packet = { 0 };
	struct pkt p = { 0 };
	struct record *r;

	if (skb_parse(skb, &p) != PKT_OK || !pkt_is_tcp(&p) || p.fragment ||
	    !p.payload || read_key(skb, &p, &key))
		return TC_ACT_UNSPEC;
	r = bpf_map_lookup_elem(&flows, &key) ?: new_record(&key);
	if (!r) {
		__sync_fetch_and_add(&losses.saturated, 1);
		return TC_ACT_UNSPEC;
	}
	packet.time_ns = bpf_ktime_get_ns();
	packet.seq = p.seq + !!(p.tcp_flags & PKT_SYN);	/* TCP Fast Open */
	packet.len = p.payload;
	packet.gso_size = skb->gso_size;
	packet.ip_id = p.ip_id;
	packet.psh = !!(p.tcp_flags & PKT_PSH);
	push(r, &packet, point);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int ovslab_in(struct __sk_buff *skb)
{
	return observe(skb, FLOW_IN);
}

SEC("tc")
int ovslab_out(struct __sk_buff *skb)
{
	return observe(skb, FLOW_OUT);
}

char LICENSE[] SEC("license") = "GPL";
