#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# report.sh - 'ovslab report' of a trial that was kept: every form, files and standard
# output, and names that lead nowhere. What stands in the forms: test_trial_forms.c

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

kept=tests/unit/golden/trial-kept.json	# as the first version wrote it: never renewed

test_summary() {
	works "a trial of the first version is read" report "$kept"
	is "... the answer is first" "1 of 3 expectations does not hold: reordered of ovs-only: 100.5 (100 to 101 in 2" \
		"$(head -n 1 "$work/out")"
	says "... a row for each cell" '^ovs-only +2 +100.5  FAIL$' "$work/out"
	says "... the file" "^kept as +$kept\$" "$work/out"
	works "-v" -v report "$kept"
	says "... has every run" '^Every run$' "$work/out"
	works "--json" --json report "$kept"
	check "... fits its schema" tests/check-schema trial "$work/out"
	is "... judged anew" "false" "$(q .outcome.expectations_hold)"
}

test_forms() {
	works "all forms at once" report "$kept" --html "$work/x.html" --junit "$work/x.xml" --ktap --markdown --bug
	says "... KTAP" '^KTAP version 1$' "$work/out"
	says "... Markdown" '^### 1 of 3 expectations' "$work/out"
	says "... a bug report" '^What I expected$' "$work/out"
	says "... a page" '^<!doctype html>|^<!DOCTYPE html>' "$work/x.html"
	says "... JUnit" '<testsuite id="0"' "$work/x.xml"
	if command -v xmllint >/dev/null; then
		check "... that fits its schema" xmllint --noout --schema tests/unit/golden/junit.xsd "$work/x.xml"
	fi
	works "JUnit on standard output" report "$kept" --junit -
	check "... is the same" cmp "$work/out" "$work/x.xml"
	works "--json beside a file" --json report "$kept" --junit "$work/y.xml"
	check "... is one document" jq -e .schema "$work/out"
	refuses 2 "only one of" report "$kept" --junit - --ktap
	refuses 2 "only one of" --json report "$kept" --bug
	refuses 2 "the same file" report "$kept" --junit "$work/z" --html "$work/z"
}

# A file is written whole, or is as it was.
test_files() {
	echo before >"$work/x.xml"
	refuses 2 "not a regular file" report /dev/null --junit "$work/x.xml"
	is "a file stays if there is nothing to report" before "$(cat "$work/x.xml")"
	refuses 2 "No such file" report "$kept" --junit "$work/no/where.xml"
	mknod "$work/full" c 1 7
	refuses "[23]" "full: No space left" report "$kept" --junit "$work/full"
	check "... a device stays one" [ -c "$work/full" ]
	ln -s x.xml "$work/link"
	works "a link to a file" report "$kept" --junit "$work/link"
	check "... stays one" [ -L "$work/link" ]
	says "... and the file is written" '<testsuite id="0"' "$work/x.xml"
	status=0
	"$ovslab" report "$kept" --bug >/dev/full 2>"$work/err" || status=$?
	is "a full disk: the status" 3 "$status"
	says "... is told" "cannot write to standard output: No space left" "$work/err"
}

test_names() {
	mkdir -p "$OVSLAB_STATEDIR/runs"
	cp "$kept" "$OVSLAB_STATEDIR/runs/hops-20261124T153327Z.json"
	works "by its name in the folder of runs" report hops-20261124T153327Z
	works "... with its suffix" report hops-20261124T153327Z.json
	refuses 2 "there is no run 'hops-20261124T153328Z' \(did you mean 'hops-20261124T153327Z'\?\)" \
		report hops-20261124T153328Z
	refuses 2 "needs RUN" report
	head -c 3000 "$kept" >"$work/half.json"
	refuses 2 "half.json" report "$work/half.json"
	echo '{"schema": "ovslab.lab/1"}' >"$work/lab.json"
	refuses 2 "lab.json.*schema" report "$work/lab.json"
}

# The file of a stranger, read by somebody without rights.
test_unprivileged() {
	chmod 755 "$work"
	cp "$kept" "$work/kept.json"
	chmod 644 "$work/kept.json"
	if setpriv --reuid 65534 --regid 65534 --clear-groups "$ovslab" report "$work/kept.json" --ktap \
		>"$work/out" 2>"$work/err"; then
		says "it needs no privilege" '^not ok 3 reordered of ovs-only' "$work/out"
	else
		is "it needs no privilege" "" "$(err)"
	fi
}

test_summary
test_forms
test_files
test_names
test_unprivileged
finish
