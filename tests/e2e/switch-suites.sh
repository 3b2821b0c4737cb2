#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# switch-suites.sh - Open vSwitch and the kernel of each Debian suite as the
# switch: comes up, tells what it truly is, and forwards
#
# limit: 900
# suites: bullseye bookworm trixie sid

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-suite
# shellcheck disable=SC2016	# expanded in the guest
threads='grep -h ^handler /proc/$(cat /run/openvswitch/ovs-vswitchd.pid)/task/*/comm | wc -l'

# what_runs SUITE KERNEL-SUITE: package, its upstream version and the kernel's
# release, as the images' manifests have them
what_runs() {
	package=$(switch_manifest "$1" | jq -r '.packages["openvswitch-switch"]')
	version=${package%%[-+]*}
	release=$(switch_manifest "$2" | jq -r .kernel_release)
}

# agrees NAME FILTER: the last document has these as its version, package,
# kernel, dispatch mode and number of handlers
agrees() {
	is "$1" "$version $package $release $dispatch $handlers" "$(q "$2 | join(\" \")")"
}

# tells: leaves handlers, counted in /proc
tells() {
	works "uname" exec sw -- uname -r
	is "the kernel below it is the image's" "$release" "$(out)"
	works "handler threads" exec sw -- sh -c "$threads"
	handlers=$(out)
	between "... counted in /proc" 1 "$handlers" 64
	works "ovs-vswitchd --version" exec sw -- ovs-vswitchd --version
	is "... is the package's" "$version" "$(sed -n '1s/.* //p' "$work/out")"
	works "inspect" inspect --json
	agrees "... tells all that" '[.ovs_version, .ovs.package, .ovs.kernel, .ovs.dispatch, (.ovs.handlers | tostring)]'
	works "switch show" switch show --json
	agrees "... too" '[.ovs_version, .ovs_package, .kernel, .dispatch, (.handlers | tostring)]'
	is "... in a VM, with the kernel's datapath" "vm kernel" "$(q '"\(.switch) \(.datapath)"')"
	works "the datapath, as the switch names it" exec sw -- ovs-appctl dpif/show
	says "... is the kernel's" "^system@ovs-system" "$work/out"
}

forwards() { # SUITE KERNEL-SUITE
	works "vm1 pings vm2" exec vm1 -- ping -c 5 -i 0.2 vm2
	says "... without loss" " 0% packet loss" "$work/out"
	works "measure" measure --json --connections 10
	is "... of 10 connections, all judged" "ok 10 true" "$(q '"\(.status) \(.reorder.flows) \(.reorder.exact)"')"
	between "... packets" 100 "$(q .reorder.packets)" 1000000
	is "... none reordered or lost in the switch" "0 0" "$(q '.reorder | "\(.reordered) \(.lost)"')"
	is "... no upcall lost" 0 "$(q .switch_counters.lost)"
	between "... upcalls there were" 1 "$(q .switch_counters.missed)" 100000
	is "... of the kernel's datapath" kernel "$(q .datapath)"
	agrees "... the run has what the switch is" '[.environment | .ovs_version, .ovs_package, .switch.kernel,
		.switch.dispatch, (.switch.handlers | tostring)]'
	is "... and what it was made from" "debian:$1 debian:$2" \
		"$(q '.environment.switch | "\(.ovs_source) \(.kernel_source)"')"
}

# try SUITE KERNEL-SUITE UPSTREAM KERNEL DISPATCH
try() {
	local version package release handlers dispatch=$5
	local options=(--ovs "debian:$1")

	[ "$1" = "$2" ] || options+=(--ovs-kernel "debian:$2")
	what_runs "$1" "$2"
	check "the images of $1 and $2 have Open vSwitch $3 and Linux $4" \
		grep -Eq "^$3\.[0-9]+ $4\." <<<"$version $release"
	works "up: Open vSwitch of $1 on the kernel of $2" up "${options[@]}"
	tells
	forwards "$1" "$2"
	check "vswitchd logged no error" no_errors
	works "down" down
	unchanged "... leaves nothing"
}

# shellcheck disable=SC2317	# called by check
no_errors() {
	run logs switch
	! grep -E '\|(ERR|EMER)\|' "$work/out"
}

remember_host
try bullseye bullseye 2.15 5.10 per-vport
try bookworm bookworm 3.1 6.1 per-cpu
try trixie trixie 3.5 6.12 per-cpu
try sid sid '4.[0-9]+' '[7-9].[0-9]+' per-cpu
# vswitchd asks for a socket of each port where it knows no better
try bullseye sid 2.15 '[7-9].[0-9]+' per-vport
finish
