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

# tool SCRIPT: an ovs-ofctl that comes first; $1 is --version, or --bundle for flows on its stdin
tool() {
	mkdir -p "$work/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$work/bin/ovs-ofctl"
	chmod +x "$work/bin/ovs-ofctl"
}

# What OpenFlow says of flows, before a switch is there
test_flows() {
	local PATH=$PATH real

	real=$(command -v ovs-ofctl) || { echo "# ovs-ofctl is not here: flows are not parsed"; return; }
	cat >"$work/flows.yml" <<-END
		ovslab-scenario: 1
		name: x
		summary: y
		bench: { switch: vm, ovs: bullseye }
		openflow:
		  - "priority=0,actions=NORMAL"
		  - "tcp,tcp_flag=+psh,actions=output:2"
		traffic: { kind: conns }
		variants:
		  baseline: { openflow: ["priority=65536,actions=drop"] }
		  fixed: { bench: { ovs: sid }, openflow: ["in_port=1,ip,ttl_of_tomorrow=1,actions=drop"] }
		  # ...
		matrix:
		  named: { openflow: ["in_port=to-vm1,actions=output:2"] }
	END
	run lint "$work/flows.yml"
	is "flows that no switch takes: the status" 2 "$status"
	says "... an unknown field, where it is" \
		"flows.yml:7:5: openflow: ovs-ofctl [0-9.]+ does not take it: .*tcp_flag$" "$work/out"
	says "... of a variant" "flows.yml:10:26: openflow: .*priority" "$work/out"
	says "... a warning if the switch is newer" "flows.yml:11:44: warning: .*knows more .*ttl_of_tomorrow$" \
		"$work/out"
	says "... or if a port goes by name" "flows.yml:14:23: warning: .*by number.*to-vm1" "$work/out"
	run lint --json "$work/flows.yml"
	check "... as a document, it fits its schema" tests/check-schema lint "$work/out"
	is "... which tells one from the other" "false true 7,10 11,14" "$(q '.files[0] |
		"\(.ok) \(.flows_checked) \([.mistakes[].line] | join(",")) \([.warnings[].line] | join(","))"')"
	refuses 2 "flows.yml:7:5: openflow: .*tcp_flag" run "$work/flows.yml"
	refuses 2 "flows.yml:7:5: openflow: .*tcp_flag" validate "$work/flows.yml" --throughput
	{
		sed 's/^  - "tcp,tcp_flag=.*/  - "priority=1,actions=drop"/; /^variants/,$d' "$work/flows.yml"
		printf 'variants:\n  baseline: {}\n  fixed:\n    bench: { ovs: sid }\n    openflow:\n'
		printf '      - "of_tomorrow=%d,actions=drop"\n' {1..60}
		printf 'matrix:\n  named: { openflow: ["of_yesterday=1,actions=drop"] }\n'
	} >"$work/sixty.yml"
	run lint "$work/sixty.yml"
	is "a mistake behind sixty warnings: the status" 2 "$status"
	says "... is found" "sixty.yml:[0-9]+:[0-9]+: openflow: .*of_yesterday$" "$work/out"
	says "... and they are counted" "^... and 20 more, as warnings$" "$work/out"
	sed 's/ovs: sid/ovs: bullseye/' "$work/sixty.yml" >"$work/wrong.yml"
	run lint "$work/wrong.yml"
	is "more mistakes than are told: the status" 2 "$status"
	says "... the rest was not looked at" \
		"not checked to the end: too many of them are not taken, and the rest was left out" "$work/out"
	run lint --json "$work/wrong.yml"
	is "... as a document" "false false 40" "$(q '.files[0] | "\(.ok) \(.flows_checked) \(.mistakes | length)"')"
	PATH=$work/bin:$PATH
	tool "[ \$1 = --version ] && echo 'ovs-ofctl (Open vSwitch) 2.14.9' || exec $real \"\$@\""
	works "an ovs-ofctl older than all switches: nothing is a mistake" lint "$work/flows.yml"
	is "... and everything a warning" 4 "$(grep -c warning: "$work/out")"
	tool 'exit 3'
	works "an ovs-ofctl that fails" lint "$work/flows.yml"
	says "... is no mistake of the file" "flows were not checked: .*status 3" "$work/out"
	run lint --json "$work/flows.yml"
	is "... as a document" "true false" "$(q '.files[0] | "\(.ok) \(.flows_checked)"')"
	# shellcheck disable=SC2016	# for the script
	tool '[ "$1" = --version ] && echo "ovs-ofctl (Open vSwitch) 3.1.0" || { echo "ovs-ofctl: -:99: x" >&2; exit 1; }'
	works "a line that there is not" lint "$work/flows.yml"
	says "... is not believed" "not checked" "$work/out"
	mkdir "$work/empty"
	# shellcheck disable=SC2016	# expanded there
	check "without ovs-ofctl" unshare --mount sh -c 'mount --bind "$1/empty" /usr/bin
		PATH=/usr/bin exec "$2" lint "$3" >"$1/out"' sh "$work" "$ovslab" "$work/flows.yml"
	says "... that is told" "flows were not checked: no ovs-ofctl on this host" "$work/out"
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
test_flows
test_init
test_page
test_refused
test_installed
finish
