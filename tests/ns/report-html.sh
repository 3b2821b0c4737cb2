#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# report-html - pages of kept trials, looked at by a browser: narrow and wide, light
# and dark; and that each thing the look is for would be seen if it were wrong
# limit: 300

# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	skip "no browser: none of chromium, chromium-browser, google-chrome is in PATH"
command -v gnuplot >/dev/null || skip "no gnuplot in PATH"
export HOME=$work

# look PAGE...: into $work/looks, a line for each page, width and scheme
look() {
	timeout --kill-after=10 200 tests/ns/look.py "$browser" "$work" "$@" >"$work/looks" 2>&1
}

pages=()
for kind in run bursts validate matrix hostile; do
	tests/ns/make-trial.py "$kind" >"$work/$kind.json" || failed "a document: $kind"
	works "a page of it: $kind" report "$work/$kind.json" --html "$work/$kind.html"
	[ -s "$work/$kind.html" ] && pages+=("$work/$kind.html")
done
is "all have a page" 5 "${#pages[@]}"
for kind in validate matrix; do
	between "$kind: plots" 4 "$(grep -c '<figure>' "$work/$kind.html")" 4
done
for kind in run validate matrix; do
	is "$kind: which late packets were upcalled" 1 "$(grep -c '<section id=upcalls>' "$work/$kind.html")"
done
is "hostile: no markup of a stranger" 0 "$(grep -cE '<script|<img|onload=x <' "$work/hostile.html")"

# without gnuplot: nothing is in /usr/bin then
check "a page without gnuplot" unshare --mount sh -c 'mount -t tmpfs none /usr/bin && exec "$@"' sh \
	"$ovslab" report "$work/run.json" --html "$work/plain.html"
says "it says so" 'There are no plots: gnuplot is not installed: apt-get install gnuplot-nox' "$work/plain.html"

# reasons LINE: what is said below it
reasons() {
	awk -v line="$1" '$0 == line { on = 1; next } !/^#/ { on = 0 } on' "$work/looks"
}

look "${pages[@]}"
is "the browser looked at each, four times" 20 "$(grep -cE '^(not )?ok ' "$work/looks")"
while IFS= read -r line; do
	case $line in
	'ok '*) passed "looks right: ${line#ok }" ;;
	'not ok '*) failed "looks right: ${line#not ok }" "$(reasons "$line")" ;;
	esac
done <"$work/looks"
[ "$(wc -l <"$work/looks")" -ge 20 ] || failed "the browser's own words" "$(tail -n 5 "$work/looks")"

# Pages with a fault put in are not ok, for that reason: WHAT|REGEX|SED
faults=(
	'a wide table|pixels wide|s/overflow-x: auto;//'
	'no edge|goes on unseen|s/no-repeat local,/no-repeat,/'
	'faint text|contrast .* on rgb|s/--soft: #566170/--soft: #b6c1d0/'
	'faint marks|a mark: contrast|s/--c0: #b85c00/--c0: #fff0e0/'
	'a request|console: .*x.png|s,</main>,<img src="file:///nowhere/x.png"></main>,'
	'a script|console: .*script|s,</main>,<script>console.log(1)</script></main>,'
)
pages=()
for i in "${!faults[@]}"; do
	sed "${faults[i]#*|*|}" "$work/run.html" >"$work/fault$i.html"
	pages+=("$work/fault$i.html")
done
look "${pages[@]}" && failed "faults are seen" "$(cat "$work/looks")"
for i in "${!faults[@]}"; do
	IFS='|' read -r what regex _ <<<"${faults[i]}"
	reasons "$(grep "^not ok fault$i-400-light" "$work/looks")" >"$work/reasons"
	says "would be seen: $what" "$regex" "$work/reasons"
done

finish
