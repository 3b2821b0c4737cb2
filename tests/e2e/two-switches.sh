#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# two-switches.sh - two labs at once whose switches differ in version, kernel and
# kind of wire: each tells its own, and neither disturbs the other
#
# limit: 600
# suites: trixie bookworm

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
limit=300
a=$tag-a b=$tag-b c=$tag-c

# own LAB SUITE: what it says is what the image of that suite has
own() {
	local expected

	expected=$(switch_manifest "$2" | jq -r '"\(.packages["openvswitch-switch"]) \(.kernel_release)"')
	works "$2: switch show" -n "$1" switch show --json
	is "$2: its own package and kernel" "$expected" "$(q '"\(.ovs_package) \(.kernel)"')"
	works "$2: uname" -n "$1" exec sw -- uname -r
	is "$2: ... its own kernel" "${expected#* }" "$(out)"
}

remember_host
begin -n "$a" up --ovs debian:trixie
works "up of another" -n "$b" up --ovs debian:bookworm --wire redirect
ended 200
is "up of the first, meanwhile" 0 "$status"
works "up of one with the switch on the host" -n "$c" up --warm "${on_host[@]}"
works "ls" ls --json
is "... has all, ready" "$a ready $b ready $c ready" "$(q '[.labs[] | .name, .status] | join(" ")')"
own "$a" trixie
own "$b" bookworm
works "inspect" -n "$c" inspect --json
is "host: its own version" "host $(ovs-vswitchd --version | sed -n '1s/.* //p')" "$(q '"\(.bench.switch) \(.ovs_version)"')"

works "a flow in one that drops all" -n "$b" exec sw -- ovs-ofctl add-flow br0 priority=9,actions=drop
run -n "$b" exec vm1 -- ping -c 1 -W 1 vm2
is "... drops there" 1 "$status"
works "... and not in the other" -n "$a" exec vm1 -- ping -c 1 vm2
works "the flow is removed" -n "$b" exec sw -- ovs-ofctl --strict del-flows br0 priority=9

begin -n "$a" measure --json --connections 10
works "measure in one" -n "$b" measure --json --connections 10
is "... ten connections, nothing lost or reordered" "ok 10 0 0 redirect" \
	"$(q '"\(.status) \(.reorder.flows) \(.reorder.lost) \(.reorder.reordered) \(.environment.switch.wire)"')"
ended 200
is "measure in the other, meanwhile" "0 ok 10 0 0 bridge" \
	"$status $(jq -r '"\(.status) \(.reorder.flows) \(.reorder.lost) \(.reorder.reordered) \(.environment.switch.wire)"' "$work/bg.out")"

begin -n "$b" exec vm1 -- ping -c 30 -i 0.1 vm2
works "down of one" -n "$a" down
works "down of that on the host" -n "$c" down
ended 60
is "a ping in the other went on meanwhile" 0 "$status"
says "... without loss" " 0% packet loss" "$work/bg.out"
own "$b" bookworm
works "it still measures" -n "$b" measure --json --connections 5
is "... five connections" "ok 5 0" "$(q '"\(.status) \(.reorder.flows) \(.reorder.reordered)"')"
works "down of the other" -n "$b" down
unchanged "nothing is left"
finish
