#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# analyze.sh - 'ovslab analyze': the RFCs' examples, captures of every format, damage,
# pipes, what it prints and with which status it exits

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# ---- ranks: docs/METRICS.md, "One stream of ranks" --------------------------------

# jq: a distribution as "VALUExPACKETS ..."; RD and RBD as "VALUE:PACKETS ..."
# shellcheck disable=SC2016	# jq's
defs='def h: [.histogram[] | "\(.from)x\(.packets)"] | join(" ");
	def rd: [.reorder_density.counts[] | "\(.displacement):\(.packets)"] | join(" ");
	def rbd: [.buffer_density.counts[] | "\(.buffered):\(.packets)"] | join(" ");
	def degree: [.n_reordered.degree[] | "\(.n):\(.packets)"] | join(" ");
	def movers: [.events[] | select(.moved) | .rank] | sort | map(tostring) | join(" ");
	def late: [.events[] | select(.class == "reordered") | .rank] | map(tostring) | join(" ");
	def all(m): [.events[] | select(.class == "reordered") | m] | map(tostring) | join(" ");'

ranks() { # LIST [OPTION...]
	local list=$1

	shift
	run analyze --json --events --ranks "$list" "$@"
	[ "$status" = 0 ] || failed "ranks $list" "$(err)"
}

gives() { # NAME FILTER EXPECTED
	is "$1: $2" "$3" "$(q "$defs $2")"
}

test_4737() {
	ranks "1 2 4 5 3"
	gives intro '"\(.reordered)/\(.packets) \(.ratio)"' "1/5 0.2"
	gives intro '"\(late): e\(.extent.max) n\(.n_reordered.max)"' "3: e2 n2"

	ranks "1@68:100 2@88:100 3@108:100 5@148:100 6@168:100 7@188:100 8@208:100 4@210:100 9@228:100 10@248:100"
	gives T1 '"\(.ratio) \(late) \(all(.extent))"' "0.1 4 4"
	gives T1 '"\(.late_time_ns.max) \(.byte_offset_bytes.max) \(.n_reordered.max)"' "62000000 400 4"
	gives T1 '"\(.runs | h), movers \(.movers) \(movers)"' "7x1, movers 1 4"

	ranks "1@68:100 2@88:100 3@108:100 4@128:100 7@188:100 5@189:100 6@190:100 8@208:100 9@228:100 10@248:100"
	gives T2 '"\(.ratio) \(late): \(all(.extent))"' "0.2 5 6: 1 2"
	gives T2 'all(.late_time_ns)' "1000000 2000000"
	gives T2 '"\(.byte_offset_bytes.max) \(degree)"' "100 1:1"
	gives T2 '"\(.gap.discontinuities) \(.runs | h), movers \(.movers) \(movers)"' "1 0x1 5x1, movers 1 7"

	ranks "1@68:100 2@88:100 3@108:100 7@188:100 8@208:100 9@228:100 10@248:100 4@250:100 5@252:100 6@256:100 11@268:100"
	gives T3 '"\(.reordered)/\(.packets): \(all(.extent)), \(all(.late_time_ns / 1000000))"' \
		"3/11: 4 5 6, 62 64 68"
	gives T3 '"\(.byte_offset_bytes.max) \(.byte_offset_bytes.mean) \(degree)"' "400 400 1:1 2:1 3:1 4:1"
	gives T3 '"\(.gap.discontinuities) \(.runs | h), movers \(.movers)"' "1 0x2 7x1, movers 3"

	ranks "1 2 3 6 7 4 5 8 9 10 12 13 11 14 15 16"
	gives T4 '"\(late): \(all(.extent))"' "4 5 11: 2 3 2"
	gives T4 '"\(.gap | "\(.discontinuities) \(.count) \(.max)"), \(.runs | h)"' "2 1 7, 0x1 5x2"
	gives T4 '.runs | "a\(.in_order) x\(.count) q\(.squares)"' "a13 x3 q50"
	gives T4 '"\(degree), movers \(.movers)"' "1:2 2:2, movers 3"

	ranks "1 2 3 7 8 9 4 5 6"
	gives 5.3 '"\(late), \(degree), movers \(.movers)"' "4 5 6, 1:1 2:1 3:1, movers 3"
	ranks "1 10 5"
	gives loss '"\(.reordered)/\(.packets) e\(.extent.max) lost \(.lost)"' "1/3 e1 lost 7"
	ranks "1 2 3 2 4 5"
	gives dup '"\(.ratio) \(.duplicated) \(.packets) \(.events[0] | "\(.class) \(.frame)")"' \
		"0 1 5 duplicated 4"
	ranks "1 20 $(seq -s ' ' 2 19) 21 22"
	gives early '"\(.reordered)/\(.packets) \(all(.extent)), movers \(.movers) \(movers)"' \
		"18/22 $(seq -s ' ' 1 18), movers 1 20"
	gives early '.events[] | select(.moved) | "\(.class) \(.displacement)"' "early -18"
	ranks "5 4 3 2 1"
	gives reverse '"\(.reordered)/\(.packets) \(all(.extent)), \(degree), movers \(.movers)"' \
		"4/5 1 2 3 4, 1:4 2:3 3:2 4:1, movers 4"
}

test_5236() {
	ranks "1 4 2 5 3 6 7 8" --threshold 4
	gives "5236 a" '"\(rd), \(rbd), movers \(.movers)"' "-2:1 -1:1 0:4 1:1 2:1, 0:5 1:2 2:1, movers 2"
	gives "5236 a" '"\(.reorder_density.threshold) \(.buffer_density.threshold)"' "4 4"
	ranks "1 2 4 5 6 7" --threshold 3
	gives "5236 b" '"\(rd), \(rbd)"' "0:6, 0:3 1:1 2:1 3:1"
	ranks "1 3 2 3 4 5" --threshold 2
	gives "5236 c" '"\(rd), \(rbd)"' "-1:1 0:3 1:1, 0:4 1:1"
	ranks "2 1 4 5 3" --threshold 4
	gives "5236 ex1" '"\(rd), \(rbd)"' "-1:3 1:1 2:1, 0:2 1:2 2:1"
	ranks "1 4 3 5 3 8 7 6" --threshold 2
	gives "5236 ex3" '"\(rd), \(rbd)"' "-2:1 -1:1 0:3 1:1 2:1, 0:3 1:2 2:2"
	ranks "1 5430 2 3 4 5 6 7 8 9 10 11" --threshold 4
	gives "5236 rogue" '"\(rd), \(rbd)"' "0:11, 0:1 1:11"
}

test_ranks() {
	ranks "1,2  4	5
3"
	gives "blanks and commas" .reordered 1
	check "it is a document of its schema" tests/check-schema reorder "$work/out"
	run analyze --ranks "1 2 4 5 3"
	says "as text" "^1 of 5 packets \(20.0 %\) is reordered\.$" "$work/out"
	run analyze --ranks "1 10 5" --flows
	says "... what did not come" "^ +7  lost: " "$work/out"
	says "... of the flow too" "^ 1  - .* 3 +1 +1 +0 +0 +7 " "$work/out"
	run analyze --ranks "1 2 3"
	says "as text, none" "^None of 3 packets is reordered\.$" "$work/out"
	refuses 2 "'3x' is no rank" analyze --ranks "1 2 3x"
	refuses 2 "'-1' is no rank" analyze --ranks "-1"
	refuses 2 "'1@' is no rank" analyze --ranks "1@"
	refuses 2 "'1@2:' is no rank" analyze --ranks "1@2:"
	refuses 2 "'99999999999999999999' is no rank" analyze --ranks 99999999999999999999
	refuses 2 "'2@5' time goes back" analyze --ranks "1@6 2@5"
	refuses 2 "no ranks" analyze --ranks " , "
	refuses 2 "out of range: 1 to 64" analyze --ranks "1 2" --threshold 65
	refuses 2 "--ranks goes with" analyze --ranks "1 2" --port 80
}

# ---- captures --------------------------------------------------------------------

two='"\(.mode) \(.reordered)/\(.packets) lost \(.lost) sent again \(.retransmitted) e\(.extent.max)"'
two_expected="two-point 1/60 lost 1 sent again 1 e3"

test_two() {
	local kind

	for kind in .pcap -ns.pcap .pcapng .pcap.gz; do
		run analyze --json --flows --events --ingress "$pair/in$kind" --egress "$pair/out$kind"
		is "two points, in$kind" "$two_expected" "$(q "$two")"
		check "... fits its schema" tests/check-schema reorder "$work/out"
	done
	is "one flow reordered, at its first PSH" "3 1 1" "$(q '"\(.flows) \(.flows_reordered) \(.first_psh.flows_began)"')"
	is "transit, as it was made" "50000 360000" "$(q '.transit_ns | "\(.histogram[0].to >= 50000 |
		if . then 50000 else 0 end) \(.max)"')"
	is "the late one: frames, bytes, extent" "10 7 5000 6000 3 3 true" "$(q '.events[] |
		select(.class == "reordered") | "\(.frame) \(.frame_ingress) \(.start_byte) \(.end_byte) \(.extent) \(.displacement) \(.psh)"')"
	is "the lost one did not leave" "null" "$(q '.events[] | select(.class == "lost") | .frame')"
	is "the answers are not judged, but told" 3 "$(q .flows_reverse)"
	is "flows add up" "60 1 1 1" "$(q '[.flow_list | map(.packets), map(.reordered), map(.lost),
		map(.retransmitted) | add] | map(tostring) | join(" ")')"
	is "what was read" "ingress 67 64, egress 66 63" \
		"$(q '[.inputs[] | "\(.point) \(.records) \(.judged)"] | join(", ")')"

	run analyze --ingress "$pair/in.pcap" --egress "$pair/out.pcap" --flows --events
	is "text: the answer first" "The switch reordered 1 of 60 packets (1.7 %) in 1 of 3 connections;" "$(out | head -n 1)"
	says "... and where it began" "^1 of 1 began at the connection's first PSH\.$" "$work/out"
	is "... in 80 columns" "" "$(awk 'length > 80' "$work/out")"
	run analyze --ingress "$pair/in.pcap" --egress "$pair/in.pcap"
	says "the same file twice" "^The switch reordered none of 64 packets in 6 connections\.$" "$work/out"
	says "... is not taken for a switch" "show the same point\?$" "$work/out"
	run analyze --ingress "$pair/out.pcap" --egress "$pair/in.pcap"
	says "--ingress and --egress swapped" "are the captures swapped\?$" "$work/out"
	run analyze --json --port 40001 --ingress "$pair/in.pcap" --egress "$pair/out.pcap"
	is "--port" "1 20" "$(q '"\(.flows) \(.packets)"')"
	run analyze --json --port 1 --ingress "$pair/in.pcap" --egress "$pair/out.pcap"
	is "--port of nobody" "0 0 0" "$status $(q '"\(.flows) \(.packets)"')"
}

# notes KNOWN NOTE...: of upcalls; a note is "SPORT SEQ IP_ID", of a packet of 1000 bytes
notes() {
	local known=$1 note

	shift
	for note; do
		# shellcheck disable=SC2086	# words
		printf '{"source_port": %u, "seq": %u, "ip_id": %u}\n' $note
	done | jq -s --argjson known "$known" '{schema: "ovslab.upcalls/1", lab: "made", known: $known,
		why_not: (if $known then null else "nobody looked" end), from_ns: 0, to_ns: 0, total: length,
		actions: 0, lost: 0, notes: map({protocol: "tcp", payload_bytes: 1000, command: "miss",
			source: "198.18.0.1", destination: "198.18.0.2", destination_port: 9000} + .)}'
}

# The late packet of connection 1 was upcalled; of connection 2, which of two is told by the
# IP ID; another note is of nobody.
test_upcalls() {
	local both=(--ingress "$pair/in.pcap" --egress "$pair/out.pcap") first=$((0xffffe001))

	notes true "40001 $((first + 5000)) 1006" "40002 $((first + 7000)) 2500" "40003 7 7" >"$work/notes"
	check "notes, as 'capture' writes them" tests/check-schema upcalls "$work/notes"
	run analyze --json --flows --events "${both[@]}" --upcalls "$work/notes"
	check "upcalls: fits its schema" tests/check-schema reorder "$work/out"
	is "... the late one's transit, and the others'" "360000 50000" \
		"$(q '"\(.transit_upcalled_ns.max) \(.transit_direct_ns.max)"')"
	is "... notes, and those that packets have" "true 3 2 0" \
		"$(q '.upcalls | "\(.known) \(.notes) \(.found) \(.untold)"')"
	is "... by flow" "1 1 0" "$(q '[.flow_list[].upcalled] | map(tostring) | join(" ")')"
	is "... by event" "lost false, reordered true, retransmitted true" \
		"$(q '[.events[] | "\(.class) \(.upcalled)"] | sort | join(", ")')"
	run analyze --csv "${both[@]}" --upcalls "$work/notes"
	is "... in CSV" "upcalled 1 1 0" "$(sed 's/.*,//' "$work/out" | paste -sd' ')"
	run analyze --events "${both[@]}" --upcalls "$work/notes"
	says "... in words" "^ +2  through vswitchd: median " "$work/out"
	says "... with marks" " reordered +MPU " "$work/out"
	notes false >"$work/unknown"
	run analyze "${both[@]}" --upcalls "$work/unknown"
	says "not known: why" "^    nobody looked$" "$work/out"
	refuses 2 "--upcalls is for two captures" analyze "$pair/in.pcap" --upcalls "$work/notes"
	refuses 2 "not JSON" analyze "${both[@]}" --upcalls "$pair/in.pcap"
	refuses 2 "it is empty" analyze "${both[@]}" --upcalls /dev/null
	refuses 2 "No such file" analyze "${both[@]}" --upcalls "$work/nowhere.json"
	refuses 2 "read once only" analyze --ingress - --egress "$pair/out.pcap" --upcalls - <"$pair/in.pcap"
	mkdir "$work/noted"
	cp "$pair/in.pcap" "$work/noted/tap-vm1.pcap"
	cp "$pair/out.pcap" "$work/noted/tap-vm2.pcap"
	cp "$work/notes" "$work/noted/upcalls.json"
	run analyze --json "$work/noted"
	is "those of a folder" "2 360000" "$(q '"\(.upcalls.found) \(.transit_upcalled_ns.max)"')"
	jq '.from_ns = 1 | .to_ns = 2' "$work/notes" >"$work/noted/upcalls.json"
	run analyze --json "$work/noted"
	is "... of another time tell nothing" "0 60 0" "$(q '"\(.upcalls.found) \(.upcalls.untold) \(.transit_direct_ns.max)"')"
	head -c 100 "$work/notes" >"$work/noted/upcalls.json"
	run analyze --json "$work/noted"
	is "... that are damaged: the captures are judged" "0 $two_expected" "$status $(q "$two")"
	says "... with a warning" "warning: .*upcalls.json: not JSON" "$work/err"
	check "... and no split" jq -e '.upcalls.known == false and .transit_direct_ns == null' "$work/out"
}

test_csv() {
	run analyze --csv --ingress "$pair/in.pcap" --egress "$pair/out.pcap"
	is "CSV: a header and three flows" "0 4" "$status $(out | wc -l)"
	is "... of as many fields" 1 "$(awk -F, '{ print NF }' "$work/out" | sort -u | wc -l)"
	is "... that add up" "60 1 1" "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		{ p += $c["packets"]; r += $c["reordered"]; l += $c["lost"] } END { print p, r, l }' "$work/out")"
	refuses 2 "--csv prints flows alone" analyze --csv --json "$pair/in.pcap"
	refuses 2 "--csv prints flows alone" analyze --csv --events "$pair/in.pcap"
}

test_one() {
	run analyze --json --flows --events "$pair/out.pcap"
	is "one point: by IP ID" "one-point 1 1 0 0 2" "$(q '"\(.mode) \(.reordered) \(.retransmitted) \(.duplicated) \(.ambiguous) \(.evidence["ip-id"])"')"
	check "... fits its schema" tests/check-schema reorder "$work/out"
	is "... no transit" null "$(q .transit_ns)"
	run analyze "$pair/in.pcap"
	says "text: none" "^None of 63 packets in 6 flows arrived reordered\.$" "$work/out"
}

test_folder() {
	mkdir "$work/both" "$work/turned" "$work/many" "$work/none"
	cp "$pair/in.pcap" "$work/both/tap-vm1.pcap"
	cp "$pair/out.pcap" "$work/both/tap-vm2.pcap"
	cp "$pair/in.pcap" "$work/turned/tap-vm2.pcap"
	cp "$pair/out.pcap" "$work/turned/tap-vm1.pcap"
	cp "$pair"/*.pcap "$work/many"
	run analyze --json "$work/both"
	is "a folder of two taps" "$two_expected" "$(q "$two")"
	is "... the ingress" "$work/both/tap-vm1.pcap" "$(q '.inputs[0].name')"
	run analyze --json --flows --events "$work/turned/"
	is "traffic that goes the other way" "$two_expected" "$(q "$two")"
	is "... the ingress" "$work/turned/tap-vm2.pcap" "$(q '.inputs[0].name')"
	is "... nothing of the first try is left" "3 3" "$(q '"\(.flow_list | length) \(.events | length)"')"
	cp "$pair/in.pcap" "$work/both/tap-s1.pcap"
	run analyze --json "$work/both"
	is "... beside others" "$two_expected" "$(q "$two")"
	run analyze --json "$pair/out.pcap" "$pair/in.pcap"
	is "two files: the ingress is found" "$two_expected $pair/in.pcap" "$(q "$two") $(q '.inputs[0].name')"
	rm "$work/both/tap-vm2.pcap" "$work/both/tap-s1.pcap"
	run analyze --json "$work/both"
	is "a folder of one" one-point "$(q .mode)"
	refuses 2 "4 captures are in it" analyze "$work/many"
	hints "what to do" "--ingress FILE --egress FILE"
	refuses 2 "no capture is in it" analyze "$work/none"
}

test_pipes() {
	status=0
	"$ovslab" analyze --json - <"$pair/out.pcapng" >"$work/out" 2>"$work/err" || status=$?
	is "the standard input" "0 1" "$status $(q .reordered)"
	refuses 2 "the standard input is empty" analyze -
	# shellcheck disable=SC2002	# a pipe it shall be
	cat "$pair/out.pcap.gz" | "$ovslab" analyze --json - >"$work/out" 2>"$work/err"
	is "a pipe, gzipped" 1 "$(q .reordered)"
	"$ovslab" analyze --json --ingress <(cat "$pair/in.pcap") --egress - <"$pair/out.pcap" \
		>"$work/out" 2>"$work/err"
	is "two pipes" "$two_expected" "$(q "$two")"
	refuses 2 "read once only" analyze --ingress - --egress -
	status=0
	"$ovslab" -q analyze <(cat "$pair/out.pcap") <(cat "$pair/in.pcap") >"$work/out" 2>"$work/err" || status=$?
	is "two pipes that go the other way" "2 0" "$status $(wc -c <"$work/out")"
	says "... are not read twice" "^ovslab: most packets go from .*, and a pipe cannot be read twice$"
	hints "... what to do" "--ingress FILE --egress FILE"
	"$ovslab" -q analyze --json <(cat "$pair/in.pcap") <(cat "$pair/out.pcap") >"$work/out" 2>"$work/err"
	is "... and one try is enough" "$two_expected" "$(q "$two")"
}

# A live capture is ended with Ctrl-C: what came until then is the answer.
test_interrupt() {
	mkfifo "$work/fifo"
	"$ovslab" -q analyze --json - <"$work/fifo" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 7>"$work/fifo"
	cat "$pair/out.pcap" >&7
	until_true 5 taken
	kill -INT "$pid"
	ended 10
	is "Ctrl-C ends the standard input" "0 1" "$status $(q .reordered)"
	exec 7>&-
	mkfifo "$work/fifo2"
	exec 7<>"$work/fifo2"
	begin -v analyze "$work/fifo2"
	head -c 1000 "$pair/out.pcap" >&7
	until_true 5 taken
	kill -INT "$pid"
	ended 10
	is "... and a file's reading with 130" 130 "$status"
	exec 7>&-
}

# taken: what was written to descriptor 7, a pipe, was read
# shellcheck disable=SC2317	# called by until_true
taken() {
	python3 -c 'import array, fcntl, sys, termios
left = array.array("i", [1])
fcntl.ioctl(7, termios.FIONREAD, left)
sys.exit(left[0] > 0)'
}

# ---- damage, and strangers ----------------------------------------------------------

test_damage() {
	local half at

	half=$(($(stat -c %s "$pair/out.pcap") / 2))
	head -c "$half" "$pair/out.pcap" >"$work/half.pcap"
	run analyze --json "$work/half.pcap"
	is "half a file: what is before is judged" "0 true" "$status $(q '.inputs[0].damaged')"
	check "... about half of it" jq -e '.packets > 25 and .packets < 35' "$work/out"
	check "... fits its schema" tests/check-schema reorder "$work/out"
	at=$(q '.inputs[0].damaged_at_byte')
	says "a warning with the offset" "warning: .*half.pcap: damaged at byte $at: "
	check "... of the record that is not whole" test "$at" -le "$half" -a "$at" -gt $((half - 1100))
	run -q analyze "$work/half.pcap"
	says "... in the text" "damaged at byte $at: what follows was not read" "$work/out"
	says "... also with --quiet" "warning: "
	gzip -c "$pair/out.pcap" | head -c 600 >"$work/half.pcap.gz"
	run analyze --json "$work/half.pcap.gz"
	is "half of a gzipped file" "0 true" "$status $(q '.inputs[0].damaged')"
	says "... at a byte of what it unpacks to" "damaged at byte [0-9]+ of what it unpacks to: the gzip"
	# the header of the eleventh record: one SYN and nine packets of 1054 bytes before it
	at=$((24 + 16 + 54 + 9 * (16 + 1054)))
	{ head -c $at "$pair/out.pcap"; printf '\377%.0s' {1..16}; tail -c +$((at + 17)) "$pair/out.pcap"; } \
		>"$work/spoilt.pcap"
	run analyze --json --ingress "$pair/in.pcap" --egress "$work/spoilt.pcap"
	is "damage in the midst" "0 false true $at 10" "$status $(q '.inputs | "\(.[0].damaged) \(.[1] |
		"\(.damaged) \(.damaged_at_byte) \(.records)")"')"

	head -c 24 "$pair/out.pcap" >"$work/no-packets.pcap"
	run analyze "$work/no-packets.pcap"
	is "a capture without packets is one" "0 No packet with payload was judged." "$status $(out | head -n 1)"
	: >"$work/empty"
	head -c 5000 /dev/urandom >"$work/noise"
	echo "a text" >"$work/text"
	for half in empty noise text; do
		refuses 2 "$work/$half" analyze "$work/$half"
	done
	refuses 2 "No such file" analyze "$work/not-there"
	refuses 2 "noise" analyze --ingress "$pair/in.pcap" --egress "$work/noise"
}

test_strangers() {
	local name=$work/$'evil\e]0;x\a\e[31m.pcap'

	head -c 30000 "$pair/out.pcap" >"$name"
	run analyze "$name"
	is "a name with control characters" 0 "$status"
	is "... prints clean" 0 "$(cat "$work/out" "$work/err" | tr -cd '\033\007' | wc -c)"
	run analyze --json "$name"
	check "... and is one document" tests/check-schema reorder "$work/out"
	run analyze "$name.not"
	is "... in errors too" "2 0" "$status $(tr -cd '\033\007' <"$work/err" | wc -c)"
}

test_usage() {
	refuses 2 "what\?" analyze
	refuses 2 "one capture, or" analyze "$pair/in.pcap" --ranks "1 2"
	refuses 2 "one capture, or" analyze "$pair/in.pcap" --ingress "$pair/in.pcap"
	refuses 2 "is one too many" analyze "$pair/in.pcap" "$pair/out.pcap" "$pair/in.pcap"
	refuses 2 "which is the ingress" analyze - "$pair/out.pcap"
	refuses 2 "go together" analyze --ingress "$pair/in.pcap"
	refuses 2 "are for two captures" analyze --rewrites "$pair/in.pcap"
	refuses 2 "payload-hash" analyze --id mac --ingress "$pair/in.pcap" --egress "$pair/out.pcap"
	status=0
	"$ovslab" analyze --json "$pair/out.pcap" >/dev/full 2>"$work/err" || status=$?
	is "a full disk is no success" 3 "$status"
	status=0	# more than stdio's buffer: it fails before the end
	"$ovslab" analyze --ranks "$(seq -s ' ' 200 -1 1)" --events >/dev/full 2>"$work/err" || status=$?
	is "... and told once" "3 1" "$status $(wc -l <"$work/err")"
	mkdir "$work/tmp"
	TMPDIR=$work/tmp run analyze --csv "$pair/out.pcap"
	is "TMPDIR: nothing is left there" "0 0" "$status $(find "$work/tmp" -mindepth 1 | wc -l)"
	TMPDIR=$work/nowhere refuses 3 "no temporary file in $work/nowhere: No such file" analyze --csv "$pair/out.pcap"
	works "help" help analyze
	says "... has the options" "--rewrites" "$work/out"
}

pair=$work/pair
mkdir "$pair"
tests/ns/make-pair.py "$pair" || exit 1
gzip -k "$pair"/*.pcap
test_4737
test_5236
test_ranks
test_two
test_upcalls
test_csv
test_one
test_folder
test_pipes
test_interrupt
test_damage
test_strangers
test_usage
finish
