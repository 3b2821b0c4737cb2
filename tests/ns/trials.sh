#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# trials.sh - 'run' and 'validate' where no lab comes up: what earlier trials left, a budget
# that is used up, a series that needs no further pair

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
limit=20

# unfinished RUNS FILE: a series of that many runs to go on with
unfinished() {
	tests/ns/make-trial.py validate | jq ".runs |= .[:$1] | .finished = false | .ended_by = \"interrupted\" | .scenario.sets = []" >"$2"
}

ended_by() { jq -r '"\(.finished) \(.ended_by)"' "$1"; }

test_budget() {
	unfinished 6 "$work/series.json"
	run validate --resume "$work/series.json" --budget 1
	is "a budget that has no room for a pair: the status" 5 "$status"
	is "... in the file" "false the budget of 1 s has no room for one pair more" \
		"$(ended_by "$work/series.json")"
	is "... no lab was brought up for that" "" "$(grep 'bringing its lab up' "$work/err")"
	tests/ns/make-trial.py matrix | jq '.runs |= .[:2] | .finished = false | .runs_each = 3 | .scenario.sets = []' >"$work/runs.json"
	run run --resume "$work/runs.json" --budget 1
	is "... nor for a run: the status" 5 "$status"
	is "... in the file" "false the budget of 1 s has no room for one run more" "$(ended_by "$work/runs.json")"
	is "... no lab either" "" "$(grep 'bringing its lab up' "$work/err")"
}

# Killed behind its last pair, before that was written down
test_all_measured() {
	unfinished 10 "$work/all.json"
	run validate --resume "$work/all.json"
	is "a series that needs no pair more: the status" 0 "$status"
	is "... is finished" "true null" "$(ended_by "$work/all.json")"
	is "... without a lab" "" "$(grep 'bringing its lab up' "$work/err")"
	jq '.budget_s = 60' "$work/all.json" >"$work/told.json"
	works "told again" validate --resume "$work/told.json" --budget 1
	is "... with the budget that it had" 60 "$(jq .budget_s "$work/told.json")"
}

# It is told of what was measured: what that took may be gone, and others may do the same.
test_told() {
	tests/ns/make-trial.py validate >"$work/old.json"
	is "a series with a tree that is gone" "true fixed.ovs=dir:/home/me/my tree" \
		"$(jq -r '"\(.finished) \(.scenario.sets[0])"' "$work/old.json")"
	works "... is told again" validate --resume "$work/old.json"
	exec 9<"$work/old.json"
	flock 9
	works "... while another command tells it" validate --resume "$work/old.json"
	exec 9<&-
	jq '.finished = false | .runs |= .[:6]' "$work/old.json" >"$work/on.json"
	refuses 2 "fixed: /home/me/my tree: No such file" validate --resume "$work/on.json" --budget 1
	unfinished 6 "$work/series.json"
	jq '.scenario.text |= (sub("priority=0,"; "tcp_flag=1,") | gsub("ovs: trixie"; "ovs: bullseye"))' "$work/series.json" >"$work/flows.json"
	run validate --resume "$work/flows.json" --budget 1
	is "flows with which something was measured are not asked about: the status" 5 "$status"
	jq '.runs = []' "$work/flows.json" >"$work/none.json"
	refuses 2 "openflow: .*tcp_flag" validate --resume "$work/none.json" --budget 1
}

# What one command writes no other goes on with.
test_at_work() {
	unfinished 6 "$work/series.json"
	exec 9<"$work/series.json"
	flock 9
	refuses 2 "series.json: another command is at work on it" validate --resume "$work/series.json" --budget 1
	exec 9<&-
	run validate --resume "$work/series.json" --budget 1
	is "a file that nobody is at work on: the status" 5 "$status"
	ln -s series.json "$work/link"
	run validate --resume "$work/link" --budget 1
	is "a link to it: the status" 5 "$status"
	check "... stays one" [ -L "$work/link" ]
	mkfifo "$work/pipe"
	refuses 2 "not a regular file" validate --resume "$work/pipe"
	refuses 2 "not a regular file" validate --resume /dev/zero
}

test_sources() {
	refuses 2 "fixed: /etc/passwd is no folder" validate @first-psh --set ovs=sid --set fixed.ovs=dir:/etc/passwd
	refuses 2 "fixed: /etc is a folder" validate @first-psh --set fixed.kernel=file:/etc,/etc
	refuses 2 "too long a path" validate @first-psh --set "fixed.ovs=dir:$(printf '%09000d' 1)"
}

# left NAME: a lab as a trial leaves it that was killed
left() {
	mkdir -p "$OVSLAB_RUNDIR/$1/ovs"
	jq -n --arg name "$1" --arg dir "$OVSLAB_RUNDIR/$1" '{schema: "ovslab.lab/1", name: $name, id: $name,
		dir: $dir, status: "ready", trial: "small", creator_pid: 1, creator_start_ticks: 1, vms: 0,
		asked: {}, bench: {}, ovs: {}, wires: [], nodes: [], phases: [], steps: []}' \
		>"$OVSLAB_RUNDIR/$1/state.json"
}

# A mount in its folder keeps a lab from being removed; it is there for one command.
test_lab_that_stays() {
	local bare=$ovslab

	unfinished 6 "$work/series.json"
	left t-000001-0
	left t-000002-0
	# shellcheck disable=SC2016	# expanded there
	printf '#!/bin/sh\nexec unshare --mount sh -c '\''mount -t tmpfs none "$0" && exec "$@"'\'' %s %s "$@"\n' \
		"$OVSLAB_RUNDIR/t-000001-0/ovs" "$bare" >"$work/held"
	chmod +x "$work/held"
	ovslab=$work/held
	run validate --resume "$work/series.json" --budget 1
	is "a lab of a killed trial that cannot be taken down stops no other: the status" 5 "$status"
	says "... is told of" "left as it is: .*cannot be removed: .*; try 'ovslab -n t-000001-0 down'" "$work/err"
	is "... the next one is down all the same" t-000001-0 "$(ls "$OVSLAB_RUNDIR")"
	run doctor
	says "doctor names it" "were killed.*|was killed.*: t-000001-0$" "$work/out"
	says "... and the cure" "-> ovslab -n t-000001-0 down$" "$work/out"
	refuses 3 "cannot be removed" down -n t-000001-0
	check "... whose it is stays known" jq -e .trial "$OVSLAB_RUNDIR/t-000001-0/state.json"
	ovslab=$bare
	works "down, once nothing holds it" down -n t-000001-0
	run doctor
	says "doctor has nothing to tell" "0 labs, and none without an owner" "$work/out"
}

test_budget
test_all_measured
test_told
test_at_work
test_sources
test_lab_that_stays
finish
