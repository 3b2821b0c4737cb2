#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# prune.sh - 'image prune': what goes, what stays, in a cache of the test's own

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

old=feedfacefeedface
key_a=0123456789abcdef0123456789abcdef

# The present image, once more under a key that no recipe gives.
fill_cache() {
	local image

	image=$(image_dir)
	[ -s "$image/manifest.json" ] || skip "the guest image cannot be built"
	export OVSLAB_CACHEDIR=$work/cache
	current=${image##*/}
	mkdir -p "$OVSLAB_CACHEDIR/images" "$OVSLAB_CACHEDIR/warm"
	: >"$OVSLAB_CACHEDIR/images/.lock"
	cp -R "$image" "$OVSLAB_CACHEDIR/images/$current"
	cp -R "$image" "$OVSLAB_CACHEDIR/images/$old"
	jq --arg k "$old" '.key = $k' "$image/manifest.json" >"$OVSLAB_CACHEDIR/images/$old/manifest.json"
}

in_cache() { (cd "$OVSLAB_CACHEDIR" && ls -A "$1"); }

broken_lab() {
	mkdir -p "$OVSLAB_CACHEDIR/warm/$key_a"
	echo memory >"$OVSLAB_CACHEDIR/warm/$key_a/vm1.save"
}

test_dry_run() {
	broken_lab
	works "a dry run" image prune --dry-run --json
	check "... prints ovslab.image-prune" tests/check-schema image-prune "$work/out"
	is "... names the image of an old recipe, and why" "$old old recipe false" \
		"$(q '.images[] | "\(.key) \(.why) \(.in_use)"')"
	is "... and the broken lab" "$key_a its manifest is missing" "$(q '.saved_labs[] | "\(.key) \(.why)"')"
	check "... removes nothing" test -e "$OVSLAB_CACHEDIR/images/$current" -a \
		-e "$OVSLAB_CACHEDIR/images/$old" -a -e "$OVSLAB_CACHEDIR/warm/$key_a"
}

test_in_use() {
	exec 8<"$OVSLAB_CACHEDIR/images/$old" 9<"$OVSLAB_CACHEDIR/warm/$key_a"
	flock -s 8
	flock -s 9
	works "pruning what is in use" image prune --all
	says "... keeps the image" "kept image ${old:0:12}: it is in use" "$work/out"
	says "... and the saved lab" "kept saved lab ${key_a:0:12}: it is in use" "$work/out"
	check "... which are there" test -s "$OVSLAB_CACHEDIR/images/$old/vmlinuz" -a \
		-s "$OVSLAB_CACHEDIR/warm/$key_a/vm1.save"
	check "... and removes the one that is not" test ! -e "$OVSLAB_CACHEDIR/images/$current"
	exec 8<&- 9<&-
}

test_leftovers() {
	mkdir -p "$OVSLAB_CACHEDIR/images/.build.abcdef/tree" "$OVSLAB_CACHEDIR/warm/.new.abcdef" \
		"$OVSLAB_CACHEDIR/warm/.old.abcdef"
	echo x >"$OVSLAB_CACHEDIR/images/.build.abcdef/tree/x"
	works "pruning what was left behind" image prune
	is "... leaves the locks alone" ".lock .lock" "$(in_cache images | xargs) $(in_cache warm | xargs)"
	says "... and says how much" "^freed " "$work/out"
	works "pruning again" image prune
	says "... there is nothing" "nothing to remove" "$work/out"
}

test_foreign() {
	mkdir "$OVSLAB_CACHEDIR/warm/notes" "$OVSLAB_CACHEDIR/images/notes"
	works "pruning a cache with folders that are not ours" image prune --all
	check "... leaves them" test -d "$OVSLAB_CACHEDIR/warm/notes" -a -d "$OVSLAB_CACHEDIR/images/notes"
}

[ "$(id -u)" = 0 ] || skip "needs root"
fill_cache
test_dry_run
test_in_use
test_leftovers
test_foreign
finish
