#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cli.sh - the contract of the command line: statuses, streams, help, man page,
# completion. Needs no privilege and no VM.
#
#	tests/ns/cli.sh [BUILD]		BUILD is the build folder, "build"

set -u
export LC_ALL=C TERM=dumb
unset OVSLAB_LAB NO_COLOR
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${1:-${B:-build}}
ovslab=$build/ovslab
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export OVSLAB_RUNDIR=$work/run
mkdir -p "$OVSLAB_RUNDIR"
failures=0 checks=0

check() # WHAT EXPECTED GOT
{
	checks=$((checks + 1))
	[[ $2 == "$3" ]] && return
	failures=$((failures + 1))
	printf 'FAIL %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3" >&2
}

# run ARGS...: leaves status, out and err
run()
{
	"$ovslab" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$(<"$work/out") err=$(<"$work/err")
}

# refused FIRST-LINE ARGS...: usage error with exactly that line, nothing on stdout
refused()
{
	local line=$1

	shift
	run "$@"
	check "status of: $*" 2 "$status"
	check "message of: $*" "ovslab: $line" "${err%%$'\n'*}"
	check "a hint after: $*" "  " "$(sed -n '2s/^\(  \).*/\1/p' "$work/err")"
	check "stdout of: $*" "" "$out"
}

commands()
{
	"$ovslab" help | sed -n '/^Bench:/,/^Global options/s/^  \([a-z][a-z]* \{0,1\}[a-z]*\)  .*/\1/p'
}

test_usage()
{
	refused "which command?"
	refused "unknown command 'dwon' (did you mean 'down'?)" dwon
	refused "unknown command 'frobnicate'" frobnicate
	refused "unknown command 'inj' (did you mean 'inject'?)" inj
	refused "unknown option '--ration' for 'inject psh' (did you mean '--ratio'?)" \
		inject psh --ration 10
	refused "option '--ratio' for 'inject psh': '0' is out of range: 1 to 4294967295" \
		inject psh --ratio 0
	refused "option '--ratio' for 'inject psh': 'ten' is not a whole number" \
		inject psh --ratio ten
	refused "option '--ratio' for 'inject psh': '99999999999999999999' is out of range: 1 to 4294967295" \
		inject psh --ratio 99999999999999999999
	refused "option '--count' for 'capture': '0' is out of range: 1 to 2147483647" capture -c 0
	refused "option '--kernel' for 'up': '' names no file" up --kernel ''
	refused "option '--kernel' for 'up': '$work': Is a directory" up --kernel "$work"
	refused "option '--initrd' for 'up': '/dev/null': Not a regular file" up --initrd /dev/null
	refused "'up' has no subcommand 'down'" help up down
	refused "'image list' has no subcommand 'x'" help image list x
	refused "'inject' has no subcommand or kind 'shw' (did you mean 'inject show'?)" \
		help inject shw
	refused "'inject' has no subcommand or kind 'pshh' (did you mean 'inject psh'?)" \
		help inject pshh
	refused "unknown kind 'pshh' (did you mean 'psh'?)" inject pshh
	refused "'inject' needs KIND" inject
	refused "an option between the words of a command: '--json'" inject --json show
	refused "'image' alone is no command: 'image build' or 'image list' or 'image prune'" image
	refused "unknown command 'image lst' (did you mean 'image list'?)" image lst
	refused "not a name for a lab: 'a/b'" -n a/b ls
	refused "not a name for a lab: ''" -n '' ls
	refused "not a name for a lab: 'a b'" -n $'a\nb' ls
	refused "not a name for a lab: '$(printf '%040d' 0)...'" -n "$(printf '%0400d' 0)" ls
	refused "unknown option '--bogus'" --bogus ls
	refused "option '--timeout' for 'ls': '0' is out of range: 1 to 2592000" ls --timeout 0
	refused "--quiet and --verbose exclude each other" -q ls -v
	refused "'ls' takes no argument: 'x'" ls x
	refused "'exec' needs more arguments: NODE -- CMD [ARG...]" exec vm1
	refused "an option after the first argument: '--json'" exec vm1 --json -- id
	refused "'help' has no --json" help --json
	refused "there is no lab 'nosuch'" -n nosuch env
	check "the hint makes that lab" "  'ovslab -n nosuch up' makes it" "$(sed -n 2p "$work/err")"
	run inject psh --ration 1
	check "the hint" "  see 'ovslab help inject'" "$(sed -n 2p "$work/err")"
	OVSLAB_LAB='no good' run ls
	check "OVSLAB_LAB is looked at" "2 ovslab: not a name for a lab: 'no good'" \
		"$status ${err%%$'\n'*}"
	OVSLAB_LAB='no good' run -n good ls
	check "-n goes before OVSLAB_LAB" 0 "$status"
}

test_streams()
{
	run --version
	check "--version" "0 ovslab" "$status ${out%% *}"
	"$ovslab" help >/dev/full 2>"$work/err"
	check "a full disk is a failure" "3" $?
	check "and is told" "ovslab: cannot write to standard output: No space left on device" \
		"$(<"$work/err")"
	# the reader is gone before the writer begins
	{ sleep 0.3; "$ovslab" help 2>"$work/err"; echo $? >"$work/status"; } | true
	check "a reader that left: 128 + SIGPIPE" 141 "$(<"$work/status")"
	check "and no word about it" "" "$(<"$work/err")"
	run ls --json
	check "ls --json is JSON" ovslab.ls/1 "$(jq -r .schema "$work/out")"
	check "schema comes first" '  "schema": "ovslab.ls/1"' "$(sed -n '2s/,$//p' "$work/out")"
}

test_help()
{
	local name wide text

	wide=$("$ovslab" help | awk 'length > 80')
	check "help fits 80 columns" "" "$wide"
	check "there are commands" yes "$([[ $(commands | wc -l) -ge 10 ]] && echo yes)"
	while read -r name; do
		# shellcheck disable=SC2086 # one or two words
		text=$("$ovslab" help $name) || check "help $name" 0 $?
		check "usage of $name" "Usage: ovslab $name" "${text:0:$((14 + ${#name}))}"
		check "examples of $name" 1 "$(grep -c '^Examples:' <<<"$text")"
		check "$name fits 80 columns" "" \
			"$(sed '/^Examples:/,/^$/d' <<<"$text" | awk 'length > 80')"
		# shellcheck disable=SC2086
		check "$name --help is the same" "$text" "$("$ovslab" $name --help)"
	done < <(commands)
	check "defaults do not follow the line" "$("$ovslab" inject --help)" \
		"$("$ovslab" inject --ratio 77 --seed x psh --help)"
	check "help of a kind is its command's" "$("$ovslab" help inject)" "$("$ovslab" help inject psh)"
	run image --help
	check "help of a family" 0 "$status"
	check "the hidden stays hidden" "" "$("$ovslab" help | grep expand)"
}

test_man()
{
	local page=$build/ovslab.8 name

	check "groff has nothing to say" "" \
		"$(groff -mandoc -ww -Tutf8 "$page" 2>&1 >/dev/null)"
	if command -v mandoc >/dev/null; then
		check "mandoc has nothing to say" "" "$(mandoc -Tlint -Wwarning "$page" 2>&1)"
	fi
	check "no marker is left" 0 "$(grep -c ' @[a-z]*@$' "$page")"
	while read -r name; do
		check "$name is in the page" 1 "$(grep -c "^\.It Ic \"$name\"" "$page")"
	done < <(commands)
	echo '# @nonsense@' >"$work/template"
	run expand "$work/template"
	check "an unknown marker is an error" "2 $work/template: unknown marker: # @nonsense@" \
		"$status $(sed -n '1s/^ovslab: //p' "$work/err")"
}

# complete LINE: what bash would offer at its end, sorted
complete_line()
{
	COMP_LINE=$1 COMP_POINT=${#1}
	COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	read -ra COMP_WORDS <<<"$1"
	COMPREPLY=()
	"$(complete -p ovslab | sed 's/.*-F \([^ ]*\).*/\1/')"
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

offers() # LINE EXPECTED
{
	check "completion of '$1'" "$2" "$(complete_line "$1")"
}

test_completion()
{
	local name

	# shellcheck source=/dev/null
	source "$build/ovslab.bash" || check "completion can be sourced" 0 $?
	mkdir -p "$OVSLAB_RUNDIR"/{default,second,half}
	touch "$OVSLAB_RUNDIR"/{default,second}/state.json "$work/kernel-6"
	check "all commands" "$(commands | cut -d' ' -f1 | sort -u | xargs)" \
		"$(complete_line 'ovslab ')"
	offers "ovslab do" "doctor down"
	offers "ovslab inject " "clear psh show ttl"
	offers "ovslab inject p" "psh"
	offers "ovslab image b" "build"
	offers "ovslab inject psh --u" "--units"
	offers "ovslab inject psh --units " "skb wire"
	offers "ovslab inject psh --units=s" "skb"
	offers "ovslab inject psh --at vm1:" "egress"
	offers "ovslab inject psh --at tap-vm2" "tap-vm2:xdp"
	offers "ovslab inject psh --ratio " ""
	offers "ovslab -n " "default second"
	offers "ovslab --lab=s" "second"
	offers "ovslab -n second -j d" "demo doctor down"
	offers "ovslab down --js" "--json"
	offers "ovslab up --kernel $work/ker" "$work/kernel-6"
	offers "ovslab analyze $work/ker" "$work/kernel-6"
	offers "ovslab analyze --ingress $work/kernel-6 --egress $work/ker" "$work/kernel-6"
	offers "ovslab analyze --id p" "payload-hash"
	offers "ovslab up --datapath=k" "kernel"
	offers "ovslab up --sw" "--switch --switch-memory --switch-vcpus"
	offers "ovslab up --switch v" "vm"
	offers "ovslab up --ovs debian:b" "bookworm bullseye"
	offers "ovslab demo --ovs-kernel=s" ""
	offers "ovslab switch " "flows place restart show"
	offers "ovslab exec " "sw vm1 vm2"
	offers "ovslab exec vm" "vm1 vm2"
	offers "ovslab exec vm1 -- " ""
	offers "ovslab console " "sw vm1 vm2"
	offers "ovslab capture tap-vm1 t" "tap-vm1 tap-vm2"
	offers "ovslab logs s" "sw switch"
	offers "ovslab logs v" "vm1 vm2"
	offers "ovslab help inj" "inject"
	offers "ovslab help image " "build list prune"
	offers "ovslab help inject s" "show"
	offers "ovslab help image build " ""
	offers "ovslab help up " ""
	offers "ovslab nonsense " ""
	while read -r name; do
		# shellcheck disable=SC2086
		check "options of $name" "" "$(comm -23 \
			<("$ovslab" help $name | sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p' | sort) \
			<(complete_line "ovslab $name --" | tr ' ' '\n'))"
	done < <(commands)
}

test_install()
{
	local make=(env -u MAKEFLAGS -u MAKELEVEL make -s "B=$build" "DESTDIR=$work/root"
		    PREFIX=/opt/lab)

	check "make install" 0 "$("${make[@]}" install >"$work/out" 2>&1; echo $?)"
	check "the installed command runs" "$("$ovslab" --version)" \
		"$("$work/root/opt/lab/bin/ovslab" --version)"
	check "page and completion are there" "1 1" \
		"$(find "$work/root" -name ovslab.8 | wc -l) $(
		   grep -rl 'complete -F _ovslab ovslab' "$work/root/opt/lab/share" | wc -l)"
	check "nothing outside PREFIX" "" \
		"$(find "$work/root" -type f -not -path "$work/root/opt/lab/*")"
	check "make uninstall" 0 "$("${make[@]}" uninstall >"$work/out" 2>&1; echo $?)"
	check "leaves no file" "" "$(find "$work/root" ! -type d)"
}

test_usage
test_streams
test_help
test_man
test_completion
test_install
echo "cli: $checks checks, $failures failed"
[[ $checks -gt 100 && $failures == 0 ]]
