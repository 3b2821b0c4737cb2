/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image.h - guest images: kernel, modules and userland, cached by their recipe
 *
 * The cache is $OVSLAB_CACHEDIR/images/KEY/{vmlinuz,modules,initrd,manifest.json};
 * KEY is a hash over what shapes the image: its role's recipe (images/), the
 * suite and the architecture. Images are made by the recipe's script
 * images/build, which owns the cache's locking.
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
#define IMAGE_SUITE_MAX 16

/* What an image is for; lab_suites has the Debian suites that both are made from. */
enum image_role { IMAGE_NODE, IMAGE_SWITCH };

#define IMAGE_ROLES "node", "switch"

extern const char *const image_role_names[];	/* by enum image_role; NULL ends */

struct image_spec {
	enum image_role role;
	char suite[IMAGE_SUITE_MAX];	/* "": the recipe's default for that role */
};

struct image {
	struct image_spec spec;		/* by the manifest, so the suite is never "" */
	char key[IMAGE_KEY_MAX];
	char dir[PATH_MAX];
	char kernel[PATH_MAX];		/* for QEMU's -kernel */
	char modules[PATH_MAX];		/* an archive, to be followed by others */
	char initrd[PATH_MAX];		/* the userland: image_compose() puts it last */
	json_t *manifest;		/* schema ovslab.image/1; owned */
	bool current;			/* its key is what the present recipe gives */
};

/** image_release() - forget what an image holds; a zeroed one is fine */
void image_release(struct image *image);

/**
 * image_key() - the key that the present recipe and architecture give
 * @ret:	at least IMAGE_KEY_MAX bytes
 *
 * Return: 0 or -errno; never -ENOENT.
 */
int image_key(const struct image_spec *spec, char *ret, size_t size, struct err *err);

/**
 * image_find() - the ready image of the present recipe
 *
 * Return: 0; -ENOENT if it is to be built first, @ret->key is filled then too.
 */
int image_find(const struct image_spec *spec, struct image *ret, struct err *err);

/**
 * image_build() - build it unless it is there
 *
 * Takes 10 to 60 s and the network of the calling process; waits for a build
 * that another process has under way. A failure carries the script's own cause
 * and cure.
 */
int image_build(const struct job *job, const struct image_spec *spec, struct image *ret,
		struct err *err);

/**
 * image_list() - every ready image of the cache, by key
 * @ret:	array of *@ret_n, to be given to image_list_free()
 */
int image_list(struct image **ret, size_t *ret_n, struct err *err);
void image_list_free(struct image *images, size_t n);

/* What a guest boots, beside the kernel itself. */
struct image_compose {
	const struct image *userland;
	const struct image *kernel;	/* whose modules it gets; may be another suite's */
	const char *modules_dir;	/* instead of those: of a kernel of one's own; or NULL */
	const char *ovs_tree;		/* Open vSwitch of one's own over the userland; or NULL */
};

/**
 * image_compose() - write the initramfs that a guest boots
 * @dest:	file to write: the overlay (init, ovslab-guest), the layers of one's
 *		own, the modules, then the userland
 *
 * All but the images is made anew each time, so that a changed helper needs no
 * new image. The same input gives the same bytes. A layer that cannot be made
 * carries the cause and cure of images/layer.
 */
int image_compose(const struct job *job, const struct image_compose *what, const char *dest,
		  struct err *err);

/** image_cmdline() - kernel parameters that every node is booted with */
const char *image_cmdline(void);

#endif
