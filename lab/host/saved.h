/* SPDX-License-Identifier: GPL-2.0 */
/*
 * saved.h - one saved lab: its files, and the manifest that vouches for them
 *
 * A folder with NODE.save for each node, what else belongs to the lab, and
 * manifest.json ("schema": "ovslab.saved/1", docs/schemas/saved.json), which is
 * written last. The folder is data: whatever does not fit is damage, and every
 * size in it is bounded. Where such folders are kept: warm.h.
 */
#ifndef OVSLAB_HOST_SAVED_H
#define OVSLAB_HOST_SAVED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "host/digest.h"

#define SAVED_SCHEMA "ovslab.saved/1"
#define SAVED_MANIFEST "manifest.json"
#define SAVED_FILES_MAX 32

struct saved_file {
	char name[64];			/* letters, digits, '.', '_', '-'; no '.' in front */
	uint64_t bytes;
	char xxh3_128[DIGEST_SIZE];
};

struct saved {
	char key[DIGEST_SIZE];		/* of all that shaped the lab; names the folder */
	char created_at[24];		/* ISO 8601, UTC */
	char what[256];			/* in words: "vm1 vm2, Open vSwitch 3.1.0, kernel 6.1" */
	char accel[8];
	char ovslab_version[32];
	char qemu_version[64];		/* of versions_qemu() */
	char libvirt_version[32];	/* of vm_libvirt_version() */
	struct saved_file files[SAVED_FILES_MAX];
	unsigned int n_files;
	uint64_t bytes;			/* of all files */
};

/** saved_key_valid() - 32 lower-case hex digits */
bool saved_key_valid(const char *key);

/**
 * saved_seal() - sync the files of a folder and write the manifest
 * @dir:	open folder
 * @s:		key and words are the caller's; the rest is filled in
 *
 * Return: 0 or -errno; -ENOSPC has a hint.
 */
int saved_seal(int dir, struct saved *s, struct err *err);

/**
 * saved_read() - the manifest, without a look at the files
 * @key:	name of the folder, which the manifest must confirm
 *
 * Return: 0; -EBADMSG with what is wrong with it.
 */
int saved_read(int dir, const char *key, struct saved *ret, struct err *err);

/** saved_verify() - are the files what the manifest says? 0, or -EBADMSG with what is not */
int saved_verify(int dir, const struct saved *s, struct err *err);

/** saved_to_json() - the manifest; a new reference, NULL when out of memory */
json_t *saved_to_json(const struct saved *s);

#endif
