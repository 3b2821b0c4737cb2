#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# schemas.sh - what the commands print of a lab fits docs/schemas/
#
# The documents that need no lab are in tests/ns/schemas.sh, that of a saved lab is
# in tests/e2e/warm.sh.
#
# limit: 500
# suites: trixie

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

lab=$tag

# prints SCHEMA ARGS...: succeeds, and what it prints is a document of that schema
prints() {
	local schema=$1

	shift
	works "$* succeeds" -n "$lab" "$@" --json
	check "and prints ovslab.$schema" tests/check-schema "$schema" "$work/out"
}

test_bench() {
	prints lab up "${on_host[@]}"
	prints lab up "${on_host[@]}"
	check "the state file" tests/check-schema lab "$OVSLAB_RUNDIR/$lab/state.json"
	prints ls ls
	is "with its nodes" 2 "$(q '.labs[0].nodes | length')"
	prints inspect inspect
	is "all of it is alive" "true true true" \
		"$(q '.live | "\(.vm1) \(.vm2) \(.switch)"')"
	prints env env
	prints capture capture -w "$work/captures" --seconds 1
	is "of both taps" 2 "$(q '.files | length')"
}

test_experiment() {
	prints inject inject show
	is "nothing is injected yet" 0 "$(q '.injections | length')"
	prints inject inject psh --ratio 10
	prints inject inject ttl
	prints inject inject show
	is "two places" "tap-vm2:xdp vm1:egress" "$(q '[.injections[].place] | sort | join(" ")')"
	prints run measure --connections 4 --bytes 64K -w "$work/runs"
	check "the run's file" tests/check-schema run "$work"/runs/*.json
	prints run measure --traffic bulk --seconds 1 --streams 2 -w "$work/bulk"
	prints inject-clear inject clear
	is "both" 2 "$(q .cleared)"
}

test_broken() {
	kill -KILL "$("$ovslab" -n "$lab" inspect --json | jq '.nodes[1].pid')"
	until_true 5 gone
	prints ls ls
	is "a lab whose VM has ended" broken "$(q '.labs[0].status')"
	prints inspect inspect
	is "and which one" "true false" "$(q '.live | "\(.vm1) \(.vm2)"')"
}

# shellcheck disable=SC2317	# called by until_true
gone() {
	[ "$("$ovslab" -n "$lab" inspect --json | jq .live.vm2)" = false ]
}

# The same documents where the switch is a VM, and those that tell of one.
test_switch_vm() {
	works "down" -n "$lab" down
	prints lab up --switch vm --pin sw=0
	is "with two wires and three nodes" "2 vm1 vm2 sw" \
		"$(q '"\(.wires | length) \([.nodes[].name] | join(" "))"')"
	check "the state file" tests/check-schema lab "$OVSLAB_RUNDIR/$lab/state.json"
	prints ls ls
	prints inspect inspect
	is "all of it is alive" "true true true true" "$(q '.live | "\(.vm1) \(.vm2) \(.sw) \(.switch)"')"
	prints switch switch show
	is "of a VM" vm "$(q .switch)"
	prints switch switch restart
	prints run measure --connections 4 --bytes 64K -w "$work/vm"
	check "the run's file" tests/check-schema run "$work"/vm/*.json
	is "pinned" "sw=0" "$(q '.environment.pinned | join(" ")')"
}

test_bench
prints switch switch show
is "of the host" host "$(q .switch)"
test_experiment
test_broken
test_switch_vm
prints image image build
prints down down
finish
