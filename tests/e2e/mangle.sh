#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mangle.sh - every kind of mangler on a lab: what it counted, what it logged, what is
# on the wire; order, removal, refusals; and that a seed makes two runs the same
#
# limit: 900

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-mgl

# wrong_sums FILE: packets of a capture whose sum or length is wrong, as tcpdump says
wrong_sums() {
	tcpdump -nnvv -r "$1" 2>/dev/null | grep -cE 'incorrect|bad cksum|truncated-ip|bad-len'
}

# measured NAME DIR ARGS...: a run, and what crossed vm1's tap meanwhile
measured() {
	local name=$1 folder=$2

	shift 2
	begin capture tap-vm1 -w "$folder" --json tcp and dst port 9000
	until_true 10 grep -q listening "$work/bg.err"
	works "$name" measure --json "$@"
	cp "$work/out" "$folder.json"
	kill -INT "$pid"
	ended 20
}

# wire NAME WRONG: WRONG is whether sums of the last run that was captured may be wrong
wire() {
	local sums

	sums=$(wrong_sums "$work/$1/tap-vm1.pcap")
	if [ "$2" = wrong ]; then
		between "$1: wrong sums or lengths on the wire" 1 "$sums" 100
	else
		is "$1: no wrong sum on the wire" 0 "$sums"
	fi
}

# kinds WRONG PLACE SPEC...: those kinds one after the other, by one run
kinds() {
	local wrong=$1 place=$2 spec name=''

	shift 2
	for spec; do
		# shellcheck disable=SC2086	# words
		works "$spec at $place" inject $spec --log --at "$place"
		name+=${name:+-}${spec%% *}
	done
	measured "$name: a run" "$work/$name" --connections 3 --bytes 150K
	for spec; do
		is "${spec%% *}: it mangled, and all of it is in the log" "true true" \
			"$(jq -r --arg k "${spec%% *}" '.injections[] | select(.kind == $k) |
				"\(.mangled > 0) \(.logged == .mangled + .cleared)"' "$work/$name.json")"
	done
	wire "$name" "$wrong"
	works "$name: clear" inject clear --json
	is "... all of them" $# "$(q .cleared)"
}

test_kinds_before_the_switch() {
	local data="--nth 7 --limit 3 --match tcp,payload>0"

	kinds right tap-vm1:xdp "flags --set ece --clear psh --every 10" "ttl --random --ratio 4" \
		"ecn --ce --every 7" "dscp --set 46"
	kinds right tap-vm1:xdp "window --set 9 --nth 20" "mss --clamp 536" "drop $data" \
		"vlan --push 10 ${data/7/5}"
	kinds wrong tap-vm1:xdp "corrupt $data"
	kinds wrong tap-vm1:xdp "truncate $data"
	kinds wrong tap-vm1:xdp "badcsum $data"
}

root_qdisc() { "$ovslab" exec vm1 -- tc qdisc show dev eth0 root; }

test_kinds_in_the_guest() {
	local before

	before=$(root_qdisc)
	kinds right vm1:egress "psh --ratio 10" "dup --nth 7 --limit 3 --match tcp,payload>0"
	works "delay" inject delay --ms 3 --jitter 1 --every 5 --log
	says "fq is the root qdisc" '^qdisc fq 6f76:' <(root_qdisc)
	measured "delay: a run" "$work/delay" --connections 3 --bytes 150K
	is "delay: it held packets back" true "$(jq '.injections[0].mangled > 20' "$work/delay.json")"
	works "reorder" inject reorder --depth 3 --every 20 --log
	measured "reorder: a run" "$work/reorder" --connections 3 --bytes 150K
	is "reorder: overtaken before they reached the switch" true \
		"$(jq '.reorder.ingress_reordered > 0' "$work/reorder.json")"
	works "clear" inject clear
	is "the root qdisc is what it was" "$before" "$(root_qdisc)"
	works "a qdisc of somebody" exec vm1 -- tc qdisc add dev eth0 root handle 1: pfifo
	run inject delay --ms 3
	is "delay does not replace it" 3 "$status"
	says "and says what it is" "'pfifo'"
	works "it is there still" exec vm1 -- tc qdisc del dev eth0 root handle 1:
}

test_other_places() {
	local place ttl=9

	for place in tap-vm2:egress vm2:xdp vm2:ingress; do
		works "ttl at $place" inject ttl --set "$ttl" --at "$place"
		ttl=$((ttl - 1))
	done
	works "a run" measure --connections 2 --bytes 100K --json
	is "all of them mangled" "tap-vm2:egress vm2:ingress vm2:xdp" \
		"$(q '[.injections[] | select(.mangled > 0) | .place] | sort | join(" ")')"
	works "clear one place" inject clear --at vm2:xdp
	works "the others" inject show --json
	is "are there" "tap-vm2:egress vm2:ingress" "$(q '[.injections[].place] | sort | join(" ")')"
	works "clear" inject clear
}

# At each place: one kind there goes, then whatever else there is; elsewhere nothing does.
test_clear_at() {
	local place

	works "elsewhere" inject ecn --ce --at vm2:egress
	for place in vm1:egress vm1:ingress vm1:xdp tap-vm1:xdp tap-vm1:egress; do
		works "ttl at $place" inject ttl --set 9 --at "$place"
		works "... dscp" inject dscp --set 1 --at "$place"
		works "... ecn" inject ecn --ce --at "$place"
		works "clear one kind" inject clear ttl --at "$place" --json
		is "... goes" 1 "$(q .cleared)"
		works "clear the place" inject clear --at "$place" --json
		is "... the others go" 2 "$(q .cleared)"
	done
	works "a place as it may be written too" inject clear ecn --at vm2:tc-egress --json
	is "... is the same" 1 "$(q .cleared)"
}

test_refusals() {
	run inject ttl --at tap-vm1:ingress
	is "a tap's ingress is no place" 2 "$status"
	says "for the switch would never see it" "reads the tap before"
	run inject dup --at tap-vm1:xdp
	is "XDP makes no copies" 2 "$status"
}

test_order() {
	local kind

	for kind in "ttl --set 9" "dscp --set 1" "ecn --ce" "window --set 7 --every 9"; do
		# shellcheck disable=SC2086	# words
		works "$kind" inject $kind --at tap-vm1:xdp
	done
	run inject drop --nth 3 --at tap-vm1:xdp
	is "there is room for four" "2 0" "$status $(grep -c fifth "$work/err")"
	works "one is replaced" inject dscp --set 2 --at tap-vm1:xdp
	works "one is removed" inject clear ttl
	works "show" inject show --json
	is "the others keep their order" "dscp --set 2, ecn --ce, window --set 7 --every 9" \
		"$(q '[.injections[].spec] | join(", ")')"
	works "clear" inject clear
}

# seeded FILE: what a run with this seed logged; not by psh, since it passes over those
# packets that TCP has given PSH, which are others each time
seeded() {
	works "seed" inject dscp --set 46 --ratio 40 --seed 7 --match 'tcp,tp_dst=9000,payload>0' --log
	works "a run" measure --connections 10 --bytes 300K --json
	is "by its log" log "$(q .attribution.by)"
	works "the log" inject log --stable
	cp "$work/out" "$1"
	works "as JSON" inject log --json
	check "fits its schema" tests/check-schema inject-log "$work/out"
	works "clear" inject clear
}

test_seed() {
	seeded "$work/first"
	seeded "$work/second"
	between "so many were mangled" 20 "$(wc -l <"$work/first")" 120
	check "two runs with one seed: the same packets" cmp "$work/first" "$work/second"
}

# The field's packet: the first data packet of each connection, and no other.
test_first_psh() {
	works "psh" inject psh --first --clear-others --match tcp,tp_dst=9000
	measured "200 connections" "$work/first-psh" --connections 200 --bytes 20K
	is "in each of them one data packet has PSH" "200 200" \
		"$(tcpdump -nn -r "$work/first-psh/tap-vm1.pcap" 'tcp[13] & 8 != 0' 2>/dev/null |
			awk '{ n++; if (!seen[$3]++) flows++ } END { print n, flows }')"
	works "clear" inject clear
}

works "up" up --warm "${on_host[@]}"
test_refusals
test_order
test_kinds_before_the_switch
test_other_places
test_clear_at
test_kinds_in_the_guest
test_seed
test_first_psh
works "down" down
finish
