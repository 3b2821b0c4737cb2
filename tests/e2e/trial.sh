#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# trial.sh - 'run' and 'validate' on real labs: a verdict from a few pairs, none where the
# bench does not show the bug; Ctrl-C and kill -9 in the middle of it, and going on; nothing
# of it is left behind
#
# limit: 1500
# suites: trixie

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
limit=600
store_of_our_own

# The positive control, small: userspace datapath, flows that match on tcp_flags.
scenario() { # NAME LEAST FIXED-FLOWS
	cat >"$work/$1.yml" <<-END
		ovslab-scenario: 1
		name: $1
		summary: flows that match on tcp_flags reorder within each batch
		bench: { switch: vm, datapath: userspace, ovs: trixie, kernel: trixie, offloads: off }
		openflow: ["priority=0,actions=NORMAL", "priority=100,tcp,tcp_flags=+psh,actions=NORMAL"]
		inject: ["psh --ratio 10 --at vm1:egress"]
		before-run: [purge-megaflows]
		traffic: { kind: conns, connections: 6, bytes: 256KiB }
		variants:
		  baseline: {}
		  fixed: { openflow: [$3] }
		expect:
		  - { metric: reordered, variant: baseline, at-least: $2 }
		  - { metric: reordered, variant: fixed, at-most-ratio: 0.1 }
		score: { metric: reordered }
	END
}

no_labs() { is "$1: no lab is left" "" "$(ls -A "$OVSLAB_RUNDIR" 2>/dev/null)"; }

# kept: the newest file
kept() { find "$OVSLAB_STATEDIR/runs" -name '*.json' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-; }

runs_kept() { jq '.runs | length' "$(kept)" 2>/dev/null || echo 0; }

# shellcheck disable=SC2317	# called by until_true
has_runs() { [ "$(runs_kept)" -ge "$1" ] || gone "$pid"; }

test_refusals() {
	refuses 2 "which scenario" validate
	refuses 2 "no shipped scenario 'psh-splitt' \(did you mean '@psh-split'" run @psh-splitt
	refuses 2 "no variant 'fixd'" run "$work/small.yml" --variant fixd
	refuses 2 "has no variants" validate @ssh-down
	refuses 2 "needs an Open vSwitch of your own" validate @emc-batch
	refuses 2 "sets nothing" run "$work/small.yml" --set nonsense
	refuses 2 "no run 'nope'" validate --resume nope
	refuses 2 "itself is --aa" validate "$work/small.yml" --variant baseline
	refuses 125 "no shipped scenario" run @none --bisect
	refuses 2 "fixed: /nonexistent: No such file" validate "$work/small.yml" --set fixed.ovs=dir:/nonexistent
	refuses 125 "fixed: /nonexistent: No such" run "$work/small.yml" --bisect --set ovs=dir:/nonexistent
	is "nothing was kept" "" "$(ls "$OVSLAB_STATEDIR/runs" 2>/dev/null)"
	works "run --list" run --list --json
	check "... fits its schema" tests/check-schema scenarios "$work/out"
}

test_run() {
	works "run" run "$work/small.yml" --json
	check "... its document" tests/check-schema trial "$work/out"
	is "... a run of each variant" "baseline fixed" "$(q '[.runs[].variant] | join(" ")')"
	is "... as expected" "true true" "$(q '.outcome | "\(.expectations_hold) \(.expectations_known)"')"
	is "... the mangler changed packets in both" true "$(q '[.runs[].run.injections[0].mangled > 50] | all')"
	q -S . >"$work/same"
	check "... what was kept is the same" sh -c "jq -S . '$(kept)' | cmp - '$work/same'"
	no_labs "run"
	run run "$work/small.yml" --bisect --runs 2
	is "--bisect of what is good" 0 "$status"
	is "... agrees in all runs" "2 2" "$(jq -r '[.runs[].variant] | "\(map(select(. == "fixed")) | length) \(map(select(. == "baseline")) | length)"' "$(kept)")"
	run run "$work/same.yml" --bisect
	is "--bisect of what is bad" 1 "$status"
	run run "$work/unseen.yml" --bisect
	is "--bisect where the baseline shows no bug" 125 "$status"
	no_labs "run --bisect"
}

# Carried out in one go; one that ends as 'fixed' is resumed below, another is in gallery.sh.
test_not_shown() {
	run validate "$work/unseen.yml" --seed 7 --progress json --json
	is "a baseline without the bug: inconclusive" 5 "$status"
	check "... its document" tests/check-schema trial "$work/out"
	is "... says so" "inconclusive bug-not-shown" "$(q '.outcome | "\(.verdict) \(.refusal)"')"
	is "... the first look was enough" "5 5 0" "$(q '.outcome.counts | "\(.pairs) \(.cured) \(.worse)"')"
	is "... finished, by that seed" "true 7" "$(q '"\(.finished) \(.seed)"')"
	is "... its runs are kept" 10 "$(runs_kept)"
	is "... each pair has both, one after the other" true \
		"$(q '[.runs | _nwise(2) | .[0].pair == .[1].pair and .[0].cell + .[1].cell == 1 and .[1].second and (.[0].second | not)] | all')"
	is "... in both orders" 2 "$(q '[.runs[] | select(.second | not) | .cell] | unique | length')"
	while IFS= read -r line; do
		tests/check-schema progress <<<"$line" >>"$work/events" 2>&1 || echo "$line" >>"$work/events"
	done < <(grep '^{' "$work/err")
	is "... events fit their schema" "" "$(head -n 3 "$work/events")"
	is "... and are of all kinds" "begin end phase run state" \
		"$(grep '^{' "$work/err" | jq -r .event | sort -u | xargs)"
	no_labs "validate"
}

test_interrupted() {
	local file runs

	begin validate "$work/small.yml" --seed 3
	check "a run is kept as soon as it is made" until_true 200 has_runs 1
	check "... and more" until_true 200 has_runs 3
	kill -INT "$pid"
	sleep 0.05
	kill -INT "$pid"
	ended 60
	is "Ctrl-C, twice at once: the status" 130 "$status"
	says "... what goes on" "^trial: interrupted: what was measured is kept; taking its labs down" "$work/bg.err"
	says "... the verdict so far" "inconclusive" "$work/bg.out"
	says "... how to go on" "validate --resume .*small-" "$work/bg.err"
	no_labs "Ctrl-C"
	file=$(kept)
	is "... in the file" "false interrupted" "$(jq -r '"\(.finished) \(.ended_by)"' "$file")"
	begin validate --resume "$file"
	check "resumed: further runs" until_true 200 has_runs 5
	kill -KILL "$pid"
	ended 10
	check "kill -9 leaves labs" [ -n "$(ls -A "$OVSLAB_RUNDIR")" ]
	check "... and a whole file" tests/check-schema trial "$file"
	refuses 2 "is of scenario" validate @psh-split --resume "$file"
	refuses 2 "made by 'validate'" run --resume "$file"
	refuses 2 "--set is not for it" validate --resume "$file" --set ovs=sid
	works "resumed again: fixed" validate --resume "$file" --json
	is "... its verdict" "fixed scored" "$(q '.outcome | "\(.verdict) \(.refusal)"')"
	is "... by five whole pairs, the first look was enough" "5 5 5 0" \
		"$(q '.outcome | "\(.pairs) \(.counts | "\(.pairs) \(.cured) \(.worse)")"')"
	is "... finished, with the seed that it had" "true 3" "$(q '"\(.finished) \(.seed)"')"
	is "... at the place of the seed's order" "0 1 2 3 4" "$(q '[.runs[].pair] | unique | join(" ")')"
	is "... and tells that it was resumed" 2 "$(q '[.notes[] | select(startswith("resumed"))] | length')"
	no_labs "resumed: those of the killed one too"
	runs=$(runs_kept)
	run validate --resume "$(basename "$file" .json)"
	is "what is finished is told again, and measured no more: status" 0 "$status"
	is "... runs" "$runs" "$(runs_kept)"
}

test_budget() {
	run validate "$work/small.yml" --budget 1 --json
	is "a budget that has no room for a pair: status" 5 "$status"
	is "... nothing was measured, and why" "0 false true" \
		"$(q '"\(.runs | length) \(.finished) \(.ended_by | startswith("the budget of 1 s"))"')"
	no_labs "budget"
}

scenario small 20 '"priority=0,actions=NORMAL"'
scenario unseen 1000000 '"priority=0,actions=NORMAL"'
scenario same 20 '"priority=0,actions=NORMAL", "priority=90,tcp,tcp_flags=+psh,actions=NORMAL"'
remember_host
test_refusals
test_run
test_not_shown
test_interrupted
test_budget
unchanged "nothing is left"
finish
