/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_engine.h - the program that runs the manglers of a place, in the kernel
 *
 * Nothing is pinned and no file is kept: a program is recognised by its name and by the
 * magic in its read-only data, and its stages are read back from there.
 *
 * Theory of operation: a change of the stages is a new program. If no stage of the old one
 * moves or restarts (something is appended), the new one gets the old one's maps, and
 * nothing is lost. Else it gets maps of its own, and just before it is attached what the
 * old one knows of the stages that stay is copied: counts, connections, limits, the
 * log. What packets did between the copy and the switch-over, a few ms, is not in it.
 */
#ifndef OVSLAB_HOST_BPF_ENGINE_H
#define OVSLAB_HOST_BPF_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/stage.h"
#include "core/err.h"
#include "core/mangle.h"

struct bpf_object;

enum engine_map {
	ENGINE_COUNTERS,
	ENGINE_CONNS,
	ENGINE_SETS,
	ENGINE_ORDINALS,
	ENGINE_LOG,
	ENGINE_HEADS,
	ENGINE_MAPS
};

/* One in the kernel. */
struct engine {
	uint32_t prog_id;		/* 0: none */
	struct stages stages;
	struct {
		int fd;			/* -1: none */
		uint32_t id, entries;
	} map[ENGINE_MAPS];
};

#define ENGINE_NONE { .map = { [0 ... ENGINE_MAPS - 1] = { .fd = -1 } } }

/* What comes after: the stages, and where each of them was. */
struct engine_plan {
	struct stages stages;
	int from[STAGES];		/* index in the old program; -1: it begins now */
};

/**
 * engine_read() - what a program is
 * @ret:	ENGINE_NONE; release with engine_close()
 *
 * Return: 0; -EPERM if it is not one of ours; -EPROTO if another version of us made it;
 * -errno.
 */
int engine_read(uint32_t prog_id, struct engine *ret);
void engine_close(struct engine *e);

/**
 * engine_load() - load the program of a plan
 * @xdp:	for XDP, else for tc
 * @old:	what it will replace; ENGINE_NONE is nothing
 * @ret:	to be closed with bpf_object__close()
 *
 * What has to be copied has been: attach it at once.
 */
int engine_load(const struct engine_plan *plan, bool xdp, const struct engine *old,
		struct bpf_object **ret, struct err *err);

/** engine_fd() - of the program in @obj, for attaching */
int engine_fd(struct bpf_object *obj);

/** engine_counters() - of one stage, summed over CPUs. Return: 0 or -errno */
int engine_counters(const struct engine *e, uint32_t stage, struct mangle_counters *ret);

/** engine_log_head() - serial of the newest event, 0 if there is none */
uint64_t engine_log_head(const struct engine *e);

/** engine_log_map() - map the log to look at; NULL with errno. Release: engine_log_unmap() */
const struct log_event *engine_log_map(const struct engine *e);
void engine_log_unmap(const struct log_event *log, uint32_t slots);

#endif
