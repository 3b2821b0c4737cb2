# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# cache.sh - a cache without saved labs, which else is the one of this machine: for
# tests/lib.sh and tests/run

# own_cache FOLDER: exports it as OVSLAB_CACHEDIR; images and facts are shared, by links
own_cache() {
	local shared=${OVSLAB_CACHEDIR:-/var/cache/ovslab} folder

	export OVSLAB_CACHEDIR=$1
	mkdir -p "$OVSLAB_CACHEDIR"
	for folder in images facts libvirt; do
		mkdir -p "$shared/$folder"
		ln -s "$shared/$folder" "$OVSLAB_CACHEDIR/"
	done
}
