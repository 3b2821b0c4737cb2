#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# signals.sh - SIGINT and SIGTERM: rolled back in order; a second one is told to be patient,
# a third one ends it on the spot
#
# limit: 240

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-sig

signal_up() { # SIGNAL STATUS DELAY
	begin up "${on_host[@]}"
	sleep "$3"
	kill -"$1" "$pid"
	ended 20
	is "up ended by SIG$1 after $3 s" "$2" "$status"
	says "... says so" "interrupted" "$work/bg.err"
	is "... has rolled back" "" "$(ls -A "$OVSLAB_RUNDIR" 2>/dev/null)"
	unchanged "... leaves nothing"
}

test_up() {
	for delay in 0.1 0.3 0.7 1.5 2.5; do
		signal_up INT 130 "$delay"
	done
	signal_up TERM 143 0.5
	signal_up TERM 143 2
}

# In the roll-back, which the first signal begins, the second one is told to wait.
test_second() {
	local try

	for try in 1 2 3 4 5; do
		begin up "${on_host[@]}"
		sleep 1.5
		kill -INT "$pid"
		until_true 5 grep -q 'rolling back' "$work/bg.err"
		kill -INT "$pid" 2>/dev/null
		ended 20
		! grep -q 'ending in order' "$work/bg.err" || break
		echo "# the roll-back was faster (try $try)"
	done
	is "a second signal: status" 130 "$status"
	says "... is told what goes on" "^ovslab: ending in order, .*once more ends it on the spot" "$work/bg.err"
	unchanged "... leaves nothing"
}

# The third one ends it; the lab's name is said, and it goes down afterwards.
test_third() {
	local try start

	for try in 1 2 3 4 5; do
		begin up "${on_host[@]}"
		sleep 1.5
		kill -INT "$pid"
		until_true 5 grep -q 'rolling back' "$work/bg.err"
		kill -INT "$pid" 2>/dev/null
		until_true 5 grep -q 'ending in order' "$work/bg.err"
		kill -TERM "$pid" 2>/dev/null
		start=$(now)
		ended 5
		[ "$(ls -A "$OVSLAB_RUNDIR" 2>/dev/null)" = "" ] || break
		echo "# the roll-back was faster (try $try)"
	done
	is "a third signal: status" 143 "$status"
	between "... at once, seconds" 0 "$(awk -v a="$start" -v b="$(now)" 'BEGIN { print (b - a) / 1e6 }')" 1
	says "... tells which lab is left, and the cure" "lab '$OVSLAB_LAB' is left as it is: ovslab -n $OVSLAB_LAB down\$" \
		"$work/bg.err"
	works "down cleans up after that" down
	unchanged "... leaves nothing"
}

# shellcheck disable=SC2317	# called by until_true
in_guest() { "$ovslab" exec "$1" -- pidof "$2" >/dev/null 2>&1; }
# shellcheck disable=SC2317
not_in_guest() { ! in_guest "$@"; }

test_exec() {
	works "up" up --warm "${on_host[@]}"
	begin exec vm1 -- sleep 777
	check "exec runs a program in the guest" until_true 10 in_guest vm1 sleep
	kill -INT "$pid"
	ended 10
	is "exec ended by SIGINT" 130 "$status"
	check "... its program in the guest ends" until_true 5 not_in_guest vm1 sleep
	begin exec vm1 -- sleep 778
	until_true 10 in_guest vm1 sleep
	kill -TERM "$pid"
	ended 10
	is "exec ended by SIGTERM" 143 "$status"
	check "... its program in the guest ends" until_true 5 not_in_guest vm1 sleep
}

signal_measure() { # KIND PROGRAM DELAY
	local long=(--connections 500)

	[ "$1" = conns ] || long=(--seconds 60)
	begin measure --traffic "$1" "${long[@]}"
	until_true 20 grep -q ' from vm1 to vm2' "$work/bg.err" || failed "$1 traffic begins"
	sleep "$3"
	kill -INT "$pid"
	ended 20
	is "measure of $1 ended by SIGINT after $3 s" 130 "$status"
	check "... the sender is gone" until_true 5 not_in_guest vm1 "$2"
	check "... the receiver is gone" until_true 5 not_in_guest vm2 "$2"
	is "... no run was kept" 0 "$(find "$OVSLAB_STATEDIR" -name '*.json' 2>/dev/null | wc -l)"
	is "... the probes are off" "" "$(in_lab "$OVSLAB_LAB" bpftool -j net | jq -r '.[].tc[]')"
}

test_measure() {
	for delay in 0 0.1 0.3 2; do
		signal_measure conns ovslab-guest "$delay"
		signal_measure bulk iperf3 "$delay"
	done
	works "the lab still measures" measure --connections 5
	works "down" down
	unchanged "nothing is left"
}

remember_host
test_up
test_second
test_third
test_exec
test_measure
finish
