#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# gallery.sh - shipped scenarios that name versions: the baseline shows the bug, the
# fixed one does not. psh-split is in trial.sh, first-psh in symptom.sh
#
# limit: 1500
# suites: bookworm trixie sid

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
limit=900

# figure VARIANT FILTER: of that variant's only run
figure() { jq -r --arg v "$1" ".runs[] | select(.variant == \$v) | .run | $2" "$work/out"; }

versions() { figure "$1" '.environment | "\(.ovs_version | split(".")[:2] | join(".")) \(.switch.kernel | split(".")[:2] | join("."))"'; }

# Both halves of the fix, in Open vSwitch and in the kernel below it.
test_recirc_upcall() {
	run validate @recirc-upcall --budget 10m --seed 1 --json
	is "recirc-upcall: the status of 'fixed'" 0 "$status"
	is "... the verdict" "fixed scored" "$(q '.outcome | "\(.verdict) \(.refusal)"')"
	echo "# reordered of 2000, pair by pair: $(q '[.runs[] | "\(.variant) \(.run.reorder.reordered)"] | join(", ")')"
	is "... every packet was followed" true "$(q '[.runs[].run.reorder | .exact and .packets == 2000] | all')"
	is "... where it was placed" "irq=0 handlers=1,0 vswitchd" \
		"$(q '.runs[0].run | "\(.environment.placed | join(" ")) \(.traffic.bursts.stall)"')"
	is "... what is expected holds" true "$(q .outcome.expectations_hold)"
}

test_early_boot() {
	works "early-boot, and its late control" run @early-boot --json
	is "... one run of each" "baseline fixed late" "$(q '[.runs[].variant] | join(" ")')"
	echo "# upcalls lost of missed: $(q '[.runs[] | "\(.variant) \(.run.switch_counters | "\(.lost) of \(.missed)")"] | join(", ")')"
	is "... on 3.1 every miss is lost" true "$(figure baseline '.switch_counters | .lost > 0 and .lost == .missed')"
	is "... without a handler" 0 "$(figure baseline .environment.switch.handlers)"
	check "... when vswitchd was started before 10 s" grep -Eq '^[3-9]\.[0-9]$' \
		<<<"$(figure baseline '.notes[] | capture("started (?<s>[0-9.]+) s after the boot").s')"
	is "... started late none" 0 "$(figure late .switch_counters.lost)"
	is "... nor on a later one" 0 "$(figure fixed .switch_counters.lost)"
	is "... of the versions that are meant" "3.1 3.1 3.5" \
		"$(for v in baseline late fixed; do versions "$v" | cut -d' ' -f1; done | xargs)"
}

test_ssh_down() {
	works "ssh-down" run @ssh-down --json
	is "... all attempts met the ICMP error" "10 10 0" \
		"$(q '.runs[0].run.connect | "\(.attempts) \(.unreachable) \(.timed_out)"')"
}

remember_host
test_recirc_upcall
test_early_boot
test_ssh_down
unchanged "nothing is left"
finish
