#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image-cache.sh - the image's cache: failures that explain themselves, builds
# that are killed, builds at once. Uses a cache of its own and removes it.
#
# Exit status: 0, 1, or 77 if this machine cannot run it.

set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/images/build
work=$(mktemp -d /var/tmp/ovslab-image-cache.XXXXXX)
images=$work/cache/images
export OVSLAB_CACHEDIR=$work/cache
trap 'rm -rf --one-file-system -- "$work"' EXIT
failures=0

check() {	# check NAME COMMAND...
	local name=$1

	shift
	if "$@"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		failures=$((failures + 1))
	fi
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# wait_until SECONDS COMMAND...
wait_until() {
	local limit=$(($1 * 20)) n=0

	shift
	until "$@"; do
		[ $((n += 1)) -le "$limit" ] || return 1
		sleep 0.05
	done
}

says() { grep -q -- "$2" "$1" || { sed 's/^/# /' "$1"; return 1; }; }
is() { [ "$1" = "$2" ] || { echo "# got '$1', not '$2'"; return 1; }; }
# downloading LOG: the build that writes LOG is in the midst of it
downloading() {
	grep -qs 'downloading' "$1" && compgen -G "$images/.build.*/tree/var/lib/apt/*" >/dev/null
}
leftovers() { compgen -G "$images/.build.*" >/dev/null; }
lock_free() { flock -n "$images/.lock" true; }
ready() { compgen -G "$images/*/manifest.json" >/dev/null; }

test_key() {
	local changed=$work/recipe node switch sid

	node=$("$build" --key)
	switch=$("$build" --role switch --key)
	sid=$("$build" --suite sid --role switch --key)
	cp -a "$root/images" "$changed"
	check "a copy of the recipe has the same key" is "$("$changed/build" --key)" "$node"
	check "another role gives another key" [ "$switch" != "$node" ]
	check "another suite gives another key" [ "$sid" != "$switch" ]
	check "... also by the variable" [ "$(OVSLAB_SUITE=trixie "$build" --key)" != "$node" ]
	check "... which is for nodes" is "$(OVSLAB_SUITE=sid "$build" --role switch --key)" "$switch"
	check "the suite that is the default gives the same key" \
		is "$("$build" --role node --suite bookworm --key)" "$node"
	echo '?sch_red' >>"$changed/switch/modules"
	echo 'more' >>"$changed/README.md"
	check "the switch's list is no part of a node's key" is "$("$changed/build" --key)" "$node"
	check "... but of the switch's" [ "$("$changed/build" --role switch --key)" != "$switch" ]
	echo '# more' >>"$changed/rootfs/etc/inputrc"
	check "what both have in common is part of each" [ "$("$changed/build" --key)" != "$node" ]
}

refuses() {	# refuses REGEX ARGS...
	local status=0 regex=$1

	shift
	"$build" "$@" >"$work/out" 2>"$work/err" || status=$?
	check "build $* is refused" is "$status" 2
	check "... with the cause" says "$work/err" "^error: $regex"
	check "... and the usage" says "$work/err" '^hint: usage:'
}

test_usage() {
	refuses "unknown role 'router'" --role router
	refuses "unknown argument '--sweet'" --sweet
	refuses "--suite needs a value" --suite
}

test_mirror_out_of_reach() {
	local status=0

	OVSLAB_MIRROR=http://127.0.0.1:9/ timeout 60 "$build" >"$work/out" 2>"$work/err" || status=$?
	check "a mirror out of reach is status 4" is "$status" 4
	check "... it is named with the cause" says "$work/err" \
		'^error: the Debian mirror http://127.0.0.1:9/ is out of reach: .*refused'
	check "... and the cure" says "$work/err" '^hint: set OVSLAB_MIRROR'
	check "... and nothing is left" [ -z "$(ls "$images")" ]
}

test_disk_full() {
	local status=0

	# shellcheck disable=SC2016	# expanded inside
	unshare --mount sh -c 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2"' \
		sh "$work/cache" "$build" >"$work/out" 2>"$work/err" || status=$?
	check "a full disk is status 4" is "$status" 4
	check "... and says what is needed" says "$work/err" '^error: not enough disk space.* MB needed'
}

test_missing_tool() {
	local status=0 tool

	mkdir "$work/bin"
	for tool in bash uname sed sort xargs sha256sum cut find id dirname mkdir df; do
		ln -s "$(command -v "$tool")" "$work/bin/"
	done
	PATH=$work/bin "$build" >"$work/out" 2>"$work/err" || status=$?
	check "a missing tool is status 4" is "$status" 4
	check "... and it is named" says "$work/err" '^error: .* needs mmdebstrap'
}

# setsid: killing the group proves nothing about the script's own care
test_killed() {
	local pid

	setsid "$build" >/dev/null 2>"$work/err.killed" &
	pid=$!
	wait_until 60 downloading "$work/err.killed" || { check "a build begins to download" false; return; }
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "after SIGKILL its children end and the lock is free" wait_until 10 lock_free
	check "... nothing is taken as ready" eval '! ready'
	check "... its folder is there for the next build to remove" leftovers
}

test_interrupted() {
	local pid status=0

	"$build" >/dev/null 2>"$work/err.ended" &
	pid=$!
	wait_until 60 downloading "$work/err.ended" || { check "a second build begins to download" false; return; }
	kill -TERM "$pid"
	wait "$pid" || status=$?
	check "SIGTERM ends a build" is "$status" 143
	check "... which leaves nothing, nor did the one before" eval '! leftovers'
	check "... and nothing runs on" lock_free
}

test_two_at_once() {
	local first

	"$build" >"$work/one" 2>"$work/err1" &
	first=$!
	wait_until 60 leftovers
	"$build" >"$work/two" 2>"$work/err2"
	check "the second of two builds succeeds" is "$?" 0
	wait "$first"
	check "... and the first" is "$?" 0
	check "... with the same image" is "$(<"$work/two")" "$(<"$work/one")"
	check "... the second waited" says "$work/err2" 'waiting for another build'
	check "... and downloaded nothing" is "$(grep -c downloading "$work/err2")" 0
	check_image "$(<"$work/one")"
	check "nothing else is in the cache" is "$(ls "$images")" "$("$build" --key)"
	check "a further build does nothing" is "$("$build" 2>&1)" "$(<"$work/one")"
}

# The archives, as the kernel would unpack them one over the other.
check_image() {	# DIR
	local dir=$1 release

	release=$(jq -r .kernel_release "$dir/manifest.json")
	check "the image has a kernel" [ -s "$dir/vmlinuz" ]
	check "its manifest is JSON with the schema" \
		jq -e '.schema == "ovslab.image/1" and .role == "node" and .suite == "bookworm" and
			.packages.iproute2 and .initrd_bytes > 1e6' "$dir/manifest.json" >/dev/null
	check "... with the size of the modules" is "$(jq .modules_bytes "$dir/manifest.json")" \
		"$(stat -c %s "$dir/modules")"
	check "what follows the modules begins at a block" is $(($(stat -c %s "$dir/modules") % 512)) 0
	cpio -t --quiet <"$dir/modules" >"$work/modules"
	lz4 -dc "$dir/initrd" | cpio -t --quiet >"$work/initrd"
	check "the modules bring the folders that they are in" is "$(head -n 4 "$work/modules" | paste -sd' ')" \
		"usr usr/lib usr/lib/modules usr/lib/modules/$release"
	check "... their index" says "$work/modules" "/$release/modules.dep"
	check "... and are not compressed" says "$work/modules" '/virtio_net\.ko$'
	check "the userland has none" is "$(grep -c '\.ko' "$work/initrd")" 0
	check "... and programs" says "$work/initrd" '^usr/sbin/qemu-ga$'
}

mirror_answers() {
	local url=${OVSLAB_MIRROR:-}

	# shellcheck disable=SC2016	# apt's own field
	[ -n "$url" ] || url=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Codename: bookworm' | head -n 1)
	timeout 20 /usr/lib/apt/apt-helper -o Acquire::Retries=0 download-file \
		"${url%/}/dists/bookworm/InRelease" "$work/InRelease" >/dev/null 2>&1
}

[ "$(id -u)" = 0 ] || skip "needs root"
for tool in mmdebstrap jq flock; do
	command -v "$tool" >/dev/null || skip "needs $tool"
done

test_key
test_usage
test_mirror_out_of_reach
test_disk_full
test_missing_tool
mirror_answers || skip "the Debian mirror is out of reach; $failures of the tests before failed"
test_killed
test_interrupted
test_two_at_once
[ "$failures" = 0 ]
