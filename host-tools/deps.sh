#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh - what must be installed to build, run, test and analyze ovslab
#
#	host-tools/deps.sh check   [GROUP...]	name what is missing; status 1 if any is
#	host-tools/deps.sh install [GROUP...]	install what is missing
#
# The groups are the first column of deps.apt and deps.dnf: build, run, test, bench,
# analyze, fuzz; the first three unless some are named. 'check' asks the package
# manager's data base and takes some ten milliseconds.
#
# Nothing is started: ovslab needs the programs of Open vSwitch and libvirt, not
# their services, and those may meddle with a host's network.

set -uo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
policy=/usr/sbin/policy-rc.d

die() { # MESSAGE HINT
	printf 'deps: %s\n  %s\n' "$1" "$2" >&2
	exit 4
}

find_manager() {
	if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
		manager=apt
	elif command -v rpm >/dev/null && command -v dnf >/dev/null; then
		manager=dnf
	else
		die "neither apt nor dnf is here" \
			"install by hand what host-tools/deps.apt names, then call make with DEPS=no"
	fi
}

# wanted GROUP...: the packages of these groups
wanted() {
	awk -v groups=" $* " '/^[a-z]/ && index(groups, " " $1 " ") { print $2 }' \
		"$here/deps.$manager"
}

installed_apt() {
	# shellcheck disable=SC2016	# dpkg's own variables
	dpkg-query -W -f='${db:Status-Status} ${Package}\n${db:Status-Status} ${Provides}\n' 2>/dev/null |
		sed -n 's/^installed //p' | sed 's/ *([^)]*)//g; s/, */\n/g'
}

installed_dnf() {
	rpm -qa --queryformat '%{NAME}\n[%{PROVIDES}\n]'
}

missing() {
	grep -vxF -f <("installed_$manager" | sort -u) <(wanted "$@")
}

# Let no service start on its own; a policy that is there already stays.
hold_services() {
	[ ! -e "$policy" ] || return 0
	printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" || return 0
	trap 'rm -f "$policy"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# A source that does not answer is no error by itself: the packages may come
# from another one. A mirror in the middle of an update needs a second try.
install_apt() {
	export DEBIAN_FRONTEND=noninteractive
	for try in 1 2; do
		[ "$try" = 1 ] || { echo "deps: trying once more" >&2; sleep 5; }
		apt-get update -q &&
			apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null &&
			return
	done
	return 1
}

install_dnf() {
	dnf install -y --setopt=install_weak_deps=False "$@" </dev/null
}

do_check() {
	local list

	list=$(missing "$@")
	[ -z "$list" ] && return 0
	echo "missing packages: ${list//$'\n'/ }"
	return 1
}

do_install() {
	local list

	list=$(missing "$@")
	[ -n "$list" ] || return 0
	[ "$(id -u)" = 0 ] ||
		die "missing packages, and only root can install them: ${list//$'\n'/ }" "run 'make deps' as root"
	hold_services
	echo "deps: installing ${list//$'\n'/ }"
	# shellcheck disable=SC2086	# one word each
	"install_$manager" $list ||
		die "the package manager failed" \
			"look at the lines above: is the mirror in reach, are its sources right?"
	list=$(missing "$@")
	[ -z "$list" ] ||
		die "still missing: ${list//$'\n'/ }" "host-tools/deps.$manager names packages that this system lacks"
}

verb=${1:-}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- build run test
find_manager
case $verb in
check) do_check "$@" ;;
install) do_install "$@" ;;
*) echo "usage: host-tools/deps.sh check|install [build] [run] [test] [bench] [analyze] [fuzz]" >&2; exit 2 ;;
esac
