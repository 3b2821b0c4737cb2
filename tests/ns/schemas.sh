#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# schemas.sh - the schemas, their checker, and the documents that need no VM
#
# What needs a lab is in tests/e2e/schemas.sh.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# fits SCHEMA NAME ARGS...: what the command prints is a document of that schema
fits() {
	local schema=$1 name=$2

	shift 2
	run "$@"
	check "$name" tests/check-schema "$schema" "$work/out"
}

# caught NAME SCHEMA FILTER: the checker refuses what jq made of the last document
caught() {
	jq "$3" "$work/out" >"$work/bad"
	if tests/check-schema "$2" "$work/bad" >"$work/said"; then
		failed "$1" "nothing was found wrong with:" "$(<"$work/bad")"
	else
		passed "$1: $(head -n 1 "$work/said")"
	fi
}

test_schemas() {
	check "schemas: names, references, table, and one for each name in the sources" \
		tests/check-schema --self
}

test_documents() {
	fits ls "no labs" ls --json
	is "and there are none" 0 "$(q '.labs | length')"
	mkdir -p "$OVSLAB_RUNDIR/half"
	fits ls "a lab without a state file" ls --json
	is "it is abandoned" "half abandoned" "$(q -r '.labs[] | "\(.name) \(.status)"')"
	fits down "down of what is left of a lab" -n half down --json
	is "it was there" true "$(q '.labs[0].was_there')"
	fits down "down of no lab" -n "$tag" down --json
	is "it was not there" false "$(q '.labs[0].was_there')"
	fits down "down of all, and there are none" down --all --json
	fits images "images of the cache" image list --json
	OVSLAB_CACHEDIR=$work/cache fits images "images of an empty cache" image list --json
	is "it has none" 0 "$(q '.images | length')"
	OVSLAB_CACHEDIR=$work/cache fits image-prune "pruning an empty cache" image prune --json
	fits image-prune "what pruning all would remove" image prune --all --dry-run --json
	fits reorder "an analysis of ranks" analyze --ranks "1 2 4 5 3" --flows --events --json
	is "one is reordered" "1 3" "$(q '"\(.reordered) \(.events[0].rank)"')"
	fits lint "scenario files" lint --json @ssh-down
	fits inject-kinds "kinds of manglers" inject kinds --json
	is "each has a place, and a reason where it does not work" "" \
		"$(q -r '.kinds[] | select((.places | length) == 0 or
		   ((.places | length) < 5) != (.elsewhere != null)) | .kind')"
	is "the schema of injections has them all" "" "$(comm -3 <(q -r '.kinds[].kind' | sort) <(
		jq -r '.properties.injections.items.properties.kind.enum[]' docs/schemas/inject.json | sort))"
	fits doctor "doctor" doctor --json
	is "its status is its answer" "$(q 'if .ready then 0 else 4 end')" "$status"
}

# The last document is doctor's. A checker that finds nothing proves nothing.
test_checker() {
	caught "a member that the schema lacks" doctor '.probes[0].extra = 1'
	caught "a member that is missing" doctor 'del(.probes[0].fix)'
	caught "another type" doctor '.ready = 1'
	caught "another word" doctor '.probes[0].level = "fine"'
	caught "an empty text" doctor '.probes[0].evidence = ""'
	caught "another document" doctor '.schema = "ovslab.ls/1"'
	caught "no document of that kind" nonsense .
	run ls --json
	caught "a negative time" ls '.labs = [{name: "a", status: "ready", created_s: -1}]'
	caught "a name that no lab can have" ls '.labs = [{name: "a/b", status: "ready"}]'
	check "a good one" tests/check-schema ls "$work/out"
	printf '{"schema": "ovslab.ls/1", "labs": [], "labs": []}' >"$work/out"
	caught_text "a member twice"
	printf '{"schema": "ovslab.ls/1", "labs": []} x' >"$work/out"
	caught_text "something after the document"
}

caught_text() {
	if tests/check-schema ls "$work/out" >"$work/said"; then
		failed "$1" "$(<"$work/out")"
	else
		passed "$1: $(<"$work/said")"
	fi
}

test_schemas
test_documents
test_checker
finish
