/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image_prune.h - guest images that are of no use any more, removed
 *
 * An image that a command is about to boot is held and stays. A VM that runs has
 * read its image: taking that away does not matter to it.
 */
#ifndef OVSLAB_HOST_IMAGE_PRUNE_H
#define OVSLAB_HOST_IMAGE_PRUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "host/image.h"

struct image_gone {
	char key[IMAGE_KEY_MAX];	/* "" for the leftovers of a build that was killed */
	const char *why;
	uint64_t bytes;
	bool busy;			/* it stays: a command is about to boot it */
};

/**
 * image_prune_hold() - keep an image from being pruned until the descriptor is closed
 *
 * Return: the descriptor; -ENOENT if it is gone already.
 */
int image_prune_hold(const struct image *image);

/**
 * image_prune() - remove the images that no present recipe gives
 * @all:	and the others
 * @dry_run:	say what would go, and leave it there
 * @ret:	to be freed, also after a failure
 */
int image_prune(bool all, bool dry_run, struct image_gone **ret, size_t *ret_n,
		struct err *err);

#endif
