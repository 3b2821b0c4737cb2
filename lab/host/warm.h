/* SPDX-License-Identifier: GPL-2.0 */
/*
 * warm.h - the store of saved labs: $OVSLAB_CACHEDIR/warm/KEY
 *
 * What is in one of them is saved.h's. Here: found, made, kept within a bound,
 * removed. Of a maker:
 *
 *	rc = warm_begin(key, vm_resident_bytes(lab), &w, err);
 *	... vm_save(job, lab, w.dir, err); fill in w.saved.what and its versions
 *	... vm_restore(job, lab, boots, w.dir, err), and see that the lab is well
 *	rc = warm_publish(&w, err);
 *	warm_release(&w);
 *
 * and of a user: warm_find(), vm_restore(), warm_release(). Between the two
 * nobody removes what w.dir has, published or not.
 */
#ifndef OVSLAB_HOST_WARM_H
#define OVSLAB_HOST_WARM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "host/saved.h"

#define WARM_MAX_ENV "OVSLAB_WARM_MAX"	/* bytes of all saved labs; 0 keeps none */
#define WARM_MAX_DEFAULT (UINT64_C(4) << 30)

struct warm {
	struct saved saved;
	char dir[PATH_MAX];
	int lock;			/* an flock on dir; the kernel lets go of it when we die */
	bool held;
	bool ours;			/* goes with warm_release(): not published */
};

/**
 * warm_find() - the saved lab of a key, whole and unharmed, held until warm_release()
 *
 * Every byte is checked, which costs less than reading it (0.04 s for 250 MB).
 * One that is damaged is removed. Counts as a use.
 *
 * Return: 0; -ENOENT; -EBADMSG with what was wrong, the caller boots cold then.
 */
int warm_find(const char *key, struct warm *ret, struct err *err);

/**
 * warm_begin() - a folder of our own to save a lab into
 * @need:	bytes that it may take
 *
 * What killed makers left behind is removed first.
 *
 * Return: 0; -ENOSPC with a hint if there is no room; -EDQUOT if the user's
 * bound is 0; -EINVAL if it is no size.
 */
int warm_begin(const char *key, uint64_t need, struct warm *ret, struct err *err);

/**
 * warm_publish() - seal what was saved, and put it into the store
 *
 * If another maker of the same key was faster, his stays and ours goes with
 * warm_release(): that is no error. Then the least recently used ones go until
 * the bound holds. On failure the folder can be restored from all the same.
 */
int warm_publish(struct warm *w, struct err *err);

/**
 * warm_discard() - what was found turned out to be of no use: let go, and remove it
 *
 * It stays while another command restores it, who will find out by himself.
 */
void warm_discard(struct warm *w);

/** warm_release() - let go; what was not published is removed. A zeroed one is fine */
void warm_release(struct warm *w);

/* One saved lab of the store, or what is left of one. */
struct warm_item {
	struct saved saved;		/* only its key, and bytes as found, if broken */
	int64_t used_ns;		/* last use, Unix time */
	char broken[128];		/* "" or why it cannot be used; files are not read */
};

/** warm_list() - all of the store, the last used first; free() it */
int warm_list(struct warm_item **ret, size_t *ret_n, struct err *err);

/** warm_check() - is the user's bound a size? -EINVAL (STATUS_USAGE) if not */
int warm_check(struct err *err);

struct warm_prune {
	bool all;
	bool dry_run;			/* say what would go, and leave it there */
	int64_t idle_ns;		/* what was not used for longer goes; 0 = no limit */
	const char *qemu_version;	/* of this host: what others saved goes; NULL = unknown */
	const char *libvirt_version;
};

/* What went, or what would. */
struct warm_gone {
	char key[DIGEST_SIZE];		/* "" for the leftovers of a killed command */
	char what[256];
	char why[128];
	uint64_t bytes;
	bool busy;			/* it stays: it is being made or restored right now */
};

/**
 * warm_prune() - remove saved labs that are of no use
 * @ret:	to be freed, also after a failure
 *
 * Broken and abandoned ones go always.
 */
int warm_prune(const struct warm_prune *how, struct warm_gone **ret, size_t *ret_n,
	       struct err *err);

#endif
