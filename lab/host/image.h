/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image.h - the guest image: kernel and base initramfs, cached by their recipe
 *
 * The cache is $OVSLAB_CACHEDIR/images/KEY/{vmlinuz,initrd,manifest.json}; KEY
 * is a hash over the recipe (images/), the suite and the architecture. Images
 * are made by the recipe's script images/build, which owns the cache's locking.
 */
#ifndef OVSLAB_HOST_IMAGE_H
#define OVSLAB_HOST_IMAGE_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "host/wait.h"

#define IMAGE_KEY_MAX 72
#define IMAGE_SCHEMA "ovslab.image/1"

struct image {
	char key[IMAGE_KEY_MAX];
	char dir[PATH_MAX];
	char kernel[PATH_MAX];		/* for QEMU's -kernel */
	char initrd[PATH_MAX];		/* the base: image_compose() puts ours before it */
	json_t *manifest;		/* schema ovslab.image/1; owned */
	bool current;			/* its recipe is the one that is used now */
};

/** image_release() - forget what an image holds; a zeroed one is fine */
void image_release(struct image *image);

/**
 * image_key() - the key that the present recipe, suite and architecture give
 * @ret:	at least IMAGE_KEY_MAX bytes
 *
 * Return: 0 or -errno; never -ENOENT.
 */
int image_key(char *ret, size_t size, struct err *err);

/**
 * image_find() - the ready image of the present recipe
 *
 * Return: 0; -ENOENT if it is to be built first, @ret->key is filled then too.
 */
int image_find(struct image *ret, struct err *err);

/**
 * image_build() - build it unless it is there
 *
 * Takes 10 to 60 s and the network of the calling process; waits for a build
 * that another process has under way. A failure carries the script's own cause
 * and cure.
 */
int image_build(const struct job *job, struct image *ret, struct err *err);

/**
 * image_list() - every ready image of the cache, by key
 * @ret:	array of *@ret_n, to be given to image_list_free()
 */
int image_list(struct image **ret, size_t *ret_n, struct err *err);
void image_list_free(struct image *images, size_t n);

/**
 * image_compose() - write the initramfs that a node boots
 * @dest:	file to write: the overlay (init, ovslab-guest), then the base
 *
 * The overlay is made anew each time, so a changed helper needs no new image.
 */
int image_compose(const struct image *image, const char *dest, struct err *err);

/** image_cmdline() - kernel parameters that every node is booted with */
const char *image_cmdline(void);

#endif
