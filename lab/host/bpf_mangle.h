/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_mangle.h - attach manglers, find them again, remove them, read their log
 *
 * All of it happens in the current network namespace. A place has one program of ours
 * with up to STAGES manglers, which run in the order in which they were attached.
 * Nothing is pinned and no file is kept (host/bpf_engine.h). Whatever of others is at a
 * place stays untouched: then everything here fails with -EBUSY and says what it is.
 */
#ifndef OVSLAB_HOST_BPF_MANGLE_H
#define OVSLAB_HOST_BPF_MANGLE_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mangle.h"
#include "core/mangle_log.h"

/**
 * mangle_attach() - put a mangler on @dev, behind those that are at its place
 * @dev:	device name in the current network namespace
 * @spec:	checked; one of the same kind is replaced, where it is in the order
 * @partial:	packets that come to XDP in generic mode may lack their checksums: a
 *		kind that edits TCP or UDP then has to be in native mode
 * @ret:	what it is now; may be NULL
 *
 * In one step: no packet passes in between. The others keep their counts, the log and
 * what they know of connections; one that is replaced begins anew. XDP is tried in
 * native mode first, then generic (unless there is one already: the mode stays).
 *
 * Return: 0; -ENODEV; -EBUSY; -ENOSPC if there are STAGES already; -EINVAL; other
 * -errno with the verifier's last lines as evidence.
 */
int mangle_attach(const char *dev, const struct mangle_spec *spec, bool partial,
		  struct mangle_report *ret, struct err *err);

/**
 * mangle_query() - the manglers at a place, in their order, and what they counted
 * @ret:	room for STAGES
 * @ret_n:	0 if nothing is there
 *
 * Return: 0; -EBUSY if a program that is not ours is there; -ENODEV.
 */
int mangle_query(const char *dev, enum mangle_place place, struct mangle_report *ret,
		 unsigned int *ret_n, struct err *err);

/**
 * mangle_detach() - remove one mangler of a place, or all
 * @kind:	NULL for all
 *
 * Those that stay keep their order. With the last one goes the program, and the clsact
 * qdisc, if a program of ours made it and it is empty.
 *
 * Return: 0; -ENOENT if there is none such; else as mangle_query()
 */
int mangle_detach(const char *dev, enum mangle_place place, const struct mangle_kind *kind,
		  struct err *err);

/* The log of a place, mapped. */
struct mangle_log {
	const struct log_event *events;	/* [slots] */
	uint32_t slots;
	uint32_t id;			/* of the map: another one is another log */
};

/**
 * mangle_log_open() - the log of a place, to look at with log_read()
 *
 * Return: 0; -ENOENT if nothing logs there; else as mangle_query()
 */
int mangle_log_open(const char *dev, enum mangle_place place, struct mangle_log *ret,
		    struct err *err);
void mangle_log_close(struct mangle_log *log);

#endif
