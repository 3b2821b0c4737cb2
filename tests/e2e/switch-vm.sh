#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# switch-vm.sh - the switch as a VM: what each command promises of it, what is
# said when it or its vswitchd ends, what is refused
#
# limit: 900
# suites: trixie

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-sw
limit=300
vswitchd='cat /run/openvswitch/ovs-vswitchd.pid'
in_vm=(--switch vm)

test_up() {
	if modinfo openvswitch >/dev/null 2>&1; then	# then 'auto' is no VM
		works "up" up --warm "${in_vm[@]}"
	else
		in_vm=(--switch auto)
		works "up" up --warm "${in_vm[@]}"
		is "... says in one line what it chose and why" 1 "$(grep -cE '^switch in a VM \(Open vSwitch debian:trixie, kernel debian:trixie\), kernel datapath: this host.s kernel has no openvswitch module loaded$' "$work/out")"
	fi
	says "... and which switch it got" "Open vSwitch 3\.[0-9.]+, kernel 6\." "$work/out"
	works "up again" up "${in_vm[@]}"
	says "... is a no-op" "was up already" "$work/out"
	refuses 2 "another bench" up "${in_vm[@]}" --switch-vcpus 3
	works "ls" ls
	says "... tells where the switch is" "^$OVSLAB_LAB +ready +vm +kernel " "$work/out"
	works "inspect" inspect --json
	is "... three VMs and the switch live, two wires" "true true true true 2" \
		"$(q '"\(.live.vm1) \(.live.vm2) \(.live.sw) \(.live.switch) \(.wires | length)"')"
	is "no vswitchd of the lab runs on the host" "" "$(owned_comm | grep ovs)"
	is "... three QEMUs do" 3 "$(owned_comm | grep -c qemu)"
}

# owned_comm: names of the processes that carry the lab's mark
owned_comm() {
	local id file

	id=$(jq -r .id "$OVSLAB_RUNDIR/$OVSLAB_LAB/state.json")
	for file in /proc/[0-9]*/environ; do
		! grep -qsz "^OVSLAB_OWNER=$id\$" "$file" || cat "${file%/environ}/comm"
	done 2>/dev/null
}

test_tools() {
	works "exec sw" exec sw -- uname -r
	says "... is another kernel than the nodes'" "^6\.(9|1[0-9])\." "$work/out"
	run exec sw -- sh -c 'echo to-stderr >&2; exit 7'
	is "... passes the status on" 7 "$status"
	works "ovs-vsctl" exec sw -- ovs-vsctl list-ports br0
	is "... the ports" "to-vm1 to-vm2" "$(out | sort | paste -sd' ')"
	works "ovs-ofctl" exec sw -- ovs-ofctl dump-flows br0
	says "... a flow" "actions=NORMAL" "$work/out"
	works "ovs-appctl" exec sw -- ovs-appctl version
	says "... vswitchd answers" "^ovs-vswitchd .*3\." "$work/out"
	works "logs switch" logs switch
	says "... is vswitchd's log" "\|bridge\|INFO\|bridge br0: added interface to-vm1 on port 1" "$work/out"
	works "logs sw" logs sw
	says "... is the console" "ovslab: sw ready" "$work/out"
	works "other_config is set" exec sw -- ovs-vsctl set Open_vSwitch . other_config:max-idle=9876
	works "ping" exec vm1 -- ping -c 1 vm2
	works "the addresses that the switch learned" exec sw -- ovs-appctl fdb/show br0
	is "... each on its port" "1 52:54:00:12:00:01,2 52:54:00:12:00:02" \
		"$(awk '/52:54/ { print $1, $3 }' "$work/out" | sort | paste -sd,)"
	works "measure" measure --json --connections 5
	is "... of 5 connections, nothing lost or reordered" "ok 5 0 0" \
		"$(q '"\(.status) \(.reorder.flows) \(.reorder.lost) \(.reorder.reordered)"')"
	check "... the run has that setting" jq -e '.environment.other_config | any(test("max-idle.*9876"))' "$work/out"
	check "... and the switch's flows" jq -e '.environment.flows | any(test("actions=NORMAL"))' "$work/out"
	works "... and it is removed" exec sw -- ovs-vsctl remove Open_vSwitch . other_config max-idle
}

test_restart() {
	local before after

	before=$("$ovslab" exec sw -- sh -c "$vswitchd")
	works "switch restart" switch restart --json
	is "... it answers, with handlers" "vm kernel true" "$(q '"\(.switch) \(.datapath) \(.handlers > 0)"')"
	after=$("$ovslab" exec sw -- sh -c "$vswitchd")
	check "... it is another vswitchd ($before, then $after)" [ "$after" -gt 0 -a "$after" != "$before" ]
	works "... the old one is gone" exec sw -- sh -c "! [ -e /proc/$before ] && [ -e /proc/$after ]"
	works "ovs-ofctl" exec sw -- ovs-ofctl show br0
	is "... bridge and ports stay" "1(to-vm1) 2(to-vm2)" \
		"$(grep -oE '[0-9]+\(to-vm[12]\)' "$work/out" | sort | paste -sd' ')"
	works "traffic flows again" exec vm1 -- ping -c 3 -i 0.2 vm2
	says "... all of it" " 0% packet loss" "$work/out"
}

# shellcheck disable=SC2317	# called by until_true
megaflows() { "$ovslab" exec sw -- ovs-appctl dpctl/dump-flows | grep -c 'in_port('; }
# shellcheck disable=SC2317
no_megaflows() { [ "$(megaflows)" = 0 ]; }

# A run must not pass off what a restart did as the switch's doing.
test_restart_in_a_run() {
	begin measure --json --connections 60
	until_true 20 grep -q 'from vm1 to vm2' "$work/bg.err"
	sleep 1
	works "switch restart during a run" switch restart
	ended 120
	is "... makes it no success" "1 switch-restarted" "$status $(jq -r .status "$work/bg.out")"
	check "... and leaves the counters out" jq -e '.switch_counters |
		.known == false and (.coverage | length) == 0' "$work/bg.out"
}

# Sooner than by default, which is in warm.sh.
test_ageing() {
	works "max-idle" exec sw -- ovs-vsctl set Open_vSwitch . other_config:max-idle=2000
	works "ping" exec vm1 -- ping -c 2 -i 0.2 vm2
	between "megaflows after it" 2 "$(megaflows)" 100
	# the nodes' neighbours are asked again meanwhile, so it may take longer than max-idle
	check "they age: without traffic there are none" until_true 60 no_megaflows
	works "max-idle as before" exec sw -- ovs-vsctl remove Open_vSwitch . other_config max-idle
}

test_manglers() {
	works "inject ttl" inject ttl
	works "ping" exec vm1 -- ping -c 20 -i 0.1 vm2
	says "... loses nothing" " 0% packet loss" "$work/out"
	between "different TTLs in 20 replies" 5 "$(grep -o 'ttl=[0-9]*' "$work/out" | sort -u | wc -l)" 20
	works "inject psh" inject psh --ratio 10
	works "measure" measure --json --connections 10
	is "... of 10 connections" "ok 10" "$(q '"\(.status) \(.reorder.flows)"')"
	between "... share of packets that got PSH" 0.08 \
		"$(q '.injections[] | select(.kind == "psh") | .mangled / .eligible')" 0.12
	check "... PSH enters the switch and leaves it" jq -e '.reorder |
		.ingress_psh > 0 and .egress_psh <= .ingress_psh and .egress_psh >= .ingress_psh - .lost' "$work/out"
	check "... ttl saw the other direction" jq -e '.injections[] | select(.kind == "ttl") | .mangled > 0' "$work/out"
	works "inject clear" inject clear --json
	is "... both" 2 "$(q .cleared)"
}

tx_sums() { "$ovslab" exec vm1 -- sh -c 'ls /run/ovslab/tx_checksums-eth0 2>/dev/null'; }

# With offloads nobody would compute the sums on the way, and vm2 would not look.
test_wrong_sums_with_offloads() {
	local kind

	for kind in corrupt badcsum; do
		works "$kind" inject $kind --nth 7 --limit 3
		check "$kind: sums are not left to the device" [ -n "$(tx_sums)" ]
		works "$kind: measure" measure --json --connections 5
		is "$kind: three are sent again" "3 true" \
			"$(q '"\(.injections[0].mangled) \(.tcp.sender.RetransSegs >= 3)"')"
		works "$kind: clear" inject clear
		check "$kind: they are again" [ -z "$(tx_sums)" ]
		refuses 2 "takes them for right" inject $kind --at tap-vm2:egress
	done
}

test_capture() {
	begin capture tap-vm1 tap-vm2 -w "$work/cap" --json --count 4 icmp
	until_true 10 grep -q listening "$work/bg.err" || failed "capture listens"
	works "ping" exec vm1 -- ping -c 2 -i 0.2 vm2
	ended 20
	is "capture of both taps: status and packets" "0 4 4" \
		"$status $(jq -r '[.files[].packets] | join(" ")' "$work/bg.out")"
}

test_dead_vswitchd() {
	works "vswitchd is killed" exec sw -- sh -c "kill -9 \$($vswitchd)"
	run ls
	says "ls: broken" "$OVSLAB_LAB +broken" "$work/out"
	refuses 3 "ovs-vswitchd" measure
	hints "... and what to do" "down"
	refuses 3 "ovs-vswitchd" up "${in_vm[@]}"
	works "inspect" inspect --json
	is "... its VM lives, the switch does not" "true false" "$(q '"\(.live.sw) \(.live.switch)"')"
	works "logs switch still shows the log" logs switch
	says "... of vswitchd" "\|bridge\|INFO\|" "$work/out"
}

# revives NAME: 'switch restart' brings a switch back that NAME befell
revives() {
	works "switch restart of one that $1" switch restart --json
	is "... it answers, with handlers" true "$(q '.handlers > 0')"
	works "... traffic flows again" exec vm1 -- ping -c 1 -w 10 vm2
	run ls
	says "... ls: ready" "$OVSLAB_LAB +ready" "$work/out"
}

test_restart_of_the_dead() {
	revives "was killed"
	works "vswitchd is stopped" exec sw -- sh -c "kill -STOP \$($vswitchd)"
	revives "hangs"
}

test_dead_vm() {
	local sw

	sw=$("$ovslab" inspect --json | jq -r '.nodes[] | select(.name == "sw") | .pid')
	kill -KILL "$sw"
	until_true 5 gone "$sw"
	run ls
	says "ls: broken" "$OVSLAB_LAB +broken" "$work/out"
	refuses 3 "sw is down" exec sw -- true
	says "... with the console's last lines" "sw ready"
	refuses 3 "sw is down" measure
	refuses 3 "sw is down" switch show
	refuses 3 "sw is down" up "${in_vm[@]}"
	works "exec in a node still works" exec vm1 -- true
	works "inspect" inspect --json
	is "... which one" "true true false false" "$(q '.live | "\(.vm1) \(.vm2) \(.sw) \(.switch)"')"
	works "down" down
	unchanged "... leaves nothing"
}

test_killed_up() {
	local step

	for step in wires nodes switch; do
		begin up "${in_vm[@]}"
		until_true 90 step_begun "$step" || failed "'up' reaches $step"
		kill -KILL "$pid"
		ended 5
		is "'up' killed once step $step had begun" 137 "$status"
		run ls
		says "ls tells" "$OVSLAB_LAB +abandoned" "$work/out"
		works "down after that" down
		unchanged "... leaves nothing"
	done
}

# allowed PID: CPUs of each of its threads, without doubles
allowed() { sed -n 's/^Cpus_allowed_list:\t*//p' /proc/"$1"/task/*/status | sort -u | paste -sd' '; }

test_pins() {
	local node all last

	last=$(($(nproc --all) - 1))
	all=$(sed -n 's/^Cpus_allowed_list:\t*//p' /proc/$$/status)
	works "up, pinned" up --switch vm --pin sw=0 --pin "vm1=$last" --wire redirect
	works "inspect" inspect --json
	is "... says so" "sw=0 vm1=$last" "$(q .bench.pins)"
	for node in "sw 0" "vm1 $last" "vm2 $all"; do
		# shellcheck disable=SC2016	# jq's own
		is "all threads of ${node% *}'s QEMU may run on CPUs ${node#* } only" "${node#* }" \
			"$(allowed "$(q --arg n "${node% *}" '.nodes[] | select(.name == $n) | .pid')")"
	done
	works "measure" measure --json --connections 5
	is "... the run says so" "sw=0 vm1=$last" "$(q '.environment.pinned | sort | join(" ")')"
	is "... and the kind of wire" "redirect" "$(q .environment.switch.wire)"
	works "down" down
	unchanged "... leaves nothing"
}

test_refused() {
	mkdir -p "$work/empty" "$work/no-modules"
	refuses 2 "--ovs" up --switch host --ovs debian:sid
	hints "... and what to do" "--switch vm"
	refuses 2 "unknown suite 'trixi' \(did you mean 'trixie'\?\)" up --ovs debian:trixi
	hints "... names those that exist" "bullseye, bookworm, trixie, sid"
	refuses 2 "unknown suite 'sidd' \(did you mean 'sid'\?\)" up --ovs-kernel debian:sidd
	refuses 2 "/nonexistent.*No such file" up --ovs dir:/nonexistent
	refuses 2 "--ovs.*'debian'|debian.*--ovs" up --ovs debian
	refuses 2 "no ovs-vswitchd in $work/empty" up --ovs "dir:$work/empty"
	hints "... and what to do" "make install DESTDIR="
	refuses 2 "--ovs-kernel" up --ovs-kernel file:/bin/ls
	hints "... and how it is written" "file:KERNEL,MODULES-DIR"
	refuses 2 "no modules of a kernel in $work/no-modules" up --ovs-kernel "file:/bin/ls,$work/no-modules"
	hints "... and what to do" "make modules_install"
	refuses 2 "'vm3=0' pins nothing" up --pin vm3=0
	hints "... and how it is written" "vm1, vm2, sw"
	refuses 2 "'sw=99999' pins nothing" up --pin sw=99999
	hints "... and which CPUs there are" "0-$(($(nproc --all) - 1))"
	refuses 2 "wire" up --wire veth
	refuses 2 "switch-vcpus" up --switch-vcpus 0
	is "nothing of a lab was made" "" "$(ls -A "$OVSLAB_RUNDIR" 2>/dev/null)"
	unchanged "nothing is left"
}

remember_host
test_refused
test_up
test_tools
test_restart
test_restart_in_a_run
test_ageing
test_manglers
test_wrong_sums_with_offloads
test_capture
test_dead_vswitchd
test_restart_of_the_dead
test_dead_vm
test_killed_up
test_pins
unchanged "nothing is left"
finish
