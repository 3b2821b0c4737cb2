#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# paused.sh - a lab of which a VM stands still: commands say so instead of waiting for
# it, and 'down' works
#
# limit: 180

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export OVSLAB_LAB=$tag

remember_host
works "up" up --warm "${on_host[@]}"
uri=$("$ovslab" inspect --json | jq -r .libvirt_uri)

# turn suspend|resume NODE
turn() {
	virsh -q -c "$uri" "$1" "$2" >"$work/virsh" 2>&1 || failed "virsh $1 $2" "$(cat "$work/virsh")"
}

turn suspend vm1
works "ls" ls --json
is "... says so" paused "$(q '.labs[0].status')"
works "inspect" inspect
says "... which node it is" '^ *vm1 .* paused$' "$work/out"
says "... and that the other is not" '^ *vm2 .* alive$' "$work/out"
before=$(now)
run exec vm1 -- true
is "exec in it fails" 3 "$status"
says "... and tells why" 'vm1 is paused' "$work/err"
says "... and what to do" 'virsh -c .* resume vm1' "$work/err"
is "... at once" true "$([ $(($(now) - before)) -lt 2000000 ] && echo true)"
works "exec in the other" exec vm2 -- true
run measure --connections 2
is "measure fails" 3 "$status"
says "... and tells why" 'vm1 is paused' "$work/err"

turn resume vm1
works "ls" ls --json
is "... is ready again" ready "$(q '.labs[0].status')"
works "exec in it works again" exec vm1 -- true

turn suspend vm1
turn suspend vm2
works "down of one that stands still" down
unchanged "nothing is left"
finish
