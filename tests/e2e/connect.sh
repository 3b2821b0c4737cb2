#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# connect.sh - connections that are only opened, by how they end; what OpenFlow flows
# with a cookie counted; IPv6; megaflows kept and revalidated; and bursts of which the
# switch lets nothing through
#
# limit: 400

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-con

set_flows() { # FLOW...
	printf '%s\n' "$@" >"$work/flows"
	works "switch flows" switch flows "$work/flows"
}

ends='.connect | "\(.connected) \(.unreachable) \(.refused) \(.timed_out) \(.other)"'

# connects NAME EXPECTED OPTIONS...
connects() {
	local name=$1 expected=$2

	shift 2
	works "$name" measure --traffic connect --attempts 3 --json "$@"
	check "... its document" tests/check-schema run "$work/out"
	is "... connected, unreachable, refused, timed out, other; status" "$expected ok" \
		"$(q "($ends) + \" \" + .status")"
}

reject() { # WITH...
	# shellcheck disable=SC2016	# expanded there
	works "nftables in vm2: $*" exec vm2 -- sh -c 'nft "flush ruleset; table inet t {
		chain i { type filter hook input priority 0; tcp dport 22 $1; }; }"' sh "$*"
}

# Nothing listens on 22 in vm2: its image has no sshd.
test_ends() {
	connects "nobody listens" "0 0 3 0 0" --port 22
	connects "... IPv6" "0 0 3 0 0" --port 22 --ip 6
	is "... says so" "6 22 3 2" "$(q '.traffic | "\(.ip) \(.connect.port) \(.connect.attempts) \(.connect.limit_s)"')"
	reject reject with icmpx host-unreachable
	connects "ICMP host unreachable" "0 3 0 0 0" --port 22
	connects "ICMPv6 address unreachable" "0 3 0 0 0" --port 22 --ip 6
	works "... as text" measure --traffic connect --port 22 --attempts 3
	says "... says how they ended" "^ +3  unreachable" "$work/out"
	reject reject with icmpx admin-prohibited
	connects "ICMPv6 administratively prohibited" "0 3 0 0 0" --port 22 --ip 6
	reject accept
	works "a listener" exec vm2 -- ovslab-guest serve --port 22 --daemon
	connects "somebody listens" "3 0 0 0 0" --port 22
	works "... ends" exec vm2 -- ovslab-guest stop --port 22
}

# A SYN that nobody answers is sent twice within the limit.
test_cookies() {
	set_flows 'cookie=0x7,priority=9,tcp,tp_dst=22,actions=drop' 'priority=0,actions=NORMAL'
	connects "the switch drops it" "0 0 0 3 0" --port 22
	is "... the flow with the cookie counted each SYN" 6 "$(q .openflow.cookie_packets)"
	connects "another port" "0 0 3 0 0" --port 23
	is "... it counted none, though it has counted before" 0 "$(q .openflow.cookie_packets)"
}

test_revalidate() {
	works "IPv6, megaflows kept and revalidated" measure --traffic bulk --seconds 4 --ip 6 \
		--no-purge --revalidate-every 1s --json
	is "... is IPv6" "6 fd00:198:18::2" "$(q '"\(.traffic.ip) \(.reorder.per_flow[0].destination)"')"
	is "... the run says what was done" revalidate-every=1s "$(q '.environment.before_run | join(" ")')"
	between "... vswitchd revalidated" 2 "$(q '.switch_counters.coverage.rev_flow_table // 0')" 9
	works "conns, IPv6" measure --connections 3 --ip 6 --json
	is "... 3 connections, no revalidation, a purge" "3 6 0 purge-megaflows" \
		"$(q '"\(.reorder.flows) \(.traffic.ip) \(.switch_counters.coverage.rev_flow_table // 0) \(.environment.before_run | join(" "))"')"
	works "switch flows" switch flows
	is "... are those that were set" 2 "$(grep -c actions= "$work/out")"
}

# What kill -9 left is neither reported nor left for long.
test_killed() {
	begin measure --traffic bulk --seconds 20 --revalidate-every 1s
	check "a flow is added" until_true 30 touched
	kill -KILL "$pid"
	ended 10
	works "the next run" measure --connections 2 --json
	is "... does not report it" 2 "$(q '.environment.flows | length')"
	check "... and removed it" not_touched
}

# shellcheck disable=SC2317	# called by until_true
touched() { "$ovslab" -q switch flows | grep -q 0x88b5; }
# shellcheck disable=SC2317
not_touched() { ! touched; }

test_lost() {
	set_flows 'priority=0,actions=drop'
	works "nothing comes through, not even ARP" exec vm1 -- ip neighbour flush all
	works "bursts" measure --traffic bursts --cycles 2 --packets 20 --json
	check "... their document" tests/check-schema run "$work/out"
	is "... all entered, none left, all are lost" "80 80 0 4 ok" \
		"$(q '"\(.reorder.lost) \(.reorder.ingress_packets) \(.reorder.egress_packets) \(.reorder.flows) \(.status)"')"
	says "... a note says that vm2 did not answer" "no answer from vm2" "$work/out"
}

test_refused() {
	refuses 2 "needs --port" measure --traffic connect
	refuses 2 "for --traffic connect" measure --port 22
	refuses 2 "for --traffic connect" measure --traffic bulk --attempts 3
	refuses 2 "IPv4 only" measure --traffic bursts --ip 6
	refuses 2 "events" measure --traffic connect --port 22 --events
}

works "up" up --warm "${on_host[@]}"
test_ends
test_cookies
test_revalidate
test_killed
test_lost
test_refused
works "down" down
finish
