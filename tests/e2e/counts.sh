#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# counts.sh - what 'measure' reports, against two tcpdump captures of the same
# run that another program counts
#
# limit: 240

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-cnt

set_flows() { # FLOW...
	local vars

	vars=$("$ovslab" env)
	(
		eval "$vars"
		ovs-ofctl del-flows br0
		for flow; do
			ovs-ofctl add-flow br0 "$flow" || exit 1
		done
	)
}

# one_run DIR: a measured run with both taps captured; false if tcpdump missed some
one_run() {
	begin capture tap-vm1 tap-vm2 -w "$1" -s 96 --json tcp and dst port 9000
	until_true 10 grep -q listening "$work/bg.err"
	works "measure" measure --events --json
	cp "$work/out" "$1.json"
	kill -INT "$pid"
	ended 20
	is "the capture ended well" 0 "$status"
	jq -e '[.files[].dropped] | add == 0' "$work/bg.out" >/dev/null
}

# captured_run DIR: a run whose captures are complete
captured_run() {
	for _ in 1 2 3; do
		one_run "$1" && return
		echo "# tcpdump dropped packets, once more: $(jq -c '[.files[].dropped]' "$work/bg.out")"
	done
	failed "a capture without drops in three tries" "$(out)"
}

figures='[.packets, .flows, .reordered, .flows_reordered, .movers, .retransmitted, .lost, .extent.max]'

agree() { # NAME FILTER-OF-THE-RUN FILTER-OF-THE-COUNT
	is "$1" "$(jq -c "$3" "$work/count")" "$(jq -c "$2" "$work/$case.json")"
}

compare() { # CASE
	case=$1
	captured_run "$work/$case"
	check "every packet that left had entered" bash -c "tests/e2e/count-reordered.py \
		'$work/$case/tap-vm1.pcap' '$work/$case/tap-vm2.pcap' 9000 >'$work/count'"
	echo "# $case, counted from the captures: $(<"$work/count")"
	agree "$case: packets" .reorder.packets .packets
	agree "$case: reordered" .reorder.reordered .reordered
	agree "$case: connections" .reorder.flows .flows
	agree "$case: connections with reordering" .reorder.flows_reordered .flows_reordered
	agree "$case: largest extent" .reorder.extent.max .extent_max
	agree "$case: sent again" .reorder.retransmitted .sent_again
	agree "$case: lost in the switch" .reorder.lost .lost
	agree "$case: PSH at both taps" '.reorder | [.ingress_psh, .egress_psh]' '[.ingress_psh, .egress_psh]'
	agree "$case: movers" .reorder.movers .movers
	for tap in ingress egress; do
		agree "$case: all that crossed the $tap tap" ".events.$tap | [.packets, .bytes, .psh]" \
			"[.${tap}_packets, .${tap}_bytes, .${tap}_psh]"
	done
	agree "$case: late packets in the list, with PSH and without" \
		"[.events.list[] | select(.late)] | [([.[] | select(.psh) | .packets] | add // 0),
			([.[] | select(.psh | not) | .packets] | add // 0)]" \
		'[.late_psh, .reordered - .late_psh]'
	agree "$case: moved packets in the list" \
		'[.events.list[] | select(.moved) | .packets] | add // 0' .movers
	# shellcheck disable=SC2016	# jq's variable
	agree "$case: who moved and who did not" '.attribution.packets |
		(.mangled_moved + .mangled_not_moved) as $mangled | [$mangled,
			.mangled_moved + .others_moved, $mangled + .others_moved + .others_not_moved]' \
		'[.delivered_psh, .movers, .packets]'
	works "analyze" analyze --json --port 9000 --ingress "$work/$case/tap-vm1.pcap" \
		--egress "$work/$case/tap-vm2.pcap"
	is "$case: the live probes and the analysis of the captures agree" \
		"$(jq -c "$figures" "$work/out")" "$(jq -c ".reorder | $figures" "$work/$case.json")"
	is "$case: nothing was dropped or evicted" "[0,0,false,0]" \
		"$(jq -c '.events | [.dropped, .flows_saturated, .saturated, .omitted]' "$work/$case.json")"
	is "$case: the report calls itself exact" true "$(jq .reorder.exact "$work/$case.json")"
}

works "up" up --warm "${on_host[@]}"
is "offloads are off: no packet is merged or split" off \
	"$("$ovslab" inspect --json | jq -r .bench.offloads)"

# one packet of TCP's is one on the wire in all runs, as the mangler sets it for itself
works "gso_max_segs 1" exec vm1 -- ip link set dev eth0 gso_max_segs 1

compare plain
is "plain flows reorder nothing" 0 "$(jq .reorder.reordered "$work/plain.json")"

set_flows 'priority=100,tcp,tcp_flags=+psh,actions=NORMAL' 'priority=0,actions=NORMAL' ||
	failed "flows can be set"
compare natural
between "PSH-sensitive flows reorder some" 1 "$(jq .reorder.reordered "$work/natural.json")" 100000

works "inject psh" inject psh --ratio 10
compare one-of-ten
between "PSH on 1 of 10 reorders several times more" \
	"$(jq '.reorder.reordered * 2' "$work/natural.json")" \
	"$(jq .reorder.reordered "$work/one-of-ten.json")" 1000000
is "PSH packets moved, and not by chance" true \
	"$(jq '.attribution.packets | .p_greater < 1e-6 and .odds_ratio != 0' "$work/one-of-ten.json")"
finish
