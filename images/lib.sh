# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh - what build and layer share: messages, the recipe's lists, ELF files,
# kernel modules, archives
#
# It expects 'recipe', the folder of this file, and 'work', a scratch directory.

say() { printf 'image: %s\n' "$*" >&2; }

# fail STATUS MESSAGE [HINT]
fail() {
	printf 'error: %s\n' "$2" >&2
	[ -z "${3:-}" ] || printf 'hint: %s\n' "$3" >&2
	exit "$1"
}

debian_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# rows LIST: a list of the recipe without comments and blank lines
rows() {
	sed -e 's/[[:space:]]*#.*//' -e '/^$/d' -e "s/@ARCH@/$(debian_arch)/g" "$recipe/$1"
}

# missing_tools TOOL...: those that this host lacks
missing_tools() {
	local tool missing=()

	for tool; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	echo "${missing[*]}"
}

# needed FILE: the libraries and the loader that an ELF file asks for
needed() {
	readelf -W -d -l "$1" 2>/dev/null |
		sed -n -e 's/.*(NEEDED).*\[\(.*\)\]/\1/p' \
			-e 's/.*program interpreter: \(.*\)\]/\1/p'
}

# archive DIR: what is in it as a cpio archive: the same bytes for the same files.
# Through a pipe: where a disk is full, cpio asks the terminal for another tape.
archive() {
	(cd "$1" && find . -exec touch -hd @0 {} + &&
		find . -mindepth 1 -print0 | sort -z |
		cpio -0 -o -H newc -R 0:0 --reproducible --quiet | cat)
}

# ---- kernel modules ----------------------------------------------------------

# module_paths TABLE NAME...: where the modules are, by TABLE (modules.dep), with
# what they depend on; names that are not there and not optional go to stderr
module_paths() {
	local table=$1

	shift
	awk -v wanted="$*" '
		function name(path) {
			sub(/.*\//, "", path); sub(/\.ko(\.(xz|zst|gz))?$/, "", path)
			gsub(/-/, "_", path)
			return path
		}
		BEGIN { FS = ":" }
		{ file[name($1)] = $1; deps[$1] = $2 }
		END {
			n = split(wanted, names, " ")
			for (i = 1; i <= n; i++) {
				optional = sub(/^\?/, "", names[i])
				path = file[names[i]]
				if (path == "" && !optional)
					missing = missing " " names[i]
				if (path != "")
					print path deps[path]
			}
			if (missing != "") {
				print missing >"/dev/stderr"
				exit 1
			}
		}' "$table" | tr -s ' ' '\n' | sort -u
}

# wanted_modules LIST BUILTIN: a module that the kernel has built in counts as there
wanted_modules() {
	local row name

	while read -r row; do
		name=${row#\?}
		grep -qs "/${name//[-_]/[-_]}\.ko$" "$2" || echo "$row"
	done < <(rows "$1")
}

# unpacked FILE: a module's bytes; newer suites ship compressed ones, which a
# guest has no tool for
unpacked() {
	case $1 in
	*.xz) xz -dc -- "$1" ;;
	*.zst) zstd -q -dc -- "$1" ;;
	*.gz) gzip -dc -- "$1" ;;
	*) cat -- "$1" ;;
	esac
}

# list_modules FROM TABLE LIST: paths of what the recipe's LIST names of the module
# directory FROM; fails with what it lacks in $work/missing
list_modules() {
	local names

	mapfile -t names < <(wanted_modules "$3" "$1/modules.builtin")
	module_paths "$2" "${names[@]}" 2>"$work/missing"
}

# pick_modules FROM DIR PATH...: modules and their index into DIR/usr/lib/modules
pick_modules() {
	local from=$1 dir=$2 release=${1##*/} to path

	to=$dir/usr/lib/modules/$release
	shift 2
	mkdir -p "$to"
	for path; do
		mkdir -p "$to/${path%/*}"
		unpacked "$from/$path" >"$to/${path%.ko*}.ko"
	done
	for path in modules.{order,builtin,builtin.modinfo}; do
		cat "$from/$path" >"$to/$path" 2>/dev/null || true
	done
	index_modules "$dir" "$release"
}

# index_modules DIR RELEASE: what modprobe reads
index_modules() {
	ln -s usr/lib "$1/lib"
	depmod -b "$1" "$2"
	rm "$1/lib"
	# only kmod reads these
	rm -f "$1/usr/lib/modules/$2"/modules.*.bin \
		"$1/usr/lib/modules/$2"/modules.{order,softdep,weakdep,devname,builtin.modinfo}
}
