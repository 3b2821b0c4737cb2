#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bad-input.sh - what cannot work is refused: one line with the cause, what to do
# below it, the documented status, nothing left behind
#
# limit: 240

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-bad

test_words() {
	refuses 2 "unknown command 'mesure' \(did you mean 'measure'\?\)" mesure
	refuses 2 "unknown option '--ration'.*'--ratio'|--ration.*did you mean '--ratio'" inject psh --ration 10
	refuses 2 "unknown kind 'phs' \(did you mean 'psh'\?\)" inject phs
	refuses 2 "ratio.*0|0.*ratio" inject psh --ratio 0
	refuses 2 "ratio.*often|often.*ratio" inject psh --ratio often
	refuses 2 "no lab '$OVSLAB_LAB'" exec vm1 -- true
	hints "... and what to do" "ovslab -n $OVSLAB_LAB up"
	refuses 2 "no lab '$OVSLAB_LAB'" inspect
	refuses 2 "no lab '$OVSLAB_LAB'" measure
	refuses 2 "not a name for a lab" -n 'no/name' up
	refuses 2 "no-such-kernel.*No such file" up --kernel /no-such-kernel
	refuses 2 "no-such-initrd.*No such file" up --initrd /no-such-initrd
	refuses 2 "memory|8M" up --memory 8M
}

test_names_in_a_lab() {
	works "up" up --warm "${on_host[@]}"
	refuses 2 "no node 'vm3'" exec vm3 -- true
	hints "... names those that exist" "vm1, *vm2|vm1.*vm2"
	refuses 2 "'vm1:middle' is no place" inject psh --at vm1:middle
	hints "... names those that exist" "vm1:egress"
	refuses 2 "psh cannot work at vm1:ingress: .*has left the switch" inject psh --at vm1:ingress
	refuses 2 "delay cannot work at tap-vm1:egress: .*fq" inject delay --ms 1 --at tap-vm1:egress
	refuses 2 "crosses no switch" measure --from vm1 --to vm1
	refuses 2 "no node 'vm9'" logs vm9
	refuses 2 "clear" inject psh --clear --clear-others
	run exec vm1 -- no-such-program
	is "a program that the guest lacks" "127 1" "$status $(grep -c 'no-such-program' "$work/err")"
	refuses 2 "filter|syntax|parse" capture tap-vm1 -w "$work/c" this is no filter
	works "down" down
}

# A name that is taken is not ours to remove.
test_namespace_in_use() {
	mkdir -p /run/netns
	touch "/run/netns/ovslab-$OVSLAB_LAB"	# 'ip netns add' would leave a mount of its own
	unshare --net="/run/netns/ovslab-$OVSLAB_LAB" true
	refuses 3 "namespace named 'ovslab-$OVSLAB_LAB' exists" up "${on_host[@]}"
	hints "... and what to do" "ip netns del"
	check "the other's namespace is still there" ip netns exec "ovslab-$OVSLAB_LAB" true
	is "no lab is left" "" "$(ls -A "$OVSLAB_RUNDIR" 2>/dev/null)"
	ip netns del "ovslab-$OVSLAB_LAB"
	rmdir /run/netns 2>/dev/null
}

test_kernels() {
	local image

	image=$(image_dir)
	refuses 3 "vm1" up "${on_host[@]}" --kernel /bin/ls
	says "... with QEMU's own words" "qemu|kernel"
	unchanged "... leaves nothing"

	head -c 9000000 "$image/vmlinuz" >"$work/truncated"
	refuses 3 "vm[12]" up "${on_host[@]}" --kernel "$work/truncated" --timeout 8
	unchanged "... leaves nothing"

	# boots, but its init is no init: a panic, which ends the VM
	echo no-archive >"$work/no-initrd"
	refuses 3 "vm[12] (did not boot|is down)" up "${on_host[@]}" --initrd "$work/no-initrd" --timeout 30
	says "... with the console's last lines" "Kernel panic"
	unchanged "... leaves nothing"

	# boots and never starts an agent
	mkdir -p "$work/mute"
	printf '#!/bin/sh\necho mute >/dev/console\nwhile :; do usleep 1000000; done\n' >"$work/mute/init"
	chmod +x "$work/mute/init"
	{ (cd "$work/mute" && echo init | cpio -o -H newc --quiet); cat "$image/modules" "$image/initrd"; } >"$work/mute.img"
	refuses 3 "vm[12].*(timed out|did not boot)" up "${on_host[@]}" --initrd "$work/mute.img" --timeout 15
	says "... with the console's last lines" "^mute"
	unchanged "... leaves nothing"

	run up "${on_host[@]}" --initrd "$work/mute.img" --timeout 8 --keep-on-failure
	is "--keep-on-failure keeps it" "3 failed" "$status $("$ovslab" inspect --json | jq -r .status)"
	hints "... says so" "kept for inspection"
	refuses 2 "kept after a failure" up "${on_host[@]}"
	works "down" down
	unchanged "... leaves nothing"
}

# 'ovslab ARGS' in a mount namespace of its own, with a tiny tmpfs on DIR
on_tiny_disk() { # SIZE DIR STATUS REGEX ARGS...
	local size=$1 dir=$2

	shift 2
	mkdir -p "$dir"
	# shellcheck disable=SC2016	# expanded inside
	cat >"$work/tiny" <<-'END'
		#!/bin/sh
		mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"
	END
	chmod +x "$work/tiny"
	ovslab_real=$ovslab
	printf '#!/bin/sh\nexec unshare --mount %s %s %s %s "$@"\n' "$work/tiny" "$size" "$dir" "$ovslab_real" \
		>"$work/on-tiny"
	chmod +x "$work/on-tiny"
	ovslab=$work/on-tiny
	refuses "$@"
	ovslab=$ovslab_real
}

test_no_space() {
	local size

	for size in 64k 600k 4m; do
		OVSLAB_RUNDIR=$work/tiny-run on_tiny_disk "$size" "$work/tiny-run" '[34]' 'No space left|no space|space' up "${on_host[@]}"
		says "... $size: what to do" "^  .*(room|space)"
	done
	unchanged "... leaves nothing"
	OVSLAB_CACHEDIR=$work/cache on_tiny_disk 20m "$work/cache" 4 "disk space" up "${on_host[@]}"
	OVSLAB_CACHEDIR=$work/cache on_tiny_disk 20m "$work/cache" 4 "disk space" image build
	unchanged "... leaves nothing"
}

test_switch_does_not_start() {
	mkdir -p "$work/bin"
	printf '#!/bin/sh\necho "ovs-vswitchd: the wheels came off" >&2\nexit 1\n' >"$work/bin/ovs-vswitchd"
	chmod +x "$work/bin/ovs-vswitchd"
	PATH=$work/bin:$PATH refuses 3 "Open vSwitch did not start: .*ovs-vswitchd" up "${on_host[@]}"
	says "... with its own words" "the wheels came off"
	unchanged "... leaves nothing"
	printf '#!/bin/sh\nexec sleep 600\n' >"$work/bin/ovs-vswitchd"
	PATH=$work/bin:$PATH refuses 3 "timed out waiting for ovs-vswitchd|ovs-vswitchd" up "${on_host[@]}" --timeout 8
	unchanged "... leaves nothing"
}

test_not_root() {
	local copy=$work/nobody

	# the checkout may be in a folder that nobody can enter
	mkdir -p "$copy" && chmod 755 "$work" "$copy"
	make -s install B="$B" DESTDIR="$copy" PREFIX=/usr >"$work/install.log" 2>&1 ||
		failed "make install" "$(tail -n 5 "$work/install.log")"
	printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups %s "$@"\n' \
		"$copy/usr/bin/ovslab" >"$work/as-nobody"
	chmod 755 "$work/as-nobody"
	ovslab_real=$ovslab ovslab=$work/as-nobody
	refuses 4 "root|capabilit|[Pp]ermission" up
	says "... what to do" "^  .*sudo"
	run doctor --json
	is "doctor says that it cannot" "4 false" "$status $(q .ready)"
	is "... because of root" fail "$(q '.probes[] | select(.name == "root") | .level')"
	ovslab=$ovslab_real
}

remember_host
test_words
test_names_in_a_lab
test_namespace_in_use
test_kernels
test_no_space
test_switch_does_not_start
test_not_root
unchanged "nothing is left"
finish
