#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image-layer.sh - layers over a switch's image: Open vSwitch and kernel modules
# of one's own, from this host's programs and the image's modules

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
layer=$root/images/layer
tree=$work/tree
programs=(ovs-vswitchd ovsdb-server ovs-vsctl ovs-ofctl ovs-appctl ovs-dpctl ovsdb-tool ovsdb-client)

# make_layer TO KIND DIR: a layer, as the file $work/TO
make_layer() {
	status=0
	"$layer" "$2" "$3" >"$work/$1" 2>"$work/err" || status=$?
}

# makes NAME TO KIND DIR
makes() {
	make_layer "$2" "$3" "$4"
	is "$1" "0 " "$status $(err)"
}

# rejects STATUS CAUSE HINT KIND DIR
rejects() {
	make_layer none "$4" "$5"
	is "$4: $2" "$1 0" "$status $(stat -c %s "$work/none")"
	says "... the cause" "^error: $2"
	says "... and the cure" "^hint: $3"
}

same() { # NAME FILE FILE
	check "$1" cmp "$work/$2" "$work/$3"
}

sums() { (cd "$1" && find . -printf '%p %m %s %T@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort); }
list() { cpio -t --quiet <"$work/$1"; }
extract() { # LAYER DIR
	rm -rf "${work:?}/$2"
	mkdir "$work/$2"
	(cd "$work/$2" && cpio -i -d --quiet) <"$work/$1"
}

# ---- Open vSwitch ----------------------------------------------------------------

# install_ovs PREFIX: as 'make install DESTDIR=$tree' would
install_ovs() {
	local name path dir

	rm -rf "$tree"
	for name in "${programs[@]}"; do
		path=$(command -v "$name")
		dir=$(basename "${path%/*}")
		install -D "$path" "$tree$1/$dir/$name"
	done
	mkdir -p "$tree$1/share/openvswitch"
	cp /usr/share/openvswitch/*.ovsschema "$tree$1/share/openvswitch/"
}

test_ovs() {
	local name all schema=/ovslab/tree/usr/local/share/openvswitch/vswitch.ovsschema

	install_ovs /usr/local
	sums "$tree" >"$work/before.sums"
	makes "a layer of what 'make install' made" one ovs "$tree"
	sums "$tree" >"$work/after.sums"
	same "the tree is as it was" before.sums after.sums
	is "another archive can follow" 0 $(($(stat -c %s "$work/one") % 512))
	makes "once more" two ovs "$tree/"
	same "... the same bytes" one two
	extract one root
	for name in "${programs[@]}"; do
		check "$name is a link to the tree's" [ -L "$work/root/ovslab/$name" -a -x "$work/root/ovslab/$name" ]
	done
	is "it names the schema" "$schema" "$(<"$work/root/ovslab/ovs-tree")"
	check "... which is in it" cmp "/usr/share/openvswitch/vswitch.ovsschema" "$work/root$schema"
	is "all is below /ovslab, which is there first" "ovslab" "$(list one | sed 's,/.*,,' | sort -u; list one | sed 1q | grep -v '^ovslab$')"
	all=$(list one)
	is "the C library is not brought along" "" "$(grep -E '/(libc|libm|ld-linux[^/]*)\.so' <<<"$all")"
	check "what the programs need is: they run with nothing else of this host" runs_alone
}

# In a root of the layer and the C library alone.
# shellcheck disable=SC2317	# called by check
runs_alone() {
	local root=$work/root file

	while read -r file; do
		mkdir -p "$root${file%/*}"
		cp -L "$file" "$root$file"
	done < <(ldd "$(command -v ovs-vswitchd)" | grep -oE '/[^ ]*/(libc|libm|ld-linux[^/]*)\.so[^ ]*')
	chroot "$root" /ovslab/ovs-vswitchd --version | grep -q 'Open vSwitch'
}

test_prefixes() {
	install_ovs /opt/ovs
	makes "another prefix" other ovs "$tree"
	check "... its own paths" grep -q '^ovslab/tree/opt/ovs/.*/ovs-vswitchd$' <(list other)
	install_ovs /usr
	makes "the prefix that the image has too" other ovs "$tree"
	is "... stays out of its way" "" "$(list other | grep -v '^ovslab')"
}

# A program with a library of the tree: as of a build with --enable-shared.
test_shared() {
	local bin=$tree/usr/local/sbin/ovs-vswitchd lib=$tree/usr/local/lib

	command -v cc >/dev/null || return
	install_ovs /usr/local
	mkdir -p "$lib"
	echo 'int mine(void) { return 0; }' | cc -shared -fPIC -x c - -o "$lib/libmine.so.0" -Wl,-soname,libmine.so.0
	echo 'int mine(void); int main(void) { return mine(); }' >"$work/main.c"
	cc "$work/main.c" -o "$bin" "$lib/libmine.so.0"
	makes "a library of the tree" shared ovs "$tree"
	check "... is brought along" grep -qx 'ovslab/lib/libmine.so.0' <(list shared)
	test_merged
	rm "$lib/libmine.so.0"
	rejects 4 "no library libmine.so.0 in .*ovs-vswitchd" "install it" ovs "$tree"
}

# A program of before glibc 2.34 wants parts by name that the userland has not; those of
# TREE, whatever they are, belong to another C library.
test_merged() {
	local stub

	printf '%s\n' "glibc 2.34" "$(getconf GNU_LIBC_VERSION)" | sort -C -V || return
	stub=$(ldconfig -p | awk '$1 == "libpthread.so.0" { print $NF; exit }')
	cc "$work/main.c" -o "$bin" "$lib/libmine.so.0" -Wl,--no-as-needed "$stub"
	cp "$lib/libmine.so.0" "$lib/libpthread.so.0"
	makes "a program that was built before glibc 2.34" merged ovs "$tree"
	extract merged merged-root
	strip --strip-unneeded -o "$work/stub" "$stub"
	check "... has this host's part by its name" cmp "$work/stub" \
		"$work/merged-root/ovslab/lib/libpthread.so.0"
	rm "$lib/libpthread.so.0"
}

test_bad_trees() {
	mkdir "$work/empty"
	rejects 2 "no ovs-vswitchd in $work/empty" "fill it with 'make install DESTDIR=" ovs "$work/empty"
	rejects 2 "/no/such is no folder" "usage:" ovs /no/such
	install_ovs /usr/local
	install -D "$(command -v ovs-vswitchd)" "$tree/usr/sbin/ovs-vswitchd"
	rejects 2 "more than one ovs-vswitchd in .*: /usr/local/sbin/ovs-vswitchd /usr/sbin/ovs-vswitchd" \
		"install to an empty folder" ovs "$tree"
	install_ovs /usr/local
	printf '#!/bin/sh\n# a wrapper of libtool\n' >"$tree/usr/local/sbin/ovsdb-server"
	rejects 2 ".*ovsdb-server is no program of this machine" "layer what" ovs "$tree"
	rm "$tree/usr/local/share/openvswitch/vswitch.ovsschema"
	printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\002\0\267\0' >"$tree/usr/local/sbin/ovsdb-server"
	rejects 2 ".*ovsdb-server is no program of this machine" "layer what" ovs "$tree"
	install_ovs /usr/local
	rm "$tree/usr/local/share/openvswitch/vswitch.ovsschema"
	rejects 2 "no vswitch.ovsschema" "fill it" ovs "$tree"
}

# ---- kernel modules ----------------------------------------------------------------

test_kernel() {
	local image mods

	image=$(image_dir)
	cp "$image/modules" "$work/image"
	extract image mods
	release=$(jq -r .kernel_release "$image/manifest.json")
	ln -s usr/lib "$work/mods/lib"
	mods=$work/mods/lib/modules/$release
	touch "$mods/modules.order"
	sums "$work/mods" >"$work/before.sums"
	makes "modules of an INSTALL_MOD_PATH" k1 kernel "$work/mods"
	sums "$work/mods" >"$work/after.sums"
	same "the folder is as it was" before.sums after.sums
	is "another archive can follow" 0 $(($(stat -c %s "$work/k1") % 512))
	makes "modules of its lib/modules" k2 kernel "$work/mods/lib/modules"
	makes "modules of a release" k3 kernel "$mods"
	same "... the same bytes" k1 k2
	same "... and again" k1 k3
	check "openvswitch is in it" grep -qx "usr/lib/modules/$release/kernel/net/openvswitch/openvswitch.ko" <(list k1)
	check "... what it depends on" grep -q '/nf_conntrack\.ko$' <(list k1)
	check "... and an index" grep -q '/modules\.dep$' <(list k1)
	is "... not what the switch's list lacks" "" "$(list k1 | grep nf_tables)"
	mv "$mods/kernel/net/openvswitch/openvswitch.ko" "$work/"
	rejects 2 "kernel $release has no module openvswitch" "configure it" kernel "$work/mods"
	mv "$work/openvswitch.ko" "$mods/kernel/net/openvswitch/"
}

# What kernels of one's own may look like.
test_variants() {
	local mods=$work/mods/usr/lib/modules/$release ko

	extract k1 was
	rm "$mods/modules.dep"
	find "$mods" -name '*.ko' -exec xz {} +
	makes "compressed, and nobody has run depmod" k4 kernel "$work/mods"
	extract k4 now
	check "... the same modules, not compressed" diff -r "$work/was/usr/lib/modules/$release/kernel" \
		"$work/now/usr/lib/modules/$release/kernel"
	ko=$(find "$mods" -name 'openvswitch.ko.xz')
	mv "$ko" "$work/"
	rejects 2 "kernel $release has no module openvswitch" "configure it" kernel "$work/mods"
	echo kernel/net/openvswitch/openvswitch.ko >>"$mods/modules.builtin"
	makes "built in will do" k5 kernel "$work/mods"
}

# A signature is over all of the file: nothing is cut off such a module.
test_strip() {
	local path=usr/lib/modules/$release/kernel/drivers/net/dummy.ko

	command -v cc >/dev/null || return
	rm "$work/mods/$path.xz"
	echo 'int own;' | cc -g -x c -c - -o "$work/mods/$path"
	makes "a module with debug information" k6 kernel "$work/mods"
	extract k6 now
	is "... has none in the layer" 0 "$(readelf -S "$work/now/$path" | grep -c debug_info)"
	echo '~Module signature appended~' >>"$work/mods/$path"
	makes "a signed one" k7 kernel "$work/mods"
	extract k7 now
	check "... is left whole" cmp "$work/mods/$path" "$work/now/$path"
}

test_bad_modules() {
	rejects 2 "no modules of a kernel in $work/empty" "fill it with 'make modules_install" kernel "$work/empty"
	mkdir "$work/mods/lib/modules/1.2.3"
	touch "$work/mods/lib/modules/1.2.3/modules.order"
	rejects 2 "modules of more than one kernel in .*: 1.2.3 $release" "name one of them: /" kernel "$work/mods"
}

# cpio would ask a terminal for another tape and wait.
test_disk_full() {
	status=0
	timeout 60 script -qec "'$layer' ovs '$tree' >/dev/full" /dev/null >"$work/said" 2>&1 </dev/null || status=$?
	is "a full disk ends it, also in a terminal" 4 "$status"
	says "... with the cause" "No space left on device" "$work/said"
	says "... and the cure" "hint: free some space" "$work/said"
}

test_usage() {
	status=0
	"$layer" ovs >"$work/none" 2>"$work/err" || status=$?
	is "too few arguments" 2 "$status"
	says "... the usage" "^hint: usage: images/layer ovs TREE"
}

for tool in ovs-vswitchd ovsdb-tool strip readelf cpio jq script; do
	command -v "$tool" >/dev/null || skip "needs $tool"
done
"$root/images/build" >/dev/null 2>&1 || skip "the guest image cannot be built here"
test_usage
test_ovs
test_disk_full
test_prefixes
test_shared
test_bad_trees
test_kernel
test_variants
test_strip
test_bad_modules
finish
