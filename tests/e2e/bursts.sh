#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bursts.sh - UDP bursts at a vswitchd that stands still, with the switch's interrupts
# and handlers where a known bug needs them, and where it does not show; and that
# vswitchd goes on whatever becomes of the measurement
#
# limit: 900
# suites: trixie

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-bst

# Recirculated upcalls: those of a packet may go to another handler than those of the
# one before it. OVS before 3.6 or a kernel before 6.17 (OVS commit 0d9dc8e9c).
hash='multipath(symmetric_l3l4+udp,0,modulo_n,1,0,NXM_NX_REG0[])'
recirc_flows="priority=10,ip,in_port=1 actions=$hash,ct(table=1,zone=1)
$(for zone in 1 2 3 4; do
	echo "table=$zone,priority=10,ip actions=$hash,ct(commit,zone=$zone),ct(table=$((zone + 1)),zone=$((zone + 1)))"
done)
table=5,priority=10,ip actions=$hash,output:2
priority=1,in_port=1 actions=output:2
priority=1,in_port=2 actions=output:1"
stalled=(measure --traffic bursts --stall vswitchd --flush-conntrack)

set_flows() {
	printf '%s\n' "$recirc_flows" >"$work/flows"
	works "switch flows FILE" switch flows "$work/flows"
}

# state_of_vswitchd: of its first thread, R, S, T ...; of all of them if they differ
state_of_vswitchd() {
	# shellcheck disable=SC2016	# expanded there
	local read='sed "s/.*) \(.\).*/\1/" /proc/$(cat "$OVS_RUNDIR"/ovs-vswitchd.pid)/task/*/stat 2>/dev/null | tr -d "\n"'

	if [ "$1" = sw ]; then
		"$ovslab" exec sw -- sh -c "OVS_RUNDIR=/run/openvswitch; $read"
	else
		OVS_RUNDIR=$OVSLAB_RUNDIR/$OVSLAB_LAB/ovs sh -c "$read"
	fi
}

# shellcheck disable=SC2317	# called by until_true
stopped() { [[ $(state_of_vswitchd "$1") =~ ^T+$ ]]; }
# shellcheck disable=SC2317
goes_on() { [[ $(state_of_vswitchd "$1") =~ ^[RSD]+$ ]]; }

# shellcheck disable=SC2317	# called by until_true
stopped_or_gone() { stopped "$1" || gone "$pid"; }

test_place() {
	works "place --irq --handlers" switch place --irq 0 --handlers 1,0
	works "switch show" switch show --json
	check "... its document" tests/check-schema switch "$work/out"
	is "... what was asked for" "0 1,0" "$(q '"\(.placed_irq) \(.placed_handlers)"')"
	is "... where interrupts and handlers are" "to-vm1=0 to-vm2=0 handler=1 handler=0" \
		"$(q .cpus | sed 's/handler[0-9]*/handler/g; s/ reval.*//')"
	# shellcheck disable=SC2016	# expanded there
	works "... as the kernel there says" exec sw -- sh -c 'for t in /proc/$(cat /run/openvswitch/ovs-vswitchd.pid)/task/*; do
		read -r name <$t/comm; case $name in handler*) sed -n "s/Cpus_allowed_list:.//p" $t/status;; esac; done
		for i in $(sed -n "s/^ *\([0-9]*\):.*virtio.*-input.*/\1/p" /proc/interrupts); do cat /proc/irq/$i/smp_affinity_list; done'
	is "... handlers, then the receive interrupts" "1 0 0 0" "$(out | paste -sd' ')"
	works "switch restart" switch restart --json
	is "... puts new handlers there too" "handler=1 handler=0" \
		"$(q .cpus | grep -o 'handler[0-9]*=[0-9,-]*' | sed 's/r[0-9]*/r/' | paste -sd' ')"
	works "inspect" inspect --json
	check "... its document" tests/check-schema inspect "$work/out"
	refuses '[23]' "3 handlers|3 CPUs" switch place --handlers 1,0,1
	refuses '[23]' "no such CPU|does not take" switch place --handlers 0,99
	refuses 2 "is not a CPU" switch place --irq 0-1
	refuses 2 "is not a list of CPUs" switch place --handlers 1,
	refuses 2 "or --reset" switch place
	works "place --reset" switch place --reset --json
	is "... anywhere" "to-vm1=0-1 to-vm2=0-1 handler=0-1 handler=0-1" \
		"$(q .cpus | sed 's/handler[0-9]*/handler/g; s/ reval.*//')"
}

test_flows() {
	works "switch flows" switch flows
	is "... prints them: one in each table, and two" 8 "$(grep -c 'actions=' "$work/out")"
	echo 'priority=10,nonsense=1 actions=drop' >"$work/bad"
	refuses 2 "ovs-ofctl" switch flows "$work/bad"
	works "switch flows" switch flows
	is "... all as they were" 8 "$(grep -c 'actions=' "$work/out")"
}

# The same packets, counted by tcpdump and 'analyze'.
test_adverse() {
	works "place" switch place --irq 0 --handlers 1,0
	begin capture --both-sides -w "$work/capture" --json udp and dst port 9001 and src portrange 20000-32000
	until_true 20 grep -q listening "$work/bg.err"
	works "adverse: measure" "${stalled[@]}" --json
	cp "$work/out" "$work/run.json"
	kill -INT "$pid"
	ended 20
	check "... its document" tests/check-schema run "$work/run.json"
	is "... 2000 packets of 20 flows, none lost, exact" "2000 20 0 true capture" \
		"$(q '.reorder | "\(.packets) \(.flows) \(.lost) \(.exact) \(.source)"')"
	between "... reordered" 200 "$(q .reorder.reordered)" 2000
	between "... movers" 100 "$(q .reorder.movers)" "$(q .reorder.reordered)"
	is "... each packet met a vswitchd that had not seen its flow" true \
		"$(q '.switch_counters.missed >= 2000')"
	is "... each is known to have been upcalled" "null 2000 0 0" \
		"$(q '"\(.upcalls.why_not) \(.transit_ns | "\(.upcalled.packets) \(.direct.packets) \(.untold)")"')"
	is "... what was asked for is told" "irq=0 handlers=1,0 purge-megaflows flush-conntrack vswitchd" \
		"$(q '"\(.environment.placed | join(" ")) \(.environment.before_run | join(" ")) \(.traffic.bursts.stall)"')"
	works "analyze, of tcpdump's captures" analyze "$work/capture" --id payload-hash --json
	is "... counts the same" \
		"$(jq -c '.reorder | [.packets, .flows, .reordered, .flows_reordered, .movers, .lost, .extent.max]' "$work/run.json")" \
		"$(q -c '[.packets, .flows, .reordered, .flows_reordered, .movers, .lost, .extent.max]')"
	is "... knows the same of each" "true 2000" "$(q '"\(.upcalls.known) \(.upcalls.found)"')"
	check "vswitchd goes on" goes_on sw
}

# One megaflow for each burst's flow: the first packets go through vswitchd, the rest do not.
test_mixed() {
	printf '%s\n' 'priority=0,actions=NORMAL' "priority=10,udp,in_port=1 actions=$hash,output:2" >"$work/mixed"
	works "switch flows FILE" switch flows "$work/mixed"
	works "mixed: measure" measure --traffic bursts --json
	echo "# transit: $(q -c .transit_ns)"
	is "... each packet went one way or the other" "$(q .transit_ns.packets) 0" \
		"$(q '.transit_ns | "\(.upcalled.packets + .direct.packets) \(.untold)"')"
	between "... some through vswitchd" 20 "$(q .transit_ns.upcalled.packets)" 1900
	check "... which takes longer" jq -e '.transit_ns | .upcalled.p50 > 2 * .direct.p50' "$work/out"
	works "as text" measure --traffic bursts --cycles 2
	says "... in words" "^  through vswitchd, [0-9]+: half in " "$work/out"
	set_flows
}

test_straight() {
	works "place" switch place --irq 0 --handlers 0,1
	works "straight: measure" "${stalled[@]}" --json
	is "... 2000 packets of 20 flows, none lost, exact" "2000 20 0 true" \
		"$(q '.reorder | "\(.packets) \(.flows) \(.lost) \(.exact)"')"
	between "... reordered" 0 "$(q .reorder.reordered)" 20
	works "without a stall" measure --traffic bursts --cycles 2 --packets 20 --payload 1400 --json
	is "... 80 packets of 4 flows" "80 4 none" \
		"$(q '"\(.reorder.packets + .reorder.lost) \(.reorder.flows) \(.traffic.bursts.stall)"')"
	works "as text" measure --traffic bursts --cycles 2 --packets 20
	says "... says what and how" "^Traffic: 2 UDP bursts of 40 packets in 2 new flows" "$work/out"
	says "... counted by what" "^Counted from captures on both taps" "$work/out"
}

test_refused() {
	refuses 2 "for --traffic bursts" measure --stall vswitchd
	refuses 2 "for --traffic conns" measure --traffic bursts --connections 7
	refuses 2 "20000 is the most" measure --traffic bursts --flows 64 --packets 1000
	refuses 2 "12000 is the most" measure --traffic bursts --flows 64 --cycles 1000
	refuses 2 "events" measure --traffic bursts --events
}

# in_guest NODE PROGRAM
in_guest() { "$ovslab" exec "$1" -- pidof "$2" >/dev/null 2>&1; }

# stall_and SIGNAL PLACE: a measurement is ended while vswitchd is stopped; the bursts are
# big, so that it still is when the signal comes
stall_and() {
	begin "${stalled[@]}" --cycles 100 --flows 20 --packets 1000 --payload 1000
	check "a burst begins" until_true 30 stopped_or_gone "$2"
	kill -"$1" "$pid"
	ended 40
}

test_interrupted() {
	stall_and INT "$1"
	is "... measure ended by SIGINT" 130 "$status"
	check "... vswitchd goes on" goes_on "$1"
	check "... nothing is noted" [ ! -e "$OVSLAB_RUNDIR/$OVSLAB_LAB/stalled" ]
	check "... the receiver is gone" [ "$(in_guest vm2 ovslab-guest && echo there)" = "" ]
	begin -q --timeout 8 "${stalled[@]}" --cycles 200
	ended 40
	is "a limit that expires: status" 3 "$status"
	check "... vswitchd goes on" goes_on "$1"
}

# leave_stopped PLACE: by kill -9, which may come too late
leave_stopped() {
	local try

	for try in 1 2 3 4 5 6 7 8; do
		stall_and KILL "$1"
		! stopped "$1" || break
		echo "# it was going on when it was killed (try $try)"
	done
	check "kill -9 leaves it stopped" stopped "$1"
}

# Who notices what kill -9 left.
test_killed() {
	local place=$1 command

	shift
	for command; do
		leave_stopped "$place"
		# shellcheck disable=SC2086	# words
		works "... $command" $command
		check "... vswitchd goes on" goes_on "$place"
		check "... nothing is noted" [ ! -e "$OVSLAB_RUNDIR/$OVSLAB_LAB/stalled" ]
	done
}

test_on_host() {
	works "up, the switch on the host" up --warm "${on_host[@]}"
	works "measure" "${stalled[@]}" --cycles 3 --json
	is "... 600 packets of 6 flows left" "600 6 0" "$(q '.reorder | "\(.packets) \(.flows) \(.lost)"')"
	check "... vswitchd goes on" goes_on host
	refuses 2 "only in a VM" switch place --irq 0
	test_interrupted host
	test_killed host "switch show"
	leave_stopped host
	works "down, of a vswitchd that is stopped" down
	unchanged "nothing is left"
}

remember_host
works "up" up --warm --switch vm --switch-vcpus 2 --ovs debian:trixie
set_flows
test_flows
test_place
set_flows
test_adverse
test_straight
test_mixed
test_refused
test_interrupted sw
test_killed sw "measure --traffic bursts --cycles 1" "switch show" "up --switch vm --switch-vcpus 2 --ovs debian:trixie"
works "down" down
unchanged "nothing is left"
test_on_host
finish
