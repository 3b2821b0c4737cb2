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

kinds()
{
	"$ovslab" inject kinds | sed -n '/^KIND /,/^$/s/^\([a-z][a-z-]*\) .*/\1/p'
}

test_usage()
{
	refused "which command?"
	refused "unknown command 'dwon' (did you mean 'down'?)" dwon
	refused "unknown command 'frobnicate'" frobnicate
	refused "unknown command 'inj' (did you mean 'inject'?)" inj
	refused "unknown option '--ration' for 'inject psh' (did you mean '--ratio'?)" \
		inject psh --ration 10
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
	refused "unknown option '--set' for 'inject'" inject --set psh flags
	check "the hint tells where it goes" "  'ovslab inject KIND OPTIONS': the options of a kind come after it" \
		"$(sed -n 2p "$work/err")"
	refused "unknown option '--dec' for 'inject psh'" inject psh --dec 1
	refused "option '--clear' for 'inject flags' needs a value" inject flags --clear
	refused "option '--clear' takes no value: '--clear=psh'" inject psh --clear=psh
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
	check "the hint" "  see 'ovslab help inject psh'" "$(sed -n 2p "$work/err")"
	refused "README.md is not a capture: unknown file format" analyze README.md
	check "what a capture is" 1 "$(grep -c '^  a capture is pcap or pcapng' "$work/err")"
	run report README.md
	check "what a run is" "2 1" "$status $(grep -c "^  a run is a file that 'measure'" "$work/err")"
	OVSLAB_LAB='no good' run ls
	check "OVSLAB_LAB is looked at" "2 ovslab: not a name for a lab: 'no good'" \
		"$status ${err%%$'\n'*}"
	OVSLAB_LAB='no good' run -n good ls
	check "-n goes before OVSLAB_LAB" 0 "$status"
}

# What is wrong with a spec is told before anything else is looked at: no lab is needed.
test_specs()
{
	[[ $EUID == 0 ]] || return 0	# others are refused before that
	refused "option '--ratio' for 'psh': '0' is out of range: 1 to 4294967295" inject psh --ratio 0
	refused "option '--ratio' for 'psh': 'ten' is not a whole number" inject psh -r ten
	refused "option '--ratio' for 'psh': '99999999999999999999' is out of range: 1 to 4294967295" \
		inject psh --ratio 99999999999999999999
	refused "psh: --ratio and --nth exclude each other: one rule chooses" inject psh --ratio 10 --nth 2
	check "and how to mend it" "  take one of --ratio N, --every N, --nth K, --first" \
		"$(sed -n 2p "$work/err")"
	refused "psh: --clear excludes --first: it clears PSH on all that match, and chooses none" \
		inject psh --clear --first
	refused "ecn needs one of --ce, --ect0, --ect1, --not-ect" inject ecn
	refused "delay: --jitter is more than --ms: packets would leave before they came" \
		inject delay --ms 1 --jitter 2
	refused "option '--between' for 'drop': '9-5' holds no byte: FROM must be less than TO" \
		inject drop --between 9-5
	refused "option '--match' for 'drop': character 5: unknown field 'tp_dts' (did you mean 'tp_dst'?)" \
		inject drop --match tcp,tp_dts=1
	refused "option '--match' for 'drop': character 1: tp_dst needs tcp, udp, tcp6 or udp6 beside it" \
		inject drop --match tp_dst=1
	refused "option '--match' for 'drop': character 1: 'arp': only IP packets are mangled (ip, ipv6, dl_type=0x0800, dl_type=0x86dd)" \
		inject drop --match arp
	# the issue's own lines are right: what is missing is a lab
	while read -r line; do
		# shellcheck disable=SC2086
		refused "there is no lab 'nosuch'" -n nosuch inject $line
	done <<-'END'
	psh --first --clear-others --match tcp,tp_dst=9000
	flags --set psh --clear urg --every 10
	ttl --random
	ttl --set 3
	ttl --dec 1
	ecn --ce --ratio 50
	dscp --set 46
	window --set 0 --nth 20
	mss --clamp 536
	vlan --push 10
	drop --nth 7 --limit 3
	dup --nth 7 --limit 3
	corrupt --nth 7 --limit 3
	truncate --nth 7 --limit 3
	badcsum --nth 7 --limit 3
	delay --ms 5 --jitter 2 --ratio 20
	reorder --depth 3 --ratio 100
	psh --ratio 10 --at vm1:egress --match tcp,nw_src=198.18.0.1,tp_dst=5201,tcp_flags=+ack-psh
	END
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
		check "$name fits 80 columns" "" "$(awk 'length > 80' <<<"$text")"
		check "$name says first what it does" 1 "$(sed -n 3p <<<"$text" | grep -c '^[A-Z][a-z]*,* .')"
		# shellcheck disable=SC2086
		check "$name --help is the same" "$text" "$("$ovslab" $name --help)"
	done < <(commands)
	check "defaults do not follow the line" "$("$ovslab" inject psh --help)" \
		"$("$ovslab" inject --ratio 77 --seed x psh --help)"
	while read -r name; do
		text=$("$ovslab" help inject "$name") || check "help inject $name" 0 $?
		check "usage of $name" "Usage: ovslab inject $name [OPTIONS]" "${text%%$'\n'*}"
		check "$name --help is the same" "$text" "$("$ovslab" inject "$name" --help)"
		check "$name fits 80 columns" "" "$(awk 'length > 80' <<<"$text")"
		check "$name is in the help of inject" 1 "$("$ovslab" help inject | grep -c "^  $name  ")"
		check "$name is in the page" 1 "$(grep -c "^\.It Cm $name$" "$build/ovslab.8")"
		check "options of $name in completion" "" "$(comm -23 \
			<(sed -n 's/^  \(-.,\|   \) \(--[a-z0-9-]*\).*/\2/p' <<<"$text" | sort) \
			<(complete_line "ovslab inject $name --" | tr ' ' '\n' | sort))"
	done < <(kinds)
	check "kinds without a lab" "$(kinds | xargs)" \
		"$("$ovslab" inject kinds --json | jq -r '.kinds[].kind' | xargs)"
	check "help of 'inject clear psh' is its command's" "$("$ovslab" help inject clear)" \
		"$("$ovslab" help inject clear psh)"
	run image --help
	check "help of a family" 0 "$status"
	check "the hidden stays hidden" "" "$("$ovslab" help | grep expand)"
}

# Lines end where the terminal does; without one, each row is a line.
test_terminal()
{
	local columns widest

	for columns in 80 120; do
		tests/ns/on-terminal.py "$columns" "$ovslab" run --list >"$work/out"
		check "run --list on $columns columns" 0 $?
		widest=$(awk '{ n = length > n ? length : n } END { print n }' "$work/out")
		check "... fits" 1 "$((widest > 40 && widest <= columns))"
		tests/ns/on-terminal.py "$columns" "$ovslab" doctor >"$work/out"
		widest=$(awk '{ n = length > n ? length : n } END { print n }' "$work/out")
		check "doctor on $columns columns" 1 "$((widest > 40 && widest <= columns))"
	done
	run run --list
	check "run --list without a terminal" "$(find lab/scenarios -name '*.yml' | wc -l)" \
		"$(grep -c '^@[a-z-]*  *[a-z-]*  [a-z]' <<<"$out")"
	check "... a line each" "$(find lab/scenarios -name '*.yml' | wc -l)" "$(sed 1d <<<"$out" | wc -l)"
}

test_man()
{
	local page name

	for page in "$build"/ovslab.8 "$build"/ovslab-scenario.5; do
		check "groff has nothing to say" "" \
			"$(groff -mandoc -ww -Tutf8 "$page" 2>&1 >/dev/null)"
		if command -v mandoc >/dev/null; then
			check "mandoc has nothing to say, but that pages are not installed" "" \
				"$(mandoc -Tlint "$page" 2>&1 | grep -v 'manual not found\|outdated mandoc.db')"
		fi
		check "no marker is left" 0 "$(grep -c ' @[a-z. -]*@$' "$page")"
		check "examples and files of the page fit 80 columns" "" \
			"$(groff -mandoc -Tascii -P-cbou -rLL=78n "$page" | awk 'length > 80')"
	done
	page=$build/ovslab.8
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
	COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
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
	check "all kinds, and commands" "$({ kinds; printf '%s\n' bpf clear kinds log netem show; } | sort | xargs)" \
		"$(complete_line 'ovslab inject ')"
	offers "ovslab inject bpf --at tap-vm1:e" "egress"
	offers "ovslab inject p" "psh"
	offers "ovslab inject psh --cl" "--clear --clear-others"
	offers "ovslab inject ttl --cl" ""
	offers "ovslab inject vlan --p" "--pop --push"
	offers "ovslab inject flags --set psh --e" "--every"
	offers "ovslab inject clear t" "truncate ttl"
	offers "ovslab image b" "build"
	offers "ovslab inject psh --u" "--units"
	offers "ovslab inject psh --units " "skb wire"
	offers "ovslab inject psh --units=s" "skb"
	offers "ovslab inject psh --at vm1:" "egress ingress xdp"
	offers "ovslab inject psh --at tap-vm2" "tap-vm2:egress tap-vm2:xdp"
	offers "ovslab inject psh --ratio " ""
	mkdir -p "$work/state/runs" && touch "$work/state/runs/psh-split-1.json"
	# shellcheck disable=SC2317	# completion calls it
	ovslab() { "$build/ovslab" "$@"; }
	offers "ovslab run @psh" "psh-split"
	offers "ovslab run @" "$("$build/ovslab" run --list --json | jq -r '.scenarios[].name' | xargs)"
	offers "ovslab validate --aa $work/ker" "$work/kernel-6"
	OVSLAB_STATEDIR=$work/state offers "ovslab report psh" "psh-split-1"
	OVSLAB_STATEDIR=$work/state offers "ovslab run --resume psh" "psh-split-1"
	unset -f ovslab
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
	check "pages and completion are there" "2 1" \
		"$(find "$work/root" -name ovslab.8 -o -name ovslab-scenario.5 | wc -l) $(
		   grep -rl 'complete -F _ovslab ovslab' "$work/root/opt/lab/share" | wc -l)"
	check "nothing outside PREFIX" "" \
		"$(find "$work/root" -type f -not -path "$work/root/opt/lab/*")"
	check "make uninstall" 0 "$("${make[@]}" uninstall >"$work/out" 2>&1; echo $?)"
	check "leaves no file" "" "$(find "$work/root" ! -type d)"
}

test_usage
test_specs
test_streams
test_terminal
test_man
test_completion
test_help
test_install
echo "cli: $checks checks, $failures failed"
[[ $checks -gt 100 && $failures == 0 ]]
