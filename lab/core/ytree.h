/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ytree.h - a YAML file as a tree of maps, lists and texts, each with its place
 *
 * Files may come from strangers, so there are bounds, and only the plain part of YAML:
 * one document; no anchors, aliases and tags; keys are texts, each once. Texts are
 * texts: nothing is taken for a number, a truth value or a date.
 */
#ifndef OVSLAB_CORE_YTREE_H
#define OVSLAB_CORE_YTREE_H

#include "core/arena.h"
#include "core/mistakes.h"

#define YTREE_BYTES_MAX (1 << 20)
#define YTREE_DEPTH_MAX 8
#define YTREE_NODES_MAX 16384
#define YTREE_KEYS_MAX 256		/* of one map */

enum ytree_kind { YTREE_TEXT, YTREE_LIST, YTREE_MAP };

struct ytree {
	enum ytree_kind kind;
	unsigned int line, column;	/* from 1 */
	const char *text;		/* YTREE_TEXT: without NUL; "" otherwise */
	struct ytree *first;		/* what a list or map has, in their order */
	struct ytree *next;		/* of the list or map that it is in */
	struct ytree *key;		/* in a map: the key, a text */
	int bad;			/* something was found wrong with it already, or it has no end */
};

/**
 * ytree_read() - the tree of a file
 * @a:		what the tree lives in
 * @m:		what is wrong with the file; the tree has the rest of it
 * @ret:	NULL if there is no tree at all, .bad if the file could not be read to its end:
 *		then there are mistakes
 *
 * Return: 0, also with mistakes, or -ENOMEM.
 */
int ytree_read(struct arena *a, const char *data, size_t size, struct mistakes *m,
	       struct ytree **ret);

/** ytree_member() - the value of a key; NULL if @map is NULL, no map, or has no such key */
struct ytree *ytree_member(const struct ytree *map, const char *key);

/** ytree_item() - item number @i of a list, NULL likewise */
struct ytree *ytree_item(const struct ytree *list, size_t i);

#endif
