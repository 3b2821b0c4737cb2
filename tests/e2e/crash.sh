#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# crash.sh - processes that are killed, ours and the bench's: what is said, and
# that 'down' leaves the host as it was
#
# limit: 300

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-crash
state=$OVSLAB_RUNDIR/$OVSLAB_LAB/state.json

kill_up_at() { # STEP
	begin up "${on_host[@]}"
	until_true 60 step_begun "$1" || failed "'up' reaches $1"
	kill -KILL "$pid"
	ended 5
	is "'up' killed once step $1 had begun" "137 true" \
		"$status $(jq --arg s "$1" '.status == "starting" and (.steps | index($s) != null)' "$state")"
}

# A visit to the VM in a process of its own, which has the lab's lock too, may end later.
# shellcheck disable=SC2317	# called by until_true
is_abandoned() {
	"$ovslab" ls >"$work/out" && grep -Eq "$OVSLAB_LAB +abandoned" "$work/out"
}

test_killed_up() {
	local step delay

	for step in netns switch nodes boot reach; do
		kill_up_at "$step"
		until_true 5 is_abandoned
		says "ls tells" "$OVSLAB_LAB +abandoned" "$work/out"
		works "down after that" down
		unchanged "... leaves nothing"
	done
	for delay in 0.05 0.15 0.3 0.6 0.9 1.2; do
		begin up "${on_host[@]}"
		sleep "$delay"
		kill -KILL "$pid"
		ended 5
		works "down after 'up' was killed at $delay s" down
		unchanged "... leaves nothing"
	done
}

test_up_after_killed_up() {
	kill_up_at boot
	works "'up' after a killed 'up'" up "${on_host[@]}"
	says "... cleans up by itself" "was killed: cleaning up"
	works "the lab is ready" exec vm1 -- ping -c 1 -w 5 vm2
}

test_killed_measure() {
	works "inject" inject psh --ratio 10
	begin measure
	until_true 20 grep -q 'from vm1 to vm2' "$work/bg.err"
	sleep 1
	kill -KILL "$pid"
	ended 5
	is "measure killed" 137 "$status"
	works "measure again" measure --json --connections 10
	is "... sees its own traffic only" "ok 10" "$(q '"\(.status) \(.reorder.flows)"')"
	works "inject show" inject show --json
	is "... the injection is still there, once" 1 "$(q '.injections | length')"
}

test_changed_injection() {
	begin measure --json
	until_true 20 grep -q 'from vm1 to vm2' "$work/bg.err"
	works "inject clear during a run" inject clear
	ended 120
	is "... makes it no success" "1 injections-changed" "$status $(jq -r .status "$work/bg.out")"
	check "... and a note says what went" jq -e '.notes[0] | test("psh .* at vm1:egress was removed")' \
		"$work/bg.out"
}

# TCP would go on for minutes: the end must come from looking at the other node
test_node_dies_in_run() {
	works "up" up --warm "${on_host[@]}"
	begin measure --connections 2000
	until_true 20 grep -q 'from vm1 to vm2' "$work/bg.err"
	kill -KILL "$(jq -r '.nodes[] | select(.name == "vm2") | .pid' "$state")"
	ended 30
	is "measure ends when the receiver's VM has died" 3 "$status"
	says "... and names it" "vm2 is down" "$work/bg.err"
	works "inject show" inject show
	says "... goes on without it" "vm2: is down" "$work/err"
	works "down" down
	unchanged "... leaves nothing"
}

test_dead_switch() {
	local vswitchd

	vswitchd=$(<"$OVSLAB_RUNDIR/$OVSLAB_LAB/ovs/ovs-vswitchd.pid")
	kill -KILL "$vswitchd"
	until_true 5 gone "$vswitchd"
	run ls
	says "ls: broken" "$OVSLAB_LAB +broken" "$work/out"
	refuses 3 "ovs-vswitchd" measure
	hints "... and what to do" "down"
	works "inspect" inspect --json
	is "... says that the switch is dead" false "$(q .live.switch)"
	run inspect
	says "... as text too" "does NOT answer" "$work/out"
	works "down" down
	unchanged "... leaves nothing"
}

test_dead_node() {
	works "up" up --warm "${on_host[@]}"
	kill -KILL "$(jq -r '.nodes[] | select(.name == "vm1") | .pid' "$state")"
	until_true 5 gone "$(jq -r '.nodes[0].pid' "$state")"
	run ls
	says "ls: broken" "$OVSLAB_LAB +broken" "$work/out"
	refuses 3 "vm1 is down" exec vm1 -- true
	hints "... and what to do" "down"
	says "... with the console's last lines" "vm1 ready in"
	works "exec in the other still works" exec vm2 -- true
	refuses 3 "vm1 is down" measure
	refuses 3 "vm1 is down" inject psh
	refuses 3 "vm1 is down" up "${on_host[@]}"
	works "down" down
	unchanged "... leaves nothing"
}

remember_host
test_killed_up
test_up_after_killed_up
test_killed_measure
test_changed_injection
test_dead_switch
test_dead_node
test_node_dies_in_run
finish
