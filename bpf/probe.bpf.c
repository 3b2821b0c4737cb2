// SPDX-License-Identifier: GPL-2.0
/*
 * probe.bpf.c - tc: watch the TCP data that enters and leaves the switch
 *
 * Observes only. Bare ACKs, fragments and everything that is not TCP are not
 * recorded; of a SYN only that it takes known ports into use again.
 *
 * Theory of operation. A flow record is updated under a lock, so that the arrival
 * index is exact on any number of CPUs; the event is sent after that, and user
 * space sorts by index. The lock is a word that is swapped: an LRU map takes no
 * values with a bpf_spin_lock, and that one costs three times as much, because it
 * disables interrupts. Here nothing can come between on the same CPU: at tc,
 * softirqs are off, and interrupt handlers run no such program. Who waits for too
 * long (the holder's virtual CPU was taken away) gives up; the packet then has no
 * record, which is counted.
 *
 * When there are more flows than records, the oldest record is given away. Its
 * closing figures are lost then, its events are not. Nothing tells a program
 * that this happened, so user space compares: lives that were opened, against
 * records that are there and closings that came. Until that comparison, a record
 * that is given away while another CPU updates it may get that update: what is
 * counted per flow is not exact once a record was given away, and what is counted
 * per CPU is exact always.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "flow.h"
#include "skb.h"

#define LOCK_ATTEMPTS	(1 << 20)

const volatile struct flow_knobs knobs;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOW_MAX);	/* user space adds FLOW_CPU_SPARE per CPU */
	__type(key, struct flow_key);
	__type(value, struct flow_record);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);		/* by enum flow_point */
	__type(key, __u32);
	__type(value, struct flow_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FLOW_RING_BYTES);
} events SEC(".maps");

__u32 last_id;

/* The parser has found the whole IP header below data_end. */
PKT_FN int read_key(struct __sk_buff *skb, const struct pkt *p, struct flow_key *key)
{
	const __u8 *end = (void *)(long)skb->data_end;
	const __u8 *ip = (void *)(long)skb->data;

	if (p->l3_off > PKT_L3_MAX)
		return -1;
	ip += p->l3_off;
	key->sport = p->sport;
	key->dport = p->dport;
	key->proto = p->proto;
	key->family = p->family;
	if (p->family == 4) {
		if (ip + sizeof(struct iphdr) > end)
			return -1;
		__builtin_memcpy(key->saddr, ip + 12, 4);
		__builtin_memcpy(key->daddr, ip + 16, 4);
		return 0;
	}
	if (ip + sizeof(struct ipv6hdr) > end)
		return -1;
	__builtin_memcpy(key->saddr, ip + 8, 16);
	__builtin_memcpy(key->daddr, ip + 24, 16);
	return 0;
}

PKT_FN int try_lock(struct flow_record *r)
{
	return !__sync_val_compare_and_swap(&r->lock, 0, 1);
}

struct waiting {
	struct flow_record *r;
	int got;
};

static long wait_once(__u32 attempt, struct waiting *w)
{
	w->got = try_lock(w->r);
	return w->got;
}

/* Return: whether the record is ours now; not, after some 10 ms of waiting. */
PKT_FN int lock(struct flow_record *r)
{
	struct waiting w = { .r = r };

	if (try_lock(r))
		return 1;
	bpf_loop(LOCK_ATTEMPTS, wait_once, &w, 0);
	return w.got;
}

PKT_FN void unlock(struct flow_record *r)
{
	__sync_lock_test_and_set(&r->lock, 0);
}

static __u32 new_id(void)
{
	return __sync_fetch_and_add(&last_id, 1) + 1;
}

static __attribute__((noinline)) struct flow_record *new_record(const struct flow_key *key)
{
	struct flow_record fresh = { .state.id = new_id() };

	bpf_map_update_elem(&flows, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&flows, key);
}

PKT_FN void emit(struct flow_totals *t, void *record, __u32 size)
{
	if (bpf_ringbuf_output(&events, record, size, 0))
		t->dropped++;
	else
		t->events++;
}

static __attribute__((noinline)) int emit_opening(struct flow_totals *t,
						  const struct flow_event *event,
						  const struct flow_key *key)
{
	struct flow_opening opening = { .event = *event, .key = *key };

	t->lives++;
	emit(t, &opening, sizeof(opening));
	return 0;
}

/*
 * The clock is read for events only: it would take a third of the time.
 *
 * Return: whether the packet is in the record @r.
 */
PKT_FN int push(const struct flow_key *key, struct flow_record *r,
		struct flow_packet *packet, struct flow_totals *t)
{
	int opens, each_psh = key->point == FLOW_IN && knobs.each_psh;
	struct flow_event event = { .point = key->point };

	if (!lock(r))
		return 0;
	opens = flow_opens_run(&r->state, packet, each_psh);
	if (opens) {
		packet->time_ns = bpf_ktime_get_ns();
		flow_open(&r->state, packet, &event);
		event.flow = r->state.id;
	}
	t->late += flow_add(&r->state, packet);
	unlock(r);
	if (opens && !event.index)
		emit_opening(t, &event, key);
	else if (opens)
		emit(t, &event, sizeof(event));
	return 1;
}

/* What is known of a flow with these ports ends here. */
static __attribute__((noinline)) int begin(const struct flow_key *key, __u32 start,
					   struct flow_totals *t)
{
	struct flow_record *r = bpf_map_lookup_elem(&flows, key);
	struct flow_closing closing = { .key = *key };
	int anew;

	if (!r || !lock(r))
		return 0;
	closing.state = r->state;
	closing.state.last_ns = bpf_ktime_get_ns();
	anew = flow_begin(&r->state, new_id(), start);
	unlock(r);
	if (anew && closing.state.packets && bpf_ringbuf_output(&events, &closing,
								sizeof(closing), 0))
		t->dropped++;
	return 0;
}

PKT_FN void count(struct flow_totals *t, const struct flow_packet *packet)
{
	t->packets++;
	t->wire_packets += flow_wire_packets(packet->len, packet->gso_size);
	t->bytes += packet->len;
	t->psh += packet->psh;
}

PKT_FN int observe(struct __sk_buff *skb, __u8 point)
{
	struct flow_key key = { .point = point };
	struct flow_packet packet = { 0 };
	struct flow_totals *t;
	struct flow_record *r;
	struct pkt p = { 0 };
	__u32 at = point;
	int syn;

	if (skb_parse(skb, &p) != PKT_OK || !pkt_is_tcp(&p) || p.fragment)
		return TC_ACT_UNSPEC;
	syn = !!(p.tcp_flags & PKT_SYN);
	t = bpf_map_lookup_elem(&totals, &at);
	if (!t || (!p.payload && !syn) || read_key(skb, &p, &key))
		return TC_ACT_UNSPEC;
	packet.seq = p.seq + syn;	/* TCP Fast Open: a SYN with data */
	if (syn)
		begin(&key, packet.seq, t);
	if (!p.payload)
		return TC_ACT_UNSPEC;
	packet.len = p.payload;
	packet.gso_size = skb->gso_size;
	packet.ip_id = p.ip_id;
	packet.psh = !!(p.tcp_flags & PKT_PSH);
	count(t, &packet);
	r = bpf_map_lookup_elem(&flows, &key) ?: new_record(&key);
	if (!r || !push(&key, r, &packet, t))
		t->unrecorded++;
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

/*
 * For two devices, at ingress of one and at egress of the other: the second hook finds
 * the program in the CPU's caches, which big packets have swept meanwhile.
 */
SEC("tc")
int ovslab_both(struct __sk_buff *skb)
{
	return observe(skb, skb->ifindex == knobs.out_ifindex ? FLOW_OUT : FLOW_IN);
}

char LICENSE[] SEC("license") = "GPL";
