#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# own-switch.sh - an Open vSwitch and a kernel of one's own in the switch's VM
#
# The tree is of this host's programs, the kernel of another suite's image.
#
# limit: 900
# suites: trixie bookworm

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-own
limit=300
tree=$work/tree
kernel_suite=bookworm	# not the default's

# install_ovs: as 'make install DESTDIR=$tree' would, with prefix /usr/local
install_ovs() {
	local name path

	for name in ovs-vswitchd ovsdb-server ovs-vsctl ovs-ofctl ovs-appctl ovs-dpctl ovsdb-tool ovsdb-client; do
		path=$(realpath "$(command -v "$name")")
		install -D "$path" "$tree/usr/local/$(basename "$(dirname "$(command -v "$name")")")/$name"
	done
	mkdir -p "$tree/usr/local/share/openvswitch"
	cp /usr/share/openvswitch/*.ovsschema "$tree/usr/local/share/openvswitch/"
}

# unpack_kernel: kernel and modules of a switch's image, as one's own build has them
unpack_kernel() {
	local image

	image=${OVSLAB_CACHEDIR:-/var/cache/ovslab}/images/$(switch_manifest "$kernel_suite" | jq -r .key)
	cp "$image/vmlinuz" "$work/bzImage"
	mkdir "$work/mods"
	(cd "$work/mods" && cpio -i -d --quiet) <"$image/modules"
	release=$(jq -r .kernel_release "$image/manifest.json")
}

traffic() { # NAME
	works "$1: ping" exec vm1 -- ping -c 3 -i 0.2 vm2
	says "$1: ... without loss" " 0% packet loss" "$work/out"
	works "$1: measure" measure --json --connections 5
	is "$1: ... of 5 connections, none lost or reordered in the switch" "ok 5 0 0 kernel" \
		"$(q '"\(.status) \(.reorder.flows) \(.reorder.lost) \(.reorder.reordered) \(.datapath)"')"
}

test_tree() {
	local version

	version=$(ovs-vswitchd --version | sed -n '1s/.* //p')
	works "up with a tree" up --ovs "dir:$tree" --warm
	works "inspect" inspect --json
	key=$(q .saved)
	is "... says where the switch comes from" "dir:$tree" "$(q .bench.ovs)"
	is "... of no package, with the tree's version" "[] $version" "$(q '"[\(.ovs.package)] \(.ovs_version)"')"
	for daemon in ovs-vswitchd ovsdb-server; do
		# shellcheck disable=SC2016	# expanded there
		works "$daemon" exec sw -- sh -c 'readlink /proc/$(cat /run/openvswitch/$1.pid)/exe' sh "$daemon"
		is "... runs from the tree" "/ovslab/tree/usr/local/sbin/$daemon" "$(out)"
	done
	works "switch show" switch show --json
	is "... the same" "$version []" "$(q '"\(.ovs_version) [\(.ovs_package)]"')"
	works "ovs-vsctl" exec sw -- ovs-vsctl --version
	says "... is the tree's too" "Open vSwitch\) ${version//./\\.}$" "$work/out"
	traffic "own tree"
	is "... the run says so" "dir:$tree null $version" \
		"$(q '.environment | "\(.switch.ovs_source) \(.ovs_package) \(.ovs_version)"')"
	works "down" down
	unchanged "... leaves nothing"
}

# A program that is another one, if only by a byte.
test_changed_tree() {
	works "up again" up --ovs "dir:$tree" --warm
	is "... restores it" "true $key" "$("$ovslab" inspect --json | jq -r '"\(.restored) \(.saved)"')"
	works "down" down
	printf 'x' >>"$tree/usr/local/sbin/ovs-vswitchd"
	touch -r /usr/share/openvswitch "$tree/usr/local/sbin/ovs-vswitchd"	# its time tells nothing
	works "up with a changed tree" up --ovs "dir:$tree" --warm --ovs-kernel "file:$work/bzImage,$work/mods"
	works "inspect" inspect --json
	is "... is not restored" false "$(q .restored)"
	check "... has another key" [ -n "$key" -a "$(q .saved)" != "$key" ]
}

test_kernel() {
	works "uname" exec sw -- uname -r
	is "... is one's own kernel" "$release" "$(out)"
	is "inspect says where it comes from" "file:$work/bzImage,$work/mods $release" \
		"$("$ovslab" inspect --json | jq -r '"\(.bench.ovs_kernel) \(.ovs.kernel)"')"
	works "modinfo" exec sw -- modinfo -F filename openvswitch
	says "... openvswitch is that kernel's" "^/(usr/)?lib/modules/$release/.*openvswitch\.ko" "$work/out"
	works "lsmod" exec sw -- lsmod
	says "... and is loaded" "^openvswitch " "$work/out"
	traffic "own kernel"
	is "... the run says so" "file:$work/bzImage,$work/mods $release" \
		"$(q '.environment.switch | "\(.kernel_source) \(.kernel)"')"
	works "down" down
	unchanged "... leaves nothing"
}

test_errors() {
	cp -r "$work/mods" "$work/without"
	find "$work/without" -name 'openvswitch.ko*' -delete
	refuses 2 "kernel $release has no module openvswitch" up --ovs-kernel "file:$work/bzImage,$work/without"
	hints "... and what to do" "make modules_install"
	refuses 2 "/no-kernel.*No such file" up --ovs-kernel "file:$work/no-kernel,$work/mods"
	refuses 3 "sw" up --ovs-kernel "file:/bin/ls,$work/mods" --timeout 60
	says "... with QEMU's own words" "qemu|kernel"
	rm "$tree/usr/local/share/openvswitch/vswitch.ovsschema"
	refuses 2 "no vswitch.ovsschema in $tree" up --ovs "dir:$tree"
	hints "... and what to do" "make install DESTDIR="
	unchanged "nothing is left"
}

remember_host
store_of_our_own
install_ovs
unpack_kernel
test_tree
test_changed_tree
test_kernel
test_errors
finish
