#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scenarios.sh - scenario files as a user meets them: lint, init, the shipped ones, what the
# manual page shows; also from where 'make install' puts them. Messages: test_scenario.c

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

shipped=(first-psh psh-split recirc-upcall early-boot shared-socket tcp-flags-lost revalidator-churn
	emc-batch ssh-down)

# flows FILE: the items of its lists of flows
flows() { sed -n 's/^ *- "\(.*actions=.*\)"$/\1/p; s/^.*openflow: \["\(.*\)"\].*$/\1/p' "$1"; }

test_shipped() {
	local name flow n=0

	works "the shipped scenarios have no mistakes" lint "${shipped[@]/#/@}"
	is "... all of them are in this list" "${#shipped[@]}" "$(find lab/scenarios -name '*.yml' | wc -l)"
	works "the same as a document" lint --json "${shipped[@]/#/@}"
	check "... which fits its schema" tests/check-schema lint "$work/out"
	is "... and calls each by its file's name" "${shipped[*]}" "$(q '[.files[] | select(.ok) | .name] | join(" ")')"
	command -v ovs-ofctl >/dev/null || { echo "# ovs-ofctl is not here: flows are not parsed"; return; }
	for name in "${shipped[@]}"; do
		while read -r flow; do
			n=$((n + 1))
			check "@$name: ovs-ofctl takes $flow" ovs-ofctl parse-flow "$flow"
		done < <(flows "lab/scenarios/$name.yml")
	done
	is "flows are found" true "$([ "$n" -ge 20 ] && echo true)"
}

test_lint() {
	printf 'ovslab-scenario: 1\nname: x\nsumary: y\ntraffic: { kind: conns }\n' >"$work/bad.yml"
	run lint "$work/bad.yml"
	is "mistakes: the status" 2 "$status"
	says "... each at its place, on standard output" \
		"bad.yml:3:1: scenario: there is no key 'sumary'; did you mean 'summary'\?$" "$work/out"
	is "... and nothing on standard error" "" "$(err)"
	run lint "$work/bad.yml" @psh-split --json
	is "... as a document: the status" 2 "$status"
	check "... it fits its schema" tests/check-schema lint "$work/out"
	is "... both files are in it" "false 2 true 0" "$(q '[.files[] | .ok, (.mistakes | length)] | join(" ")')"
	printf 'about: \033[2J\n\001: \377' >"$work/$(printf 'a\033[31mb.yml')"
	run lint "$work/$(printf 'a\033[31mb.yml')"
	is "neither file nor name steer the terminal" "" "$(tr -d '[:print:]\n' <"$work/out")"
	refuses 2 "there is no shipped scenario 'psh-splitt' \(did you mean '@psh-split'\?\)" lint @psh-splitt
	refuses 2 "No such file" lint "$work/none.yml"
	refuses 2 "not a regular file" lint /dev/null
	refuses 2 "which file" lint
	works "the schema" lint --schema
	check "... is the one in docs" cmp "$work/out" docs/schemas/scenario.json
}

test_init() {
	works "init" init "$work/My Bug.yml"
	works "... is good as it is" lint "$work/My Bug.yml"
	says "... and has its name" "^name: my-bug$" "$work/My Bug.yml"
	cp "$work/My Bug.yml" "$work/before"
	refuses 2 "File exists" init "$work/My Bug.yml"
	check "... never over a file" cmp "$work/before" "$work/My Bug.yml"
	works "init from a shipped one" init "$work/copy.yml" --from @recirc-upcall
	works "... is good" lint "$work/copy.yml"
	is "... with another name, and nothing else is different" "> # Made from @recirc-upcall.
< name: recirc-upcall
> name: copy" "$(diff lab/scenarios/recirc-upcall.yml "$work/copy.yml" | grep '^[<>]')"
	refuses 2 "bad.yml:1:1: " init "$work/other.yml" --from "$work/bad.yml"
	check "... leaves no file" [ ! -e "$work/other.yml" ]
	refuses 2 "No such file" init "$work/none/x.yml"
}

# The page's examples, as a reader sees them.
test_page() {
	local name n=0

	groff -mandoc -Tascii -P-cbou "$B/ovslab-scenario.5" >"$work/page"
	# whole files stand 7 columns in, parts of one 11
	awk '/^KEYS/ { exit } /^       ovslab-scenario: 1$/ { n++; whole = 1 } /^ ? ? ? ? ? ?[^ ]/ { whole = 0 }
		whole { print substr($0, 8) >(work "/page" n ".yml"); next }
		/^           / { if (!part) p++; part = 1; print substr($0, 12) >(work "/part" p); next } { part = 0 }' \
		work="$work" "$work/page"
	for name in first two-sides; do
		n=$((n + 1))
		sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$work/page$n.yml"
		check "example $n of the page is $name.yml" cmp "$work/page$n.yml" "lab/man/$name.yml"
		works "... without mistakes" lint "$work/page$n.yml"
	done
	says "the page has these parts" "own }" "$work/part1"
	says "... and" "stall: vswitchd" "$work/part3"
	says "... and" "reject:" "$work/part4"
	for n in 1 3 4; do
		{ printf 'ovslab-scenario: 1\nname: x\nsummary: y\n'; cat "$work/part$n"; grep -q '^traffic' "$work/part$n" || echo 'traffic: { kind: conns }'; } \
			>"$work/whole$n.yml"
		works "part $n of the page, with the rest of a file" lint "$work/whole$n.yml"
	done
	is "the page has all keys" "$("$ovslab" lint --schema | jq -r '.. | .properties? // empty | keys[]' | sort -u)" \
		"$("$ovslab" lint --schema | jq -r '.. | .properties? // empty | keys[]' | sort -u | while read -r name; do
			grep -q "^\.It Cm \"${name//-/\\\\-}\"" "$B/ovslab-scenario.5" && echo "$name"; done)"
	says "the other page lists the shipped ones" "@${shipped[0]//-/\\\\-} , @" "$B/ovslab.8"
}

# Before a lab is brought up
test_refused() {
	local n

	{
		sed '/^matrix:/q' lab/scenarios/recirc-upcall.yml
		for n in 1 2 3 4 5 6 7; do
			echo "  cell-$n: { bench: { ovs: sid, kernel: trixie, switch-memory: $((1024 + n))MiB } }"
		done
		printf 'expect:\n  - { metric: reordered, variant: fixed, at-most: 0 }\n'
	} >"$work/many.yml"
	works "a scenario of nine variants" lint "$work/many.yml"
	refuses 2 "9 variants, each 45 times: 400 runs is the most" run "$work/many.yml" --runs 45 --timeout 1
	refuses 125 "no --resume" run --bisect --resume "$work/none.json"
	refuses 2 "has none" validate @recirc-upcall --throughput --timeout 1
}

test_installed() {
	check "make install" make -s "B=$B" "DESTDIR=$work/root" PREFIX=/opt/lab install
	ovslab=$work/root/opt/lab/bin/ovslab
	works "the installed command knows them" lint "${shipped[@]/#/@}"
	says "... its own" "^$work/root/opt/lab/share/ovslab/scenarios/ssh-down.yml: ok" "$work/out"
	check "... and the schema is beside them" cmp docs/schemas/scenario.json \
		"$work/root/opt/lab/share/ovslab/schemas/scenario.json"
}

test_shipped
test_lint
test_init
test_page
test_refused
test_installed
finish
