#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# wires.sh - the wires to the switch's VM by themselves: with tc in place of the
# switch, which sends on each packet as it is, they lose nothing, change no order
# and let super-packets with unfinished checksums pass whole
#
# limit: 900
# suites: trixie

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-wire
limit=300

# No switch: what one port receives leaves by the other. The taps of both nodes
# and all between them are what a switch's run has.
# shellcheck disable=SC2016	# expanded in the guest
without_switch='set -e
	ovs-vsctl del-port br0 to-vm1 -- del-port br0 to-vm2
	for port in to-vm1 to-vm2; do
		ip link set $port up promisc on
		tc qdisc add dev $port clsact
	done
	tc filter add dev to-vm1 ingress matchall action mirred egress redirect dev to-vm2
	tc filter add dev to-vm2 ingress matchall action mirred egress redirect dev to-vm1'

# none_hurt WHAT: the last run over the wires
none_hurt() {
	is "$1: 60 connections, all judged exactly" "ok 60 true" \
		"$(q '"\(.status) \(.reorder.flows) \(.reorder.exact)"')"
	between "$1: packets" 500 "$(q .reorder.packets)" 10000000
	is "$1: nothing reordered" 0 "$(q .reorder.reordered)"
	is "$1: nothing lost" 0 "$(q .reorder.lost)"
	is "$1: as many bytes leave as enter" "$(q .reorder.ingress_bytes)" "$(q .reorder.egress_bytes)"
	between "$1: bytes, 60 MiB and what was sent again" $((60 << 20)) "$(q .reorder.egress_bytes)" $((66 << 20))
}

# as_many NAME MEMBER MEMBER: counts of the last run within 1 %
as_many() {
	between "$1" "$(q ".reorder.$2 * 0.99")" "$(q ".reorder.$3")" "$(q ".reorder.$2 * 1.01")"
}

test_wire() { # KIND [OPTION]
	works "up, wire $1" up --switch vm --wire "$@"
	is "... that kind" "$1" "$("$ovslab" inspect --json | jq -r .bench.wire)"
	works "tc instead of the switch" exec sw -- sh -c "$without_switch"
	works "ovs-vsctl" exec sw -- ovs-vsctl list-ports br0
	is "... the switch has no port" "" "$(out)"
	works "ping" exec vm1 -- ping -c 3 -i 0.2 vm2
	says "... passes" " 0% packet loss" "$work/out"
	works "offloads of vm1" exec vm1 -- ethtool -k eth0
	is "... checksums and segments are left to the device" "on on" \
		"$(awk '/^tx-checksumming:|^tcp-segmentation-offload:/ { print $2 }' "$work/out" | paste -sd' ')"

	works "measure" measure --connections 60 --json
	none_hurt "$1"
	between "$1: super-packets: packets are at most a third of those of a real wire" 1 \
		"$(q '.reorder.ingress_packets * 3')" "$(q .reorder.ingress_wire_packets)"
	as_many "$1: they pass whole: as many leave" ingress_packets egress_packets

	works "gso_max_segs 1" exec vm1 -- ip link set dev eth0 gso_max_segs 1
	works "measure" measure --connections 60 --json
	none_hurt "$1, wire packets"
	is "$1, wire packets: each is one" "$(q .reorder.ingress_wire_packets)" "$(q .reorder.ingress_packets)"
	works "gso_max_segs as before" exec vm1 -- ip link set dev eth0 gso_max_segs 65535
}

# A packet whose checksum TCP left to the device has that of the pseudo-header
# alone, at both ends: nobody on the way finished it, or cut the packet for that.
test_checksums() { # KIND
	local tap

	begin capture tap-vm1 tap-vm2 -w "$work/$1" --format pcap -s 128 tcp and dst port 9000 and greater 3000
	until_true 10 grep -q listening "$work/bg.err" || failed "capture listens"
	works "measure" measure --connections 5
	kill -INT "$pid"
	ended 20
	for tap in tap-vm1 tap-vm2; do
		tcpdump -nr "$work/$1/$tap.pcap" 2>/dev/null | sed -n 's/.* length //p' | sort -n >"$work/$tap"
		between "$1: super-packets at $tap" 50 "$(wc -l <"$work/$tap")" 10000
		is "$1: ... their checksums at $tap" "partial" "$(tests/e2e/tcp-checksums.py "$work/$1/$tap.pcap")"
	done
	check "$1: the same sizes at both taps" cmp "$work/tap-vm1" "$work/tap-vm2"
}

remember_host
test_wire bridge --warm
test_checksums bridge
works "down" down
unchanged "... leaves nothing"
test_wire redirect
test_checksums redirect
works "down" down
unchanged "... leaves nothing"
finish
