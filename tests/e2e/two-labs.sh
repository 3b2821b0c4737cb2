#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# two-labs.sh - two labs at once: brought up side by side, each with its own
# injection, and one that goes down does not disturb the other
#
# limit: 240

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
a=$tag-a b=$tag-b

remember_host
begin -n "$a" up "${on_host[@]}"
works "up of the second" -n "$b" up "${on_host[@]}"
ended 120
is "up of the first, meanwhile" 0 "$status"
works "ls" ls --json
is "... has both, ready" "$a ready $b ready" "$(q '[.labs[] | .name, .status] | join(" ")')"
is "... in namespaces of their own" 2 "$(ip netns list | grep -c "^ovslab-$tag-[ab]\b")"

works "exec in the first" -n "$a" exec vm1 -- touch /run/mark
run -n "$b" exec vm1 -- test -e /run/mark
is "... is not seen in the second" 1 "$status"

works "inject psh in the first" -n "$a" inject psh --ratio 10
works "inject ttl in the second" -n "$b" inject ttl
works "inject show of the first" -n "$a" inject show --json
is "... has its own" "psh vm1:egress" "$(q '.injections[] | "\(.kind) \(.place)"')"
works "inject show of the second" -n "$b" inject show --json
is "... has its own" "ttl tap-vm2:xdp" "$(q '.injections[] | "\(.kind) \(.place)"')"

begin -n "$a" measure --json --connections 10
works "measure in the second" -n "$b" measure --json --connections 10
is "... its mangler saw packets" "ttl ok" "$(q '"\(.injections[0].kind) \(.status)"')"
is "... ten connections" 10 "$(q .reorder.flows)"
ended 120
is "measure in the first, meanwhile" "0 psh 10" \
	"$status $(jq -r '"\(.injections[0].kind) \(.reorder.flows)"' "$work/bg.out")"

begin -n "$b" exec vm1 -- ping -c 20 -i 0.1 vm2
works "down of the first" -n "$a" down
ended 30
is "a ping in the second went on meanwhile" 0 "$status"
says "... without loss" " 0% packet loss" "$work/bg.out"
works "the second still measures" -n "$b" measure --json --connections 5
works "its injection is still there" -n "$b" inject show --json
is "... and counts" true "$(q '.injections[0].mangled > 0')"
works "down of the second" -n "$b" down
unchanged "nothing is left"
finish
