#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# symptom.sh - what the field saw, on the kernel's datapath: the first packet with
# PSH of a connection is overtaken, and its controls. On the counts themselves,
# whatever the demo makes of them.
#
# limit: 1200
# suites: trixie bookworm

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-sym
limit=600

# row NAME FILTER: of that row's run
row() { jq -r --arg n "$1" ".rows[] | select(.name == \$n) | .run | $2" "$work/demo.json"; }

# hit FILE-OR-STDIN: connections reordered, with the first PSH late, upcalls for each
figures='"\(.reorder.flows_reordered) \(.reorder.first_psh.late) \(.switch_counters.missed / .reorder.flows)"'

test_demo() {
	local name

	works "demo" demo --switch vm --warm --json
	cp "$work/out" "$work/demo.json"
	check "... its document" tests/check-schema demo "$work/demo.json"
	is "... reproduced" true "$(q .reproduced)"
	is "... every claim holds" 0 "$(q '[.claims[] | select(.holds | not)] | length')"
	for name in "no tcp_flags" "natural PSH" "psh --ratio 10" "psh --clear"; do
		echo "# $name: connections reordered, first PSH late, upcalls per connection: $(row "$name" "$figures")"
		is "$name: 100 connections, judged exactly, of the kernel's datapath in a VM" "100 true kernel vm" \
			"$(row "$name" '"\(.reorder.flows) \(.reorder.exact) \(.datapath) \(.switch)"')"
		is "$name: no upcall was lost" 0 "$(row "$name" .switch_counters.lost)"
	done
	between "natural PSH: connections reordered" 50 "$(row "natural PSH" .reorder.flows_reordered)" 100
	between "natural PSH: connections whose first PSH was overtaken" 50 "$(row "natural PSH" .reorder.first_psh.late)" 100
	between "psh --ratio 10: connections reordered" 50 "$(row "psh --ratio 10" .reorder.flows_reordered)" 100
	is "no tcp_flags: no connection reordered" "0 0" "$(row "no tcp_flags" '.reorder | "\(.flows_reordered) \(.reordered)"')"
	is "psh --clear: no connection reordered" "0 0" "$(row "psh --clear" '.reorder | "\(.flows_reordered) \(.reordered)"')"
	is "psh --clear: no PSH in the switch" "0 0" "$(row "psh --clear" '.reorder | "\(.ingress_psh) \(.egress_psh)"')"
	between "no tcp_flags: packets with PSH there were" 100 "$(row "no tcp_flags" .reorder.ingress_psh)" 1000000
	check "upcalls: more with natural PSH than with psh --clear, by one for each second connection at least" \
		[ "$(row "natural PSH" .switch_counters.missed)" -ge $(($(row "psh --clear" .switch_counters.missed) + 50)) ]
	unchanged "nothing is left"
}

# What GRO merges on its way out: the live probes and captures of the same run agree.
captured_measure() { # NAME
	local filter='{packets, flows, reordered, flows_reordered, movers, retransmitted, lost, extent: .extent.max}'

	begin capture --both-sides -w "$work/capture" --json tcp and dst port 9000
	until_true 20 grep -q listening "$work/bg.err"
	works "$1: measure" measure --connections 40 --json
	cp "$work/out" "$work/run.json"
	kill -INT "$pid"
	ended 20
	is "$1: the capture ended well" 0 "$status"
	if ! jq -e '[.files[].dropped] | add == 0' "$work/bg.out" >/dev/null; then
		echo "# not compared, tcpdump dropped packets: $(jq -c '[.files[].dropped]' "$work/bg.out")"
		return
	fi
	works "$1: analyze" analyze "$work/capture" --json
	cp "$work/out" "$work/analysis.json"
	check "$1: GRO merged packets" [ "$(jq '.reorder.egress_packets * 10' "$work/run.json")" -lt \
		"$(jq '.reorder.ingress_packets * 9' "$work/run.json")" ]
	if [ "$(jq .reorder.estimated_cuts "$work/run.json")" = 0 ]; then
		is "$1: the live probes and the analysis of the captures agree" \
			"$(jq -c "$filter" "$work/analysis.json")" "$(jq -c ".reorder | $filter" "$work/run.json")"
	else
		echo "# estimated cuts: live $(jq -c ".reorder | $filter" "$work/run.json"), captured $(jq -c "$filter" "$work/analysis.json")"
	fi
	cp "$work/run.json" "$work/out"
}

# One more suite, with the commands that a user has.
test_by_hand() { # SUITE
	works "up: $1" up --warm --ovs "debian:$1"
	works "gso_max_segs 1" exec vm1 -- ip link set dev eth0 gso_max_segs 1
	flows_in_vm "$psh_flows"
	captured_measure "$1, natural PSH"
	echo "# connections reordered, first PSH late, upcalls per connection: $(q "$figures")"
	between "$1, natural PSH: connections reordered, of 40" 20 "$(q .reorder.flows_reordered)" 40
	between "$1, natural PSH: connections whose first PSH was overtaken" 20 "$(q .reorder.first_psh.late)" 40
	works "inject psh --clear" inject psh --clear
	works "$1, psh --clear: measure" measure --connections 40 --json
	is "$1, psh --clear: no connection reordered, no PSH" "40 true 0 0" \
		"$(q '.reorder | "\(.flows) \(.exact) \(.flows_reordered) \(.egress_psh)"')"
	works "inject clear" inject clear
	flows_in_vm "$connection_flows"
	works "$1, no tcp_flags: measure" measure --connections 40 --json
	is "$1, no tcp_flags: no connection reordered" "40 true 0" \
		"$(q '.reorder | "\(.flows) \(.exact) \(.flows_reordered)"')"
	between "$1, no tcp_flags: connections with PSH" 40 "$(q .reorder.first_psh.flows)" 40
	works "down" down
	unchanged "nothing is left"
}

remember_host
test_demo
test_by_hand bookworm
finish
