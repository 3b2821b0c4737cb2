#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# inject-user.sh - programs of the user's own at every place, and netem
#
# limit: 400

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
lab=$tag-user
export OVSLAB_LAB=$lab
psh_c=bpf/examples/tcp_psh.c ttl_c=bpf/examples/rand_ttl.c

# programs: "PLACE FUNCTION MODE" of each, sorted
programs() {
	run inject show --json >/dev/null
	q '.programs[] | "\(.place) \(.function) \(.mode)"' | sort
}

# ttls_of NODE PEER: how many different TTLs 20 replies have
ttls_of() {
	run exec "$1" -- ping -c 20 -i 0.05 "$2" >/dev/null
	grep -o 'ttl=[0-9]*' "$work/out" | sort -u | wc -l
}

# random_at PLACE FROM TO: while rand_ttl is there, and only then, TTLs differ
random_at() {
	works "rand_ttl at $1" inject bpf "$ttl_c" --at "$1"
	says "... in a mode of XDP" '\((native|generic)\)$' "$work/out"
	between "... TTLs of 20 replies that $2 gets" 5 "$(ttls_of "$2" "$3")" 20
	works "clear" inject clear bpf --at "$1" --json
	is "... removes it" 1 "$(q .cleared)"
	is "... and TTLs are one" 1 "$(ttls_of "$2" "$3")"
}

test_ttl_places() {
	random_at tap-vm2:xdp vm1 vm2
	random_at vm1:xdp vm1 vm2
	works "macros" inject bpf "$ttl_c" --at vm1:xdp -D MIN_TTL=7 --define MAX_TTL=7
	works "ping" exec vm1 -- ping -c 3 -i 0.05 vm2
	is "... set the range" 3 "$(grep -c 'ttl=7 ' "$work/out")"
	works "clear" inject clear bpf
	# replies that vm1 sends, and what vm2 gets of them
	random_at tap-vm1:xdp vm2 vm1
}

# A program for tc that needs no TCP: it counts in the packet itself, TTL 99.
test_tc_places() {
	cat >"$work/mark.c" <<'END'
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "bpf/skb.h"

SEC("action")
int mark(struct __sk_buff *skb)
{
	__u16 before, after;
	struct pkt p = { 0 };
	__u32 at;

	if (skb_parse(skb, &p) != PKT_OK || p.family != 4 || p.l3_off > 22)
		return TC_ACT_UNSPEC;
	at = p.l3_off + 8;
	if (bpf_skb_load_bytes(skb, at, &before, 2))
		return TC_ACT_UNSPEC;
	after = (before & bpf_htons(0xff)) | bpf_htons(VALUE << 8);
	bpf_l3_csum_replace(skb, p.l3_off + 10, before, after, 2);
	bpf_skb_store_bytes(skb, at, &after, 2, 0);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
END
	local place

	for place in vm2:egress tap-vm1:egress vm1:ingress; do
		works "an old section at $place" inject bpf "$work/mark.c" --at "$place" -D VALUE=99
		works "ping" exec vm1 -- ping -c 3 -i 0.05 vm2
		is "... is seen in replies" 3 "$(grep -c 'ttl=99 ' "$work/out")"
		works "again" inject bpf "$work/mark.c" --at "$place" -D VALUE=98
		works "ping" exec vm1 -- ping -c 3 -i 0.05 vm2
		is "... replaces" 3 "$(grep -c 'ttl=98 ' "$work/out")"
		is "... and is the only one" "$place mark tc" "$(programs)"
		works "clear" inject clear bpf
		is "... one TTL again" 1 "$(ttls_of vm1 vm2)"
	done
}

# One that ends the hook does not hide packets from the probe behind the switch.
test_ends_hook() {
	sed 's/TC_ACT_UNSPEC/TC_ACT_OK/' "$psh_c" >"$work/ends.c"
	works "a program that ends the hook" inject bpf "$work/ends.c" --at tap-vm2:egress
	works "measure" measure --json --connections 4
	check "... sees the packets all the same" jq -e \
		'.reorder | .ingress_packets > 1000 and .egress_packets > 0.9 * .ingress_packets' "$work/out"
	run measure --connections 4
	says "... and it is told of" "tap-vm2:egress: bpf ends.c" "$work/out"
	check "... nothing else is claimed" bash -c "! grep -q 'Nothing was injected' '$work/out'"
	works "clear" inject clear
}

clsact() { # NODE
	run exec "$1" -- tc qdisc show dev eth0 >/dev/null
	grep -c clsact "$work/out"
}

# PSH of 1 in RATIO at vm1's egress, beside a mangler that changes nothing
test_psh() {
	local plain with

	run exec vm1 -- ip link set dev eth0 gso_max_segs 1
	run measure --json --connections 8
	plain=$(q .psh_share.ingress)
	works "tcp_psh" inject bpf "$psh_c" -D RATIO=5 --json
	check "... fits the schema" tests/check-schema inject "$work/out"
	is "... says what it is" "bpf tcp_psh.c -D RATIO=5, vm1:egress, tc" \
		"$(q '.programs[0] | "\(.spec), \(.place), \(.mode)"')"
	works "measure" measure --json --connections 8
	with=$(q .psh_share.ingress)
	between "PSH share rises by 1 in 5" 0.16 "$(awk -v a="$plain" -v b="$with" 'BEGIN { print b - a }')" 0.23
	is "... and the run names it" "vm1:egress: bpf tcp_psh.c -D RATIO=5" "$(q '.also_injected | join(", ")')"
	check "... and fits its schema" tests/check-schema run "$work/out"
	works "another ratio" inject bpf "$psh_c" -D RATIO=2
	works "measure" measure --json --connections 8
	between "... by 1 in 2" 0.42 \
		"$(awk -v a="$plain" -v b="$(q .psh_share.ingress)" 'BEGIN { print b - a }')" 0.5
	run exec vm1 -- sysctl -w kernel.bpf_stats_enabled=1
	works "traffic" exec vm1 -- ping -c 3 -i 0.05 vm2
	works "show" inject show --json
	check "... has how often it ran" jq -e '.programs[0].runs >= 3' "$work/out"
	works "capture" capture tap-vm1 -w "$work/cap" --seconds 1
	check "... names it too" grep -aq "injected: vm1:egress: bpf tcp_psh.c" "$work/cap/tap-vm1.pcap"
	works "clear" inject clear
	is "... and clsact went with it" 0 "$(clsact vm1)"
}

# A mangler and the user's program: both at tc, one of them at XDP.
test_beside_manglers() {
	works "a mangler" inject psh --ratio 7
	works "and a program" inject bpf "$psh_c"
	run inject show --json
	is "are there together" "vm1:egress vm1:egress" "$(q '"\(.injections[0].place) \(.programs[0].place)"')"
	works "clearing programs" inject clear bpf
	run inject show --json
	is "leaves the mangler" "1 0" "$(q '"\(.injections | length) \(.programs | length)"')"
	works "ttl" inject ttl --at tap-vm2:xdp
	refuses 3 "a mangler of ovslab" inject bpf "$ttl_c" --at tap-vm2:xdp
	works "clear all" inject clear
	works "rand_ttl" inject bpf "$ttl_c" --at tap-vm2:xdp
	refuses 3 "rand_ttl" inject ttl --at tap-vm2:xdp
	hints "... with what removes it" "inject clear bpf"
	is "... which stays" "tap-vm2:xdp rand_ttl native" "$(programs | sed 's/generic/native/')"
	works "clear all" inject clear
}

# Somebody else's program at XDP of a tap is named and stays.
test_foreign() {
	clang -O2 -g -target bpf -idirafter "/usr/include/$(uname -m)-linux-gnu" -c "$ttl_c" -o "$work/foreign.o"
	check "a foreign program" in_lab "$lab" ip link set dev tap-vm1 xdpgeneric obj "$work/foreign.o" sec xdp
	refuses 3 "did not put there" inject bpf "$ttl_c" --at tap-vm1:xdp
	is "... is not shown" "" "$(programs)"
	works "clear" inject clear --json
	is "... nor cleared" 0 "$(q .cleared)"
	check "... it stays" bash -c "ip netns exec ovslab-$lab ip link show tap-vm1 | grep -q xdpgeneric"
	in_lab "$lab" ip link set dev tap-vm1 xdpgeneric off
}

test_refusals() {
	printf '%s\n' '#include <linux/bpf.h>' '#include <linux/if_ether.h>' '#include <bpf/bpf_helpers.h>' \
		'SEC("tc") int reckless(struct __sk_buff *skb)' '{' \
		'	struct ethhdr *eth = (void *)(long)skb->data;' '' \
		'	return eth->h_proto == 8;' '}' 'char LICENSE[] SEC("license") = "GPL";' >"$work/bad.c"
	refuses 2 "function reckless: it reads or writes the packet beyond data_end" inject bpf "$work/bad.c"
	hints "... with what to do" "data_end\) return"
	says "... the source line" "^; return eth->h_proto == 8;"
	says "... the instruction" "^[0-9]+: \("
	refuses 2 "function reckless: it reads" inject bpf "$work/bad.c" --at tap-vm1:egress
	is "nothing is attached" "" "$(programs)"
	is "... and no qdisc left" 0 "$(clsact vm1)"
	echo 'int f( {' >"$work/syntax.c"
	refuses 2 "clang refuses .*syntax.c" inject bpf "$work/syntax.c"
	says "... in clang's words" "syntax.c:1:"
	refuses 2 "RATIO must be at least 1" inject bpf "$psh_c" -D RATIO=0
	refuses 2 "has no program for XDP" inject bpf "$psh_c" --at vm1:xdp
	refuses 2 "no section and no function 'nope'" inject bpf "$psh_c" --section nope
	refuses 2 "not NAME or NAME=VALUE" inject bpf "$psh_c" -D 1=2
	refuses 2 "neither C nor an object" inject bpf README.md
	refuses 2 "No such file" inject bpf /nowhere.c
	refuses 2 "reads the tap before tc's ingress hook" inject bpf "$psh_c" --at tap-vm1:ingress
	refuses 2 "no place in lab" inject bpf "$psh_c" --at sw:egress
	refuses 2 "compiled already" inject bpf "$work/foreign.o" -D X=1
	truncate -s 5M "$work/huge.o"
	printf '\177ELF' | dd of="$work/huge.o" conv=notrunc status=none
	refuses 2 "larger than 4 MiB" inject bpf "$work/huge.o"
	refuses 2 "did you mean 'bpf'" inject clear bpff
	is "no object is left in the lab's folder" 0 "$(find "$OVSLAB_RUNDIR/$lab" -name '*.o' | wc -l)"
	run exec vm1 -- sh -c 'ls /run/*.o 2>/dev/null | wc -l'
	is "... nor in the node" 0 "$(out)"
}

# rtt NODE PEER: the median of 9 pings, in ms
rtt() {
	run exec "$1" -- ping -c 9 -i 0.1 "$2" >/dev/null
	sed -n 's/.*time=\([0-9.]*\) ms/\1/p' "$work/out" | sort -n | sed -n 5p
}

root_qdisc() { # NODE
	run exec "$1" -- tc qdisc show dev eth0 >/dev/null
	sed -n 's/^qdisc \([a-z_]*\) \([0-9a-f]*:\) root.*/\1 \2/p' "$work/out"
}

test_netem() {
	local before default

	default=$(root_qdisc vm1)
	before=$(rtt vm1 vm2)
	works "netem" inject netem -- delay 60ms
	says "... as the kernel has it" "^vm1:egress: netem limit 1000 delay 60ms$" "$work/out"
	between "ping takes so much longer" 58 \
		"$(awk -v a="$before" -v b="$(rtt vm1 vm2)" 'BEGIN { print b - a }')" 90
	works "show" inject show --json
	check "... fits the schema" tests/check-schema inject "$work/out"
	check "... with counters" jq -e '.qdiscs[0] | .place == "vm1:egress" and .sent >= 9 and .dropped == 0' "$work/out"
	refuses 2 'vm1:egress: tc refuses that: .*latency' inject netem -- delay 60mss
	refuses 2 'tc refuses that: What is "lose"' inject netem -- lose 1%
	is "... which leaves what was there" "netem 6f76:" "$(root_qdisc vm1)"
	works "a second one" inject netem --json --at vm1:egress -- loss 100%
	run exec vm1 -- ping -c 3 -i 0.05 -W 1 vm2
	says "... replaces" " 100% packet loss" "$work/out"
	works "show" inject show --json
	check "... drops are counted, nothing is left of the delay" jq -e \
		'.qdiscs | length == 1 and .[0].dropped >= 3 and (.[0].spec | contains("delay") | not)' "$work/out"
	refuses 2 "netem cannot work at vm1:xdp" inject netem --at vm1:xdp -- loss 1%
	works "clear" inject clear netem --json
	is "... one" 1 "$(q .cleared)"
	is "... brings the default back" "$default" "$(root_qdisc vm1)"
	works "and the network" exec vm1 -- ping -c 2 -i 0.05 vm2
}

# Somebody's own root qdisc is named and stays.
test_netem_foreign() {
	works "a qdisc of somebody's own" exec vm1 -- tc qdisc add dev eth0 root handle 1: pfifo limit 100
	refuses 3 "root qdisc of eth0 is pfifo 1:" inject netem -- delay 1ms
	works "clear" inject clear netem
	is "... it stays" "pfifo 1:" "$(root_qdisc vm1)"
	works "an fq that holds packets back" exec vm1 -- tc qdisc replace dev eth0 root handle 6f76: fq
	refuses 3 "root qdisc of eth0 is fq 6f76:" inject netem -- delay 1ms
	hints "... is a mangler's" "clear delay"
	works "its end" exec vm1 -- tc qdisc del dev eth0 root
}

# Where this host has no netem, tc's own words; where it has, it works.
test_netem_tap() {
	if ip netns exec "ovslab-$lab" tc qdisc add dev lo root netem delay 1ms 2>/dev/null; then
		ip netns exec "ovslab-$lab" tc qdisc del dev lo root
		works "netem on a tap" inject netem --at tap-vm1:egress -- delay 1ms
		works "clear" inject clear netem
	else
		refuses 4 "the kernel of this host has no netem: " inject netem --at tap-vm1:egress -- delay 1ms
		hints "... what works instead" "vm1:egress"
	fi
}

remember_host
works "up" up --warm "${on_host[@]}"
test_ttl_places
test_tc_places
test_psh
test_ends_hook
test_beside_manglers
test_foreign
test_refusals
test_netem
test_netem_foreign
test_netem_tap
works "with something at each place" inject bpf "$ttl_c" --at tap-vm1:xdp
works "down" down
unchanged "the host is as it was"
finish
