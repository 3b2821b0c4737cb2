#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# warm.sh - 'up --warm': what is restored is right and behaves as what was booted;
# what is damaged, half written or of another bench is never restored
#
# limit: 2100
# suites: trixie

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-warm
limit=300
in_vm=(--switch vm)

store_of_our_own

keys() { (cd "$store" 2>/dev/null && find . -mindepth 1 -maxdepth 1 -name '[0-9a-f]*' -printf '%f\n' | sort); }
half_made() { find "$store" -mindepth 1 -maxdepth 1 -name '.[no]*' | sort; }

# sound: each folder with a key has a manifest and the files that it names
# shellcheck disable=SC2317	# called by check
sound() {
	local key

	for key in $(keys); do
		tests/check-schema saved "$store/$key/manifest.json" || return
		[ "$(jq -r .key "$store/$key/manifest.json")" = "$key" ] || { echo "$key: of another key"; return 1; }
		diff <(jq -r '.files[] | "\(.name) \(.bytes)"' "$store/$key/manifest.json" | sort) \
			<(find "$store/$key" -type f ! -name manifest.json -printf '%f %s\n' | sort) || return
	done
}

# boots NAME ARGS...: 'up --warm', which restores nothing and saves what it booted
boots() {
	local name=$1

	shift
	works "$name" up --warm "$@"
	cp "$work/err" "$work/up.err"
	says "... it boots" "^vm1: booting"
	says "... and is saved" "^lab: saved as [0-9a-f]{12}"
	works "inspect" inspect --json
	is "... booted, with the key of a saved lab" "false 1" "$(q .restored) $(keys | grep -cx "$(q .saved)")"
	key=$(q .saved)
	check "... the store is sound" sound
	is "... and nothing half made is in it" "" "$(half_made)"
}

# restores NAME ARGS...: 'up --warm', which boots nothing; leaves the state in out
restores() {
	local name=$1

	shift
	works "$name" up --warm "$@"
	is "... it restores" "" "$(grep -E '^[a-z0-9]+: booting' "$work/err")"
	works "inspect" inspect --json
	is "... from the same key" "true $key" "$(q '"\(.restored) \(.saved)"')"
}

down() {
	works "down" down
	unchanged "... leaves nothing"
}

# ---- what is restored ------------------------------------------------------------

clocks() {
	local node before

	for node in "$@"; do
		before=$(($(now) / 1000000))
		run exec "$node" -- date +%s
		between "clock of $node: the host's, within 1 s" $((before - 1)) "$(out)" $(($(now) / 1000000 + 1))
	done
}

test_identity() {
	local node

	check "the saved lab is some seconds old" [ $(($(date +%s) - $(stat -c %Y "$store/$key/sw.save"))) -ge 3 ]
	"$ovslab" inspect --json >"$work/lab"
	clocks vm1 vm2 sw
	for node in vm1 vm2; do
		works "address of $node" exec "$node" -- cat /sys/class/net/eth0/address
		is "... its MAC" "$(jq -r --arg n "$node" '.nodes[] | select(.name == $n) | .mac' "$work/lab")" "$(out)"
		works "MAC of the switch's port to $node" exec sw -- cat "/sys/class/net/to-$node/address"
		is "... that of its wire" "$(jq -r --arg n "to-$node" '.wires[] | select(.port == $n) | .mac' "$work/lab")" "$(out)"
	done
	is "taps: all four in the lab's namespace, with carrier" 4 \
		"$(in_lab "$OVSLAB_LAB" ip -o link | grep -cE 'tap-(vm[12]|s[12]).*LOWER_UP')"
	works "ovs-ofctl" exec sw -- ovs-ofctl show br0
	is "OpenFlow ports" "1(to-vm1) 2(to-vm2)" \
		"$(grep -oE '[0-9]+\(to-vm[12]\)' "$work/out" | sort | paste -sd' ')"
	works "ping" exec vm2 -- ping -c 3 -i 0.2 vm1
	says "... without loss" " 0% packet loss" "$work/out"
	works "what the switch learned" exec sw -- ovs-appctl fdb/show br0
	is "... each MAC on its port" "$(jq -r '[.nodes[] | select(.ofport > 0) | "\(.ofport) \(.mac)"] | join(",")' "$work/lab")" \
		"$(awk '/52:54/ { print $1, $3 }' "$work/out" | sort | paste -sd,)"
	works "switch show" switch show --json
	is "... what it was" "$(jq -r '"\(.ovs_version) \(.ovs.kernel) \(.ovs.dispatch) \(.ovs.handlers)"' "$work/lab")" \
		"$(q '"\(.ovs_version) \(.kernel) \(.dispatch) \(.handlers)"')"
	works "logs sw" logs sw
	says "... the console from before it was saved" "ovslab: sw ready" "$work/out"
}

# shellcheck disable=SC2317	# called by until_true
megaflows() { "$ovslab" exec sw -- ovs-appctl dpctl/dump-flows | grep -c 'in_port('; }
# shellcheck disable=SC2317
no_megaflows() { [ "$(megaflows)" = 0 ]; }

test_ageing() {
	works "ping" exec vm1 -- ping -c 2 -i 0.2 vm2
	between "megaflows after it" 2 "$(megaflows)" 100
	check "they age: without traffic there are none" until_true 60 no_megaflows
}

# experiment NAME RESTORED: with plain flows, with those that tell PSH apart; leaves in
# hit how many of 40 connections the switch reordered with the latter
experiment() {
	works "$1: gso_max_segs 1" exec vm1 -- ip link set dev eth0 gso_max_segs 1
	works "$1: measure" measure --json --connections 10
	is "$1: the flows that were there reorder nothing" "ok 10 0 0" \
		"$(q '"\(.status) \(.reorder.flows) \(.reorder.reordered) \(.reorder.lost)"')"
	flows_in_vm "$psh_flows"
	works "$1: measure" measure --json --connections 40
	is "$1: the run says whether it was restored" "ok 40 $2" \
		"$(q '"\(.status) \(.reorder.flows) \(.environment.restored)"')"
	hit=$(q .reorder.flows_reordered)
	between "$1: connections that flows on PSH reorder, of 40" 20 "$hit" 40
}

test_like_booted() {
	local hit restored

	experiment restored true
	restored=$hit
	works "inject psh" inject psh --ratio 10
	works "measure" measure --json --connections 10
	between "psh --ratio 10 in a restored node: share of packets" 0.08 \
		"$(q '.injections[0].mangled / .injections[0].eligible')" 0.12
	down
	works "up without --warm" up "${in_vm[@]}"
	is "... is no saved lab" "false " "$("$ovslab" inspect --json | jq -r '"\(.restored) \(.saved)"')"
	experiment booted false
	between "restored and booted: connections reordered, of 40, differ by 12 at most" $((hit - 12)) "$restored" $((hit + 12))
	down
}

test_at_once() {
	begin -n "$tag-a" up --warm "${in_vm[@]}"
	works "up of one lab from the saved one" -n "$tag-b" up --warm "${in_vm[@]}"
	ended 120
	is "... and of another, meanwhile" 0 "$status"
	for lab in "$tag-a" "$tag-b"; do
		works "$lab: inspect" -n "$lab" inspect --json
		is "$lab: restored" "true $key" "$(q '"\(.restored) \(.saved)"')"
		works "$lab: ping" -n "$lab" exec vm1 -- ping -c 2 -i 0.2 vm2
		says "$lab: ... without loss" " 0% packet loss" "$work/out"
	done
	works "a file in one" -n "$tag-a" exec sw -- touch /run/mark
	run -n "$tag-b" exec sw -- test -e /run/mark
	is "... is not in the other" 1 "$status"
	works "down of both" down --all
	unchanged "... leaves nothing"
}

# ---- what is not --------------------------------------------------------------------

# flip FILE: a bit in the middle of it
# shellcheck disable=SC2317	# called by test_damaged
flip() {
	local at=$(($(stat -c %s "$1") / 2)) byte

	byte=$(od -An -tu1 -j "$at" -N 1 "$1")
	# shellcheck disable=SC2059	# an octal escape
	printf "\\$(printf %o $((byte ^ 4)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

test_damaged() { # FILE HOW ARGS...
	local file=$1 how=$2 was=$key inode

	shift 2
	inode=$(stat -c %i "$store/$key")
	"$how" "$store/$key/$file"
	boots "up with a saved lab whose $file had a $how" "$@"
	says "... it says so" "^lab: booting: saved lab ${was:0:12} is damaged: $file" "$work/up.err"
	is "... the key is the same" "$was" "$key"
	check "... and what it names was saved anew" [ "$inode" != "$(stat -c %i "$store/$key")" ]
	down
}

# shellcheck disable=SC2317	# called by test_damaged
truncation() { truncate -s -1 "$1"; }

# kill_after ARGS... STEP DELAY: counts in interrupted
kill_after() {
	local delay=${*: -1} step=${*: -2:1}

	begin up --warm "${@:1:$# - 2}"
	until_true 120 step_begun "$step" || failed "'up --warm' reaches $step"
	sleep "$delay"
	kill -KILL "$pid" 2>/dev/null
	ended 5
	if [ "$status" = 137 ]; then
		interrupted=$((interrupted + 1))
	else
		echo "# it had ended before"
	fi
	works "down after 'up --warm' was killed $delay s after step $step began" down
	unchanged "... leaves nothing"
	check "... the store is sound" sound
}

# forget_others: leaves the lab of this key alone in the store
forget_others() {
	find "$store" -mindepth 1 -maxdepth 1 -name '[0-9a-f]*' ! -name "$key" -exec rm -rf {} +
}

# Of another bench than the one of this key, which is in the store all the time.
test_killed_save() { # DELAYS ARGS...
	local delay delays interrupted=0 was=$key

	read -ra delays <<<"$1"
	shift
	for delay in "${delays[@]}"; do
		forget_others
		kill_after "$@" save "$delay"
	done
	between "... 'up --warm' was at work each time but the last" \
		$((${#delays[@]} - 1)) "$interrupted" ${#delays[@]}
	forget_others
	boots "up --warm with $* after that" "$@"
	check "... has another key" [ "$was" != "$key" ]
	down
	key=$was
}

test_killed_restore() { # ARGS...
	local delay interrupted=0

	for delay in 0 0.1 0.3 0.7; do
		kill_after "$@" nodes "$delay"
		is "... the saved lab is still there" 1 "$(keys | grep -cx "$key")"
	done
	between "... 'up --warm' was at work each time but the last ones" 2 "$interrupted" 4
	restores "up --warm after that" "$@"
	works "ping" exec vm1 -- ping -c 2 -i 0.2 vm2
	down
}

# ---- the switch on the host: nodes alone are saved ------------------------------------

test_host() {
	boots "up with the switch on the host" "${on_host[@]}"
	down
	restores "up again" "${on_host[@]}"
	clocks vm1 vm2
	works "measure" measure --json --connections 10
	is "... of 10 connections" "ok 10 true userspace" \
		"$(q '"\(.status) \(.reorder.flows) \(.environment.restored) \(.datapath)"')"
	down
}

# ---- no room ----------------------------------------------------------------------------

test_no_room() {
	local before

	before=$(keys)
	OVSLAB_WARM_MAX=0 works "up, with OVSLAB_WARM_MAX=0" up --warm "${on_host[@]}" --memory 600M
	says "... says that it is not saved" "not saved: OVSLAB_WARM_MAX is 0"
	is "... has no key" "false " "$("$ovslab" inspect --json | jq -r '"\(.restored) \(.saved)"')"
	is "... nothing was added to the store" "$before" "$(keys)"
	works "... the lab is as good" exec vm1 -- ping -c 1 vm2
	down
	OVSLAB_WARM_MAX=lots refuses 2 "OVSLAB_WARM_MAX: 'lots' is not a size" \
		up --warm "${on_host[@]}" --memory 600M
	is "... nothing was added to the store" "$before" "$(keys)"
}

# All in one mount namespace: the lab's own mounts are seen in it alone.
test_full_disk() {
	cat >"$work/on-tiny" <<-'END'
		#!/bin/sh
		ovslab=$1 store=$2
		shift 2
		mount -t tmpfs -o size=20m tmpfs "$store" || exit
		"$ovslab" up --warm "$@" >/dev/null 2>up.err || echo "up failed"
		"$ovslab" inspect --json | jq -r '"\(.status) \(.restored) [\(.saved)]"'
		"$ovslab" exec vm1 -- ping -c 1 vm2 | grep -c ' 0% packet loss'
		find "$store" -mindepth 1 ! -name .lock | wc -l
		"$ovslab" -q down >/dev/null
	END
	chmod +x "$work/on-tiny"
	(cd "$work" && timeout 200 unshare --mount "$work/on-tiny" "$ovslab" "$store" "${on_host[@]}" --memory 600M >tiny.out 2>tiny.err)
	is "up with a full disk below the store: a lab, booted, not saved, nothing in the store" \
		"ready false []|1|0" "$(paste -sd'|' "$work/tiny.out")"
	says "... says so" "not saved|without a saved lab" "$work/up.err"
	says "... and why" "[Nn]o space" "$work/up.err"
	unchanged "... leaves nothing"
}

remember_host
test_host
test_damaged vm1.save truncation "${on_host[@]}"
test_killed_restore "${on_host[@]}"
test_killed_save "0 0.5 1.5" "${on_host[@]}" --memory 640M
test_no_room
test_full_disk
boots "up with the switch in a VM" "${in_vm[@]}"
down
restores "up again" "${in_vm[@]}"
test_identity
test_ageing
test_like_booted
test_at_once
test_killed_restore "${in_vm[@]}"
test_damaged sw.save flip "${in_vm[@]}"
test_killed_save "0.3 2" "${in_vm[@]}" --switch-vcpus 3
finish
