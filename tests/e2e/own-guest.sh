#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# own-guest.sh - a kernel and an initramfs of one's own
#
# limit: 200

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-own
image=$(image_dir)

# An initramfs that knows nothing of us: modules, the agent, no network, no helper.
make_initrd() {
	mkdir -p "$work/overlay/mine"
	cat >"$work/overlay/mine/init" <<-'END'
		#!/bin/sh
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs devtmpfs /dev
		mount -t tmpfs tmpfs /run
		modprobe -a virtio_pci virtio_net virtio_console
		for port in $(seq 100); do
			port=$(echo /sys/class/virtio-ports/vport*)
			[ ! -e "$port" ] || break
			usleep 50000
		done
		echo 'my own guest' >/dev/console
		while :; do
			qemu-ga -m virtio-serial -p "/dev/${port##*/}" -t /run
			sleep 1
		done
	END
	chmod +x "$work/overlay/mine/init"
	# the kernel looks for /init: a link to ours
	ln -s mine/init "$work/overlay/init"
	(cd "$work/overlay" && find . -mindepth 1 | cpio -o -H newc --quiet) >"$work/initrd"
	cat "$image/modules" "$image/initrd" >>"$work/initrd"
}

test_kernel() {
	cp "$image/vmlinuz" "$work/my-kernel"
	works "up with a kernel of one's own" up "${on_host[@]}" --kernel "$work/my-kernel"
	is "... it is what runs" "$work/my-kernel" "$("$ovslab" inspect --json | jq -r .bench.kernel)"
	works "ping" exec vm1 -- ping -c 1 vm2
	works "up again matches" up "${on_host[@]}" --kernel "$work/my-kernel"
	refuses 2 "another bench" up "${on_host[@]}"
	works "down" down
}

test_initrd() {
	make_initrd
	works "up with an initramfs of one's own" up "${on_host[@]}" --kernel "$work/my-kernel" --initrd "$work/initrd"
	works "logs" logs vm1
	says "... it is what runs" "my own guest" "$work/out"
	works "its addresses were set through the agent" exec vm1 -- ip -o addr
	says "... IPv4" "198\.18\.0\.1/24" "$work/out"
	says "... IPv6" "inet6 .*/64 scope global" "$work/out"
	works "inject psh" inject psh --ratio 10
	works "measure" measure --json --connections 5
	is "... saw the mangler and the traffic" "ok 5 true" \
		"$(q '"\(.status) \(.reorder.flows) \(.injections[0].mangled > 0)"')"
	works "inject clear" inject clear
	works "down" down
}

remember_host
test_kernel
test_initrd
unchanged "nothing is left"
finish
