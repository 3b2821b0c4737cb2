# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh - what the e2e tests share: labs of their own, assertions that print
# their evidence as TAP, and what is left behind on the host
#
# A test sources it, calls its functions, and ends with 'finish'. Labs live in
# a run directory of the test's own. The cache is shared: of one started by tests/run, its
# saved labs are those of that run; of one started alone, they are this machine's. On any exit
# the test's labs are taken down.

set -uo pipefail
export LC_ALL=C TERM=dumb
unset OVSLAB_LAB
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
# shellcheck source=tests/cache.sh
. tests/cache.sh
B=${B:-build}
ovslab=$root/$B/ovslab
[ "${B#/}" = "$B" ] || ovslab=$B/ovslab
work=$(mktemp -d /tmp/ovsl.XXXXXX) || exit 1	# short: socket paths end at 108 bytes
export OVSLAB_RUNDIR=$work/run OVSLAB_STATEDIR=$work/state
tag=t$$				# lab names: unique on this host, as their namespaces are
# the switch on this host, whatever its kernel has: options of 'up' and 'demo'
# shellcheck disable=SC2034	# for the tests
on_host=(--switch host --datapath userspace)
cases=0 bad=0 status=0 pid=

# ---- running -----------------------------------------------------------------

# run ARGS...: ovslab; leaves status and the files $work/out, $work/err
run() {
	local start=$EPOCHREALTIME

	status=0
	timeout --kill-after=20 "${limit:-150}" "$ovslab" "$@" >"$work/out" 2>"$work/err" </dev/null ||
		status=$?
	awk -v a="$start" -v b="$EPOCHREALTIME" -v s="$status" -v c="ovslab ${*//$'\n'/; }" \
		'BEGIN { printf "# $ %s    [status %d, %.2f s]\n", c, s, b - a }'
}

out() { cat "$work/out"; }
err() { cat "$work/err"; }
q() { jq -r "$@" "$work/out"; }			# q FILTER: of the last document
now() { echo "${EPOCHREALTIME/./}"; }		# microseconds

# begin ARGS...: ovslab in the background; leaves pid, output in $work/bg.out, bg.err
begin() {
	echo "# $ ovslab $* &"
	# emptied before it is started: what the one before it said is no answer of this one
	: >"$work/bg.out"
	: >"$work/bg.err"
	"$ovslab" "$@" >>"$work/bg.out" 2>>"$work/bg.err" </dev/null &
	pid=$!
}

# step_begun STEP: the 'up' that runs in the background has begun it, or is gone;
# state.json is replaced whole
step_begun() {
	jq -e --arg s "$1" '.steps | index($s)' "$OVSLAB_RUNDIR/$OVSLAB_LAB/state.json" >/dev/null 2>&1 ||
		gone "$pid"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# ended [SECONDS]: wait for what 'begin' started; leaves status
ended() {
	until_true "${1:-60}" gone "$pid" || { failed "an end within ${1:-60} s"; kill -KILL "$pid"; }
	status=0
	{ wait "$pid"; } 2>/dev/null || status=$?
	pid=
	echo "# ... it ended with status $status"
}

# image_dir: where the guest image is; builds it if its recipe has changed
image_dir() {
	"$ovslab" -q image build --json |
		jq -r --arg c "${OVSLAB_CACHEDIR:-/var/cache/ovslab}" '"\($c)/images/\(.key)"'
}

# switch_manifest SUITE: of the switch's image of that suite, which is built if need be
switch_manifest() {
	"$ovslab" -q image build --suite "$1" --json
}

# store_of_our_own: saved labs go to $store, in a cache that else is the shared one
store_of_our_own() {
	own_cache "$work/cache"
	# shellcheck disable=SC2034	# for the tests
	store=$OVSLAB_CACHEDIR/warm
}

# flows_in_vm FLOWS: alone in the switch's VM, and no megaflow of earlier ones
flows_in_vm() {
	# shellcheck disable=SC2016	# expanded there
	run exec sw -- sh -c 'echo "$1" | ovs-ofctl --bundle replace-flows br0 - && ovs-appctl revalidator/purge' sh "$1"
	[ "$status" = 0 ] || failed "flows are set" "$(err)"
}

# Flows whose megaflows are one for each connection; then one more for its PSH.
# shellcheck disable=SC2034	# for the tests
{
	per_connection='actions=multipath(symmetric_l4,0,modulo_n,1,0,NXM_NX_REG0[]),output:2'
	connection_flows="priority=0,actions=NORMAL
priority=90,tcp,in_port=1 $per_connection"
	psh_flows="$connection_flows
priority=100,tcp,tcp_flags=+psh,in_port=1 $per_connection"
}

# until_true SECONDS COMMAND...
until_true() {
	local end=$(($(now) + $1 * 1000000))

	shift
	until "$@"; do
		[ "$(now)" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# in_lab LAB COMMAND...: in the lab's network namespace
in_lab() {
	local lab=$1

	shift
	ip netns exec "ovslab-$lab" "$@"
}

# ---- assertions ----------------------------------------------------------------

passed() {
	cases=$((cases + 1))
	echo "ok $cases - $1"
}

failed() { # NAME EVIDENCE...
	cases=$((cases + 1)) bad=$((bad + 1))
	echo "not ok $cases - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/#   /'
}

is() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then
		passed "$1"
	else
		failed "$1" "expected: $2" "got:      $3"
	fi
}

# between NAME LOW VALUE HIGH: numbers, both ends included
between() {
	if awk -v l="$2" -v v="$3" -v h="$4" \
		'BEGIN { exit !(v ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ && l + 0 <= v + 0 && v + 0 <= h + 0) }'; then
		passed "$1: $3 in [$2, $4]"
	else
		failed "$1" "expected: $2 to $4" "got:      $3"
	fi
}

check() { # NAME COMMAND...: succeeds
	local name=$1 said

	shift
	if said=$("$@" 2>&1); then
		passed "$name"
	else
		failed "$name" "command: $*" "${said:0:1500}"
	fi
}

# works NAME ARGS...: ovslab succeeds
works() {
	local name=$1

	shift
	run "$@"
	if [ "$status" = 0 ]; then
		passed "$name"
	else
		failed "$name" "status $status" "$(tail -n 25 "$work/err")"
	fi
}

# says NAME REGEX [FILE]: a line of the last stderr (or FILE) matches
says() {
	local file=${3:-$work/err}

	if grep -Eq -- "$2" "$file"; then
		passed "$1"
	else
		failed "$1" "no line matches: $2" "$(tail -n 25 "$file")"
	fi
}

# said: what ovslab gave as the cause; evidence of others follows after ---
said() { sed '/^---/,$d' "$work/err" | sed -n 's/^ovslab: //p'; }

# refuses STATUS REGEX ARGS...: one line with the cause, nothing on stdout
refuses() {
	local want=$1 regex=$2

	shift 2
	run "$@"
	# shellcheck disable=SC2053	# a pattern: '[34]'
	if [[ $status == $want ]] && [ ! -s "$work/out" ] &&
		[[ $(said) =~ $regex ]] && [ "$(said | wc -l)" = 1 ]; then
		passed "$* -> $(said)"
	else
		failed "$*" "expected: status $want, one line 'ovslab: ... $regex'" "got: status $status" \
			"$(tail -n 25 "$work/err")"
	fi
}

# hints NAME REGEX: what to do stands below the cause
hints() {
	says "$1" "^  .*($2)"
}

skip() {
	echo "SKIP: $*"
	exit 77
}

finish() {
	echo "1..$cases"
	[ "$bad" = 0 ] && [ "$cases" -gt 0 ]
	exit
}

# ---- what is on the host ---------------------------------------------------------

snapshot() { # FILE
	tests/host-state "$work/run" "$tag" $$ | sort >"$1"
}

nothing_new() {
	snapshot "$work/after"
	diff "$work/before" "$work/after"
}

# Once nothing changes: others' BPF objects that are about to go are not to be missed.
remember_host() {
	snapshot "$work/before"
	until_true 5 nothing_changes
}

# shellcheck disable=SC2317	# called by until_true
nothing_changes() {
	snapshot "$work/after"
	cmp -s "$work/before" "$work/after" || { mv "$work/after" "$work/before"; return 1; }
}

# unchanged NAME: the host is as it was at remember_host. The kernel frees BPF
# programs a little after their last user is gone.
unchanged() {
	local name=$1

	until_true 5 nothing_new >/dev/null
	check "$name" nothing_new
}

clean_up() {
	local code=$?

	trap '' INT TERM
	[ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null
	[ ! -d "$OVSLAB_RUNDIR" ] || "$ovslab" -q down --all >/dev/null 2>"$work/err" ||
		{ echo "# down --all failed:"; cat "$work/err"; }
	rm -rf --one-file-system -- "$work"
	exit "$code"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
