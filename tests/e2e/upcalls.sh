#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# upcalls.sh - which packets went through vswitchd, and that they are the late ones, and
# take longer; a capture notes them too; a switch that cannot tell says why, and no run
# fails for it
#
# limit: 1500
# suites: trixie bookworm bullseye

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-upc
limit=300
# none of them is known to the kernel alone
all_flows="priority=0,actions=NORMAL
priority=90,tcp,in_port=1,actions=controller,output:2
priority=90,tcp6,in_port=1,actions=controller,output:2"

# shellcheck disable=SC2317	# called by check and until_true
noting() { "$ovslab" exec sw -- grep -q /run/ovslab/upcalls /proc/mounts; }
# shellcheck disable=SC2317
quiet() { ! noting; }

# whole NAME: the last document's tables are of all packets that were judged
whole() {
	is "$1: it is known which" null "$(q .upcalls.why_not)"
	is "... of each packet" "$(q '.reorder | "\(.packets) \(.packets)"')" \
		"$(q '.upcalls | [.late, .moved] | map([to_entries[] | select(.key | test("late|moved")) | .value] | add) | join(" ")')"
	is "... late as judged" "$(q .reorder.reordered)" "$(q '.upcalls.late | .upcalled_late + .others_late')"
	is "... moved as judged" "$(q .reorder.movers)" "$(q '.upcalls.moved | .upcalled_moved + .others_moved')"
	is "... none was lost" 0 "$(q .upcalls.lost)"
}

# blames NAME: the late packets of the last document are those that were upcalled
blames() {
	echo "# $(q -c '.upcalls | .total, .late, .moved')"
	between "$1: packets late" 20 "$(q .reorder.reordered)" 100000
	check "... nine of ten of them upcalled, at least" jq -e \
		'.upcalls.late | .upcalled_late >= 9 * .others_late' "$work/out"
	check "... and not by chance" jq -e '.upcalls.late.p_greater < 1e-6' "$work/out"
}

test_first_psh() {
	flows_in_vm "$psh_flows"
	works "inject psh --ratio 10" inject psh --ratio 10 --at vm1:egress
	works "measure" measure --connections 40 --events --json
	check "... its document" tests/check-schema run "$work/out"
	whole "flows with tcp_flags"
	blames "flows with tcp_flags"
	is "... none of them sent there by an action" 0 "$(q .upcalls.actions)"
	is "the list of events says which" "$(q .upcalls.late.upcalled_late)" \
		"$(q '[.events.list[] | select(.late and .upcalled) | .packets] | add')"
	works "inject clear" inject clear
	works "gso_max_segs 1" exec vm1 -- ip link set dev eth0 gso_max_segs 1
	works "measure, natural PSH" measure --connections 20
	says "... the text tells" "had gone through vswitchd \\(an upcall\\)" "$work/out"
}

# Where each packet goes through vswitchd, each is found at the ingress tap.
test_all() {
	flows_in_vm "$all_flows"
	works "measure" measure --connections 10 --json
	whole "each packet by an action"
	is "... each upcalled" "0 0" "$(q '.upcalls.late | "\(.others_late) \(.others_not_late)"')"
	check "... by an action" jq -e '.upcalls.actions == .upcalls.total and .upcalls.actions >= 10' "$work/out"
}

# noted_by N: so many note at the same time
# shellcheck disable=SC2317	# called by check and until_true
noted_by() { [ "$("$ovslab" exec sw -- grep -c ovslab/upcalls /proc/mounts)" = "$1" ]; }

# capturing FOLDER ARGS...: a capture of both sides that notes upcalls, as $pid
capturing() {
	begin capture --both-sides -w "$@"
	until_true 20 grep -q listening "$work/bg.err" || failed "capture listens" "$(<"$work/bg.err")"
}

# A capture and a measurement note at the same time: the same upcalls, of the same packets.
test_captured() {
	local run=$work/run.json

	flows_in_vm "$psh_flows"
	works "inject psh --ratio 10" inject psh --ratio 10 --at vm1:egress
	capturing "$work/cap" -s 96 --json tcp and dst port 9000
	works "measure, during a capture" measure --connections 40 --json
	cp "$work/out" "$run"
	check "... ended its own notes, not the capture's" noted_by 1
	kill -INT "$pid"
	ended 30
	is "the capture ended well" 0 "$status"
	check "... its document" tests/check-schema capture "$work/bg.out"
	check "... its notes' document" tests/check-schema upcalls "$work/cap/upcalls.json"
	check "... nothing is noted any more" quiet
	is "... all upcalls are known" "true null 0" "$(jq -r '"\(.known) \(.why_not) \(.lost)"' "$work/cap/upcalls.json")"
	between "... as many as the measurement has" "$(jq .upcalls.total "$run")" \
		"$(jq '.notes | length' "$work/cap/upcalls.json")" "$(jq '.upcalls.total + 10' "$run")"
	works "analyze" analyze "$work/cap" --port 9000 --flows --events --json
	check "... its document" tests/check-schema reorder "$work/out"
	is "... finds the notes, and is sure of each packet" "true null 0" \
		"$(q '.upcalls | "\(.known) \(.why_not) \(.untold)"')"
	is "... as many packets upcalled as the live probes have" \
		"$(jq '.upcalls.late | .upcalled_late + .upcalled_not_late' "$run")" "$(q '[.flow_list[].upcalled] | add')"
	is "... and of them late" "$(jq .upcalls.late.upcalled_late "$run")" \
		"$(q '[.events[] | select(.class == "reordered" and .upcalled)] | length')"
	echo "# transit, upcalled and direct: $(q -c '[.transit_upcalled_ns, .transit_direct_ns] | map([.p50, .p99, .max])')"
	check "those that were upcalled take longer" jq -e '.transit_upcalled_ns.p50 > 2 * .transit_direct_ns.p50' "$work/out"
	works "analyze, of other notes" analyze --ingress "$work/cap/tap-vm1.pcap" --egress "$work/cap/tap-vm2.pcap" --events
	says "... without any, it is one distribution" "transit through the switch: median" "$work/out"
	is "... and no mark" 0 "$(grep -c 'through vswitchd' "$work/out")"
	works "analyze --upcalls" analyze --ingress "$work/cap/tap-vm1.pcap" --egress "$work/cap/tap-vm2.pcap" \
		--upcalls "$work/cap/upcalls.json" --events
	says "... says it in words" "[0-9]  through vswitchd: median" "$work/out"
	says "... and marks packets" "^ .* reordered +[M-][P-]U" "$work/out"
	works "inject clear" inject clear
}

# Whoever notes, nobody ends another one's, and what kill -9 leaves is ended.
test_captures() {
	local first second

	capturing "$work/first" -s 96 --json
	first=$pid
	capturing "$work/second" -s 96 --count 100 --json tcp and dst port 9000
	second=$pid
	check "two captures note" noted_by 2
	works "measure, during both" measure --connections 5 --json
	whole "... beside two others"
	pid=$second
	ended 30
	is "a capture with --count ends" "0 true" "$status $(jq .known "$work/second/upcalls.json")"
	check "... and its notes" noted_by 1
	kill -KILL "$first"
	pid=$first
	ended 10
	check "a killed capture has no file" [ ! -e "$work/first/upcalls.json" ]
	check "... and leaves it noting" noting
	capturing "$work/first" --json
	check "the next one ends that" noted_by 1
	kill -KILL "$pid"
	ended 10
	works "... and so does a measurement" measure --connections 5 --json
	check "... of a killed capture" quiet
	begin capture --both-sides -w "$work/first"
	until_true 60 noting || failed "noting begins"
	kill -INT "$pid"
	ended 30
	check "nothing is noted after Ctrl-C" quiet
	works "capture of one tap" capture tap-vm1 -w "$work/one" --seconds 1 --json
	is "... notes nothing" null "$(q -c .upcalls)"
	check "... no file" [ ! -e "$work/one/upcalls.json" ]
	run capture --both-sides -w "$work/second" tcp prt 9000
	is "a filter that is none" 2 "$status"
	check "... and what an earlier capture left stays" [ -e "$work/second/upcalls.json" ]
	works "capture of both by name" capture tap-vm1 tap-vm2 -w "$work/second" --seconds 1 --json
	check "... notes of other packets go" [ ! -e "$work/second/upcalls.json" ]
}

# The program's notes themselves: each byte that was sent, once or more.
test_ipv6() {
	works "receiver" exec vm2 -- ovslab-guest serve --port 9000 --daemon
	works "notes begin" exec sw -- ovslab-guest upcalls start
	works "2 connections over IPv6" exec vm1 -- ovslab-guest conns --connect '[fd00:198:18::2]:9000' \
		--connections 2 --bytes 100000
	works "notes" exec sw -- ovslab-guest upcalls take
	is "... cover the bytes of each connection" "100000 100000" "$(python3 tests/e2e/upcalls-noted.py "$work/out")"
	works "receiver ends" exec vm2 -- ovslab-guest stop --port 9000
}

test_none_late() {
	flows_in_vm "$connection_flows"
	works "measure" measure --connections 20 --json
	whole "flows without tcp_flags"
	is "... none late" 0 "$(q .reorder.reordered)"
	check "... nearly none upcalled" jq -e \
		'.upcalls.late | .upcalled_not_late * 20 < .others_not_late' "$work/out"
}

test_ended() {
	check "nothing is noted after a run" quiet
	begin measure --connections 200 --json
	until_true 60 noting || failed "noting begins"
	kill -INT "$pid"
	ended 30
	check "nothing is noted after an interrupted run" quiet
	begin measure --connections 200 --json
	until_true 60 noting || failed "noting begins"
	kill -KILL "$pid"
	ended 30
	check "a killed run leaves it" noting
	works "the next one" measure --connections 5 --json
	whole "... after a killed one"
	check "... leaves nothing" quiet
}

test_bookworm() {
	works "up: bookworm" up --warm --ovs debian:bookworm
	works "gso_max_segs 1" exec vm1 -- ip link set dev eth0 gso_max_segs 1
	flows_in_vm "$psh_flows"
	works "measure" measure --connections 40 --json
	whole "bookworm"
	blames "bookworm, natural PSH"
	works "down" down
}

# not_known NAME REGEX: the last document's run is one, and it says why it knows no upcalls
not_known() {
	check "$1: its document" tests/check-schema run "$work/out"
	is "$1: the run is one all the same" "ok null null null" \
		"$(q '"\(.status) \(.upcalls | "\(.late) \(.moved) \(.flows)")"')"
	q .upcalls.why_not >"$work/why"
	says "... upcalls are not known, and why" "$2" "$work/why"
}

test_bullseye() {
	works "up: bullseye" up --ovs debian:bullseye
	works "measure" measure --connections 5 --json
	not_known "bullseye" '(5\.10\..*) has no tracepoint ovs_dp_upcall'
	check "... a note says so too" jq -e '.notes[0] | test("vswitchd is not known: sw: .*5.10")' "$work/out"
	works "capture" capture -w "$work/old" --seconds 1
	says "... says why, too" "upcalls.json: .* not known: .*5\\.10.*ovs_dp_upcall" "$work/out"
	check "... its notes' document" tests/check-schema upcalls "$work/old/upcalls.json"
	works "analyze" analyze "$work/old" --json
	check "... knows why" jq -e '.upcalls.known == false and (.upcalls.why_not | test("5.10"))' "$work/out"
	works "down" down
}

test_userspace() {
	works "up: userspace" up --warm "${on_host[@]}"
	works "measure" measure --connections 5 --json
	not_known "userspace" 'userspace datapath'
	is "... without a note" '[]' "$(q -c .notes)"
	works "capture" capture -w "$work/us" --seconds 1 --json
	is "... has no file for what is never known" "null false" "$(q '.upcalls | "\(.path) \(.known)"')"
	check "... nor is there one" [ ! -e "$work/us/upcalls.json" ]
	works "down" down
}

remember_host
works "up: trixie" up --warm --ovs debian:trixie
test_first_psh
test_captured
test_captures
test_all
test_ipv6
test_none_late
test_ended
works "down" down
test_bookworm
test_bullseye
test_userspace
unchanged "nothing is left"
finish
