#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# story.sh - the story, from 'up' to 'down': what each command of it promises
#
# limit: 240

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
lab=$tag-story
export OVSLAB_LAB=$lab
schemas=docs/schemas

# pcap_count FILE FILTER
pcap_count() { tcpdump -nr "$1" "$2" 2>/dev/null | wc -l; }

# What vm1 sent with payload; what a PSH mangler may choose among has no SYN, FIN, RST
data='src 198.18.0.1 and tcp and (ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2)) > 0'
plain='tcp[13]&7 == 0'
psh='tcp[13]&8 != 0'

test_up() {
	remember_host
	works "up" up "${on_host[@]}" --json
	is "up says what it made" "ovslab.lab/1 ready" "$(q '"\(.schema) \(.status)"')"
	works "up on a running lab" up "${on_host[@]}"
	says "... is a no-op" "was up already" "$work/out"
	works "ls" ls --json
	is "ls has the lab" "ready" "$(q ".labs[] | select(.name == \"$lab\") | .status")"
	works "inspect" inspect --json
	is "inspect: schema, both nodes and the switch live" "ovslab.inspect/1 true true true" \
		"$(q '"\(.schema) \(.live.vm1) \(.live.vm2) \(.live.switch)"')"
	between "inspect: phases have times" 3 "$(q '[.phases[] | select(.seconds >= 0)] | length')" 20
	works "exec" exec vm1 -- ip -o addr show dev eth0
	says "... shows the static address" "198\.18\.0\.1/24" "$work/out"
	run exec vm2 -- sh -c 'echo to-stderr >&2; exit 7'
	is "exec passes the status on" 7 "$status"
	says "... and stderr" "^to-stderr$"
}

gso_max_segs() {
	run exec vm1 -- cat /sys/class/net/eth0/gso_max_segs
	run exec vm1 -- sh -c "ip -d -o link show eth0 | sed 's/.*gso_max_segs \([0-9]*\).*/\1/'"
	out
}

# capture_traffic DIR [STATUS]: tcpdump on vm1's tap while 'measure' sends
capture_traffic() {
	begin capture tap-vm1 -w "$1" -s 128
	until_true 20 grep -q listening "$work/bg.err" || failed "capture listens"
	run measure --json --connections 20
	is "measure while capturing" "${2:-0}" "$status"
	cp "$work/out" "$1.json"
	kill -INT "$pid"
	ended 20
	is "capture ends with 0 on Ctrl-C" 0 "$status"
	says "... and dropped nothing" "packets$" "$work/bg.out"
}

test_psh() {
	local before eligible set own total with last

	before=$(gso_max_segs | tail -n 1)
	between "the guest's own gso_max_segs" 2 "$before" 65535

	# the controls: nothing of ours; then our mangler, which chooses nothing
	capture_traffic "$work/plain"
	is "without injection: the capture and the probe agree on PSH" \
		"$(jq .reorder.ingress_psh "$work/plain.json")" \
		"$(pcap_count "$work/plain/tap-vm1.pcap" "$data and $psh")"
	# what the switch lost may have had it
	check "... no packet changed inside the switch" jq -e '.reorder |
		.egress_psh <= .ingress_psh and .egress_psh >= .ingress_psh - .lost' "$work/plain.json"
	is "... and the run has no injection" 0 "$(jq '.injections | length' "$work/plain.json")"
	works "inject psh, nearly never" inject psh --ratio 4294967295
	is "gso_max_segs is 1 meanwhile" 1 "$(gso_max_segs | tail -n 1)"
	capture_traffic "$work/never" 1
	is "a mangler that changes nothing is told" mangled-nothing "$(jq -r .status "$work/never.json")"
	works "inject show" inject show --json
	is "... mangled none" 0 "$(q '.injections[0].mangled')"
	is "... and all PSH is TCP's own" "$(q '.injections[0].already')" \
		"$(pcap_count "$work/never/tap-vm1.pcap" "$data and $psh")"

	works "inject psh" inject psh --ratio 10 --json
	is "... says where" "psh vm1:egress" "$(q '.injections[0] | "\(.kind) \(.place)"')"
	capture_traffic "$work/psh"
	works "inject show" inject show --json
	eligible=$(q '.injections[0].eligible')
	set=$(q '.injections[0].mangled')
	own=$(q '.injections[0].already')
	between "eligible packets" 5000 "$eligible" 10000000
	between "mangled share of eligible, by the counters" 0.08 \
		"$(awk -v a="$set" -v b="$eligible" 'BEGIN { print a / b }')" 0.12
	total=$(pcap_count "$work/psh/tap-vm1.pcap" "$data and $plain")
	with=$(pcap_count "$work/psh/tap-vm1.pcap" "$data and $psh")
	last=$(pcap_count "$work/psh/tap-vm1.pcap" "$data and $psh and not ($plain)")
	is "the capture has as many PSH as the mangler counted" $((own + set)) "$with"
	is "... and as many eligible" "$eligible" $((total - (own - last)))
	between "share with PSH set by us, from the capture" 0.08 "$(awk -v all="$total" \
		-v with="$((with - last))" -v own="$((own - last))" \
		'BEGIN { print (with - own) / (all - own) }')" 0.12

	works "a second inject replaces" inject psh --ratio 4 --json
	works "inject show" inject show --json
	is "... the first one" "1 psh --ratio 4" "$(q '"\(.injections | length) \(.injections[0].spec | .[0:13])"')"
	works "inject clear" inject clear --json
	is "... removed one" 1 "$(q .cleared)"
	works "inject show" inject show --json
	is "... and nothing is left" 0 "$(q '.injections | length')"
	is "gso_max_segs is what it was" "$before" "$(gso_max_segs | tail -n 1)"
}

test_report() {
	local doc=$work/psh.json

	for member in schema status throughput_bps datapath accel; do
		check "the run has .$member" jq -e "has(\"$member\")" "$doc"
	done
	is "schema" ovslab.run/1 "$(jq -r .schema "$doc")"
	# shellcheck disable=SC2016	# jq's own
	check "the run has every member that $schemas/run.json requires" \
		jq -e --slurpfile s "$schemas/run.json" '. as $d | $s[0].required - ($d | keys) == []' "$doc"
	# shellcheck disable=SC2016
	check "reorder too" jq -e --slurpfile s "$schemas/run.json" \
		'.reorder as $d | $s[0].properties.reorder.required - ($d | keys) == []' "$doc"
	check "throughput was seen" jq -e '.throughput_bps > 1e6' "$doc"
	is "20 connections" 20 "$(jq .reorder.flows "$doc")"
	check "the injection is in the run" jq -e '.injections[0] |
		.kind == "psh" and .place == "vm1:egress" and .seen > 0 and .mangled > 0' "$doc"
	between "PSH share rose by" 0.07 "$(jq -s '.[0].psh_share.ingress - .[1].psh_share.ingress' \
		"$doc" "$work/never.json")" 0.12
	is "the runs are kept" 3 "$(find "$OVSLAB_STATEDIR/runs" -name '*.json' | wc -l)"
}

test_ttl() {
	works "inject ttl" inject ttl
	works "ping" exec vm1 -- ping -c 20 -i 0.2 vm2
	says "... loses nothing" " 0% packet loss" "$work/out"
	between "different TTLs in 20 replies" 5 \
		"$(grep -o 'ttl=[0-9]*' "$work/out" | sort -u | wc -l)" 20
	works "inject clear" inject clear
	works "ping" exec vm1 -- ping -c 3 -i 0.2 vm2
	is "... has one TTL again" 1 "$(grep -o 'ttl=[0-9]*' "$work/out" | sort -u | wc -l)"
}

test_env() {
	local vars

	vars=$("$ovslab" env) || failed "env"
	check "ovs-vsctl show has the bridge" bash -c "$vars
		ovs-vsctl show | grep -q 'Bridge br0'"
	check "ovs-ofctl dump-flows" bash -c "$vars
		ovs-ofctl dump-flows br0 | grep -q 'actions=NORMAL'"
	check "ovs-appctl version" bash -c "$vars
		ovs-appctl version | grep -q ovs-vswitchd"
	check "virsh list has two running" bash -c "$vars
		[ \"\$(virsh -q list --state-running --name | grep -c '^vm[12]$')\" = 2 ]"
	works "exec after virsh" exec vm1 -- true
}

# shellcheck disable=SC2317	# called by until_true
captured() { # N FILE
	[ "$(pcap_count "$2" icmp)" = "$1" ]
}

test_capture() {
	begin capture --both-sides -w "$work/cap" --json --count 4 icmp
	until_true 20 grep -q listening "$work/bg.err" || failed "capture listens"
	works "ping" exec vm1 -- ping -c 2 -i 0.2 vm2
	ended 20
	is "capture ends at its count" "0 ovslab.capture/1 4 4" \
		"$status $(jq -r '"\(.schema) \(.files | map(.packets) | join(" "))"' "$work/bg.out")"
	is "... in two files with 4 packets each" "4 4" \
		"$(pcap_count "$work/cap/tap-vm1.pcap" icmp) $(pcap_count "$work/cap/tap-vm2.pcap" icmp)"
	check "... that name the lab" grep -aq "lab: $lab\$" "$work/cap/tap-vm2.pcap"
	check "... and what is injected" grep -aq "^injected: nothing$" "$work/cap/tap-vm2.pcap"
	check "... and that the analysis reads" "$ovslab" analyze "$work/cap"
	refuses 2 "names the taps itself" capture tap-vm1 --both-sides -w "$work/cap"

	begin capture tap-vm1 -w "$work/classic" --format pcap --count 2 icmp
	until_true 20 grep -q listening "$work/bg.err" || failed "capture listens"
	works "ping" exec vm1 -- ping -c 1 vm2
	ended 20
	is "--format pcap is classic" d4c3b2a1 "$(od -An -tx1 -N4 "$work/classic/tap-vm1.pcap" | tr -d ' ')"
	is "... with its packets" 2 "$(pcap_count "$work/classic/tap-vm1.pcap" icmp)"

	begin capture tap-vm1 -w "$work/killed" icmp
	until_true 20 grep -q listening "$work/bg.err" || failed "capture listens"
	works "ping" exec vm1 -- ping -c 2 -i 0.2 vm2
	until_true 10 captured 4 "$work/killed/tap-vm1.pcap"
	kill -KILL "$pid"
	ended 10
	is "kill -9 leaves what was captured" 4 "$(pcap_count "$work/killed/tap-vm1.pcap" icmp)"
	works "logs vm1" logs vm1
	says "... is the console" "ovslab: vm1 ready" "$work/out"
	works "logs switch" logs switch
	# a tap is plugged in before QEMU has set it up
	check "vswitchd logged no error" bash -c "! grep -E '\|(ERR|EMER)\|' \
		'$OVSLAB_RUNDIR/$lab/ovs/ovs-vswitchd.log' | grep -v 'tap-.*: Network is down'"
}

test_down() {
	works "down" down --json
	is "... took it down" true "$(q '.labs[0].was_there')"
	works "down again" down --json
	is "... is no error" false "$(q '.labs[0].was_there')"
	works "ls" ls --json
	is "... is empty" 0 "$(q '.labs | length')"
	unchanged "the host is as before"
}

test_up
test_psh
test_report
test_ttl
test_env
test_capture
test_down
finish
