#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh - the demo: four rows that differ as they should, in less than two
# minutes, and nothing left
#
# limit: 300

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag-demo

row() { # NAME: what the switch reordered in that row
	jq -r ".rows[] | select(.name == \"$1\") | .run.reorder.reordered" "$work/out"
}

remember_host
start=$(now)
works "demo" demo "${on_host[@]}" --json
between "... took less than two minutes" 0 $((($(now) - start) / 1000000)) 119
is "schema" ovslab.demo/1 "$(q .schema)"
jq -c '.rows[]? | [.name, (.run.reorder | .packets, .reordered, .flows_reordered)]' "$work/out" | sed 's/^/# /'
is "four rows" 4 "$(q '.rows | length')"
is "reproduced" true "$(q .reproduced)"
natural=$(row "natural PSH")
between "plain flows: next to nothing" 0 "$(row "plain flows")" $((natural / 10))
between "PSH-sensitive flows: some" 1 "$natural" 100000
between "PSH on 1 of 10: several times more" $((natural * 2)) "$(row "psh --ratio 10")" 1000000
between "PSH cleared: next to none" 0 "$(row "psh --clear")" $((natural / 10))
unchanged "nothing is left"
finish
