#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bisect.sh - 'git bisect run' with 'ovslab run --bisect': it finds the commit
#
# The history is a toy, the switches are not: 'make install' puts Debian 11's Open vSwitch
# 2.15 into place up to some commit, and Debian 12's 3.1.0 from then on, which has no upcall
# handlers in the first 10 s after boot and loses each miss (@early-boot).
#
# limit: 1200
# suites: bullseye bookworm

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
limit=300
repo=$work/repo
export TREES=$work/trees

# tree_of SUITE: its switch's image as 'make install DESTDIR=$TREES/SUITE' would have left it
tree_of() {
	local image from=$work/from-$1 to=$TREES/$1/usr/local name

	image=${OVSLAB_CACHEDIR:-/var/cache/ovslab}/images/$(switch_manifest "$1" | jq -r .key)
	mkdir -p "$from" "$to/lib" "$to/share/openvswitch"
	(cd "$from" && lz4 -dc "$image/initrd" | cpio -i -d --quiet 'usr/*bin/ovs*' 'usr/lib/*' 'usr/share/openvswitch/*')
	for name in sbin/ovs-vswitchd sbin/ovsdb-server bin/ovs-{vsctl,ofctl,appctl,dpctl} bin/ovsdb-{tool,client}; do
		install -D "$(realpath "$from/usr/$name")" "$to/$name"
	done
	find "$from/usr/lib" -name 'lib*.so*' -exec cp -Ln -t "$to/lib" {} +
	cp "$from"/usr/share/openvswitch/*.ovsschema "$to/share/openvswitch/"
}

# Its vswitchd is a program that ends at once.
tree_that_does_not_start() {
	cp -r "$TREES/bullseye" "$TREES/stillborn"
	cp "$(type -P true)" "$TREES/stillborn/usr/local/sbin/ovs-vswitchd"
}

# commit SUBJECT TREE: a commit whose 'make install' installs it
commit() {
	echo "$2" >"$repo/tree"
	echo "$1" >>"$repo/NEWS"
	git -C "$repo" add -A
	git -C "$repo" commit -q -m "$1"
	git -C "$repo" tag "${1%%:*}"
}

make_history() {
	git init -q "$repo"
	# 'all' is what a build does: it fails where there is nothing to build
	printf '%s\n' 'all:' $'\ttest -d $(TREES)/$(shell cat tree)' 'install: all' \
		$'\tmkdir -p $(DESTDIR)' $'\tcp -r $(TREES)/$(shell cat tree)/. $(DESTDIR)' >"$repo/Makefile"
	echo _inst >"$repo/.gitignore"
	commit "c1: begin" bullseye
	commit "c2: a word in NEWS" bullseye
	commit "c3: count CPUs once in 10 seconds" bookworm
	commit "c4: a change that does not start" stillborn
	commit "c5: a change that does not build" nothing
	commit "c6: another word in NEWS" bookworm
	commit "c7: and another one" bookworm
}

# 'own' is what --set gives; vswitchd starts right after boot, and is left alone
write_scenario() {
	cat >"$work/bug.yml" <<'END'
ovslab-scenario: 1
name: lost-at-boot
summary: misses are lost when vswitchd starts right after boot
bench: { switch: vm, datapath: kernel, ovs: own, kernel: bookworm, switch-vcpus: 2 }
ovs: { start: early }
openflow: ["priority=0,actions=NORMAL"]
traffic: { kind: bursts, cycles: 3, flows: 2, packets: 20 }
expect:
  - { metric: upcalls_lost, at-most: 0 }
END
}

# A build that fails says nothing of the bug: git takes make's 2 for 'bad'. What became of
# a commit stays in files of its name.
write_step() {
	cat >"$work/step" <<END
#!/bin/sh
rm -rf _inst
to=$work/\$(git describe --tags --exact-match)
{ make && make install DESTDIR=\$PWD/_inst; } >>"$work/make.log" 2>&1 || exit 125
$ovslab run "$work/bug.yml" --bisect --set ovs=dir:_inst >\$to.out 2>\$to.err
echo \$? >\$to.status
exit \$(cat \$to.status)
END
	chmod +x "$work/step"
}

# step COMMIT: what 'git bisect run' did there, or would do; leaves status and the files out, err
step() {
	if [ ! -e "$work/$1.status" ]; then
		git -C "$repo" checkout -q "$1"
		(cd "$repo" && timeout "$limit" "$work/step") </dev/null
	fi
	status=$(<"$work/$1.status")
	cp "$work/$1.out" "$work/out"
	cp "$work/$1.err" "$work/err"
	echo "# $1: status $status; $(grep uptime "$work/err" | tail -n 1)"
}

# What each kind of commit comes to.
test_statuses() {
	step c2
	is "a tree without the bug is good" 0 "$status"
	says "... and its version was on the bench" " 2\.15\.0 " "$work/out"
	step c3
	is "a tree with the bug is bad" 1 "$status"
	says "... for its figure" "upcalls_lost" "$work/out"
	says "... and its version was on the bench" " 3\.1\.0 " "$work/out"
	step c4
	is "a tree that does not start is skipped" 125 "$status"
	says "... with the reason" "did not start|ovs-vswitchd" "$work/err"
	git -C "$repo" checkout -q c5
	(cd "$repo" && "$work/step")
	is "a tree that does not build is skipped" 125 $?
	(cd "$repo" && "$ovslab" run "$work/bug.yml" --bisect --set ovs=dir:none) >"$work/out" 2>"$work/err"
	is "no tree is no verdict" 125 $?
	says "... with the reason" "none" "$work/err"
}

test_bisect() {
	git -C "$repo" checkout -q c7
	git -C "$repo" bisect start c7 c1 >"$work/out" 2>&1
	check "git bisect run ends" git -C "$repo" bisect run "$work/step"
	git -C "$repo" bisect log >"$work/log"
	sed -n 's/^# //p' "$work/log" | sed 's/^/# /'
	says "... and has found the commit" "^# first bad commit: \[.*\] c3: count CPUs" "$work/log"
	git -C "$repo" bisect reset >/dev/null 2>&1
}

mkdir -p "$TREES"
tree_of bullseye
tree_of bookworm
tree_that_does_not_start
make_history
write_scenario
write_step
remember_host
test_bisect
test_statuses
unchanged "nothing is left"
finish
