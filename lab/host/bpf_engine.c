// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_engine.c - the program that runs the manglers of a place, in the kernel
 */
#include "host/bpf_engine.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/conn.h"
#include "bpf/mangle_tc.skel.h"
#include "bpf/mangle_xdp.skel.h"
#include "core/mangle_log.h"
#include "core/util.h"
#include "host/bpf_load.h"

#define PROG_PREFIX "ovslab_mangle"	/* the kernel keeps 15 characters of a name */
#define PROG_MAPS_MAX 16
#define COPY_BATCH 1024

static const struct map_row {
	const char *name;
	uint32_t value_size;
} map_rows[ENGINE_MAPS] = {
	[ENGINE_COUNTERS] = { "counters", sizeof(struct stage_counters) },
	[ENGINE_CONNS] = { "conns", sizeof(struct conn) },
	[ENGINE_SETS] = { "conn_sets", sizeof(struct conn_set) },
	[ENGINE_ORDINALS] = { "ordinals", 2 * sizeof(uint32_t) },	/* of TCP, of others */
	[ENGINE_LOG] = { "log", sizeof(struct log_event) },
	[ENGINE_HEADS] = { "heads", sizeof(struct stage_heads) },
};

/* ---- reading back ------------------------------------------------------------ */

static int read_stages(int fd, const struct bpf_map_info *info, struct stages *ret)
{
	uint32_t zero = 0;

	if (info->value_size != sizeof(*ret))
		return -EPROTO;
	return bpf_map_lookup_elem(fd, &zero, ret) ? -errno : 0;
}

static int keep_map(struct engine *e, enum engine_map which, int *fd,
		    const struct bpf_map_info *info)
{
	if (info->value_size != map_rows[which].value_size)
		return -EPROTO;
	e->map[which].fd = take_fd(fd);
	e->map[which].id = info->id;
	e->map[which].entries = info->max_entries;
	return 0;
}

static int read_map(struct engine *e, uint32_t map_id)
{
	_cleanup_close_ int fd = bpf_map_get_fd_by_id(map_id);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (strstr(info.name, ".rodata"))
		return read_stages(fd, &info, &e->stages);
	for (int i = 0; i < ENGINE_MAPS; i++)
		if (strcmp(info.name, map_rows[i].name) == 0 && e->map[i].fd < 0)
			return keep_map(e, i, &fd, &info);
	return 0;
}

static int read_maps(struct engine *e, const uint32_t *ids, uint32_t n)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < n && i < PROG_MAPS_MAX; i++)
		rc = read_map(e, ids[i]);
	if (rc)
		return rc;
	if (e->stages.magic != STAGE_MAGIC)
		return -EPERM;
	return e->stages.n && e->stages.n <= STAGES && e->map[ENGINE_COUNTERS].fd >= 0 ? 0 : -EPROTO;
}

int engine_read(uint32_t prog_id, struct engine *ret)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info = { 0 };
	__u32 maps[PROG_MAPS_MAX], len = sizeof(info);

	info.map_ids = (uintptr_t)maps;
	info.nr_map_ids = ARRAY_SIZE(maps);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (strncmp(info.name, PROG_PREFIX, strlen(PROG_PREFIX)) != 0)
		return -EPERM;
	ret->prog_id = prog_id;
	return read_maps(ret, maps, info.nr_map_ids);
}

void engine_close(struct engine *e)
{
	for (int i = 0; i < ENGINE_MAPS; i++)
		if (e->map[i].fd >= 0)
			close(e->map[i].fd);
	*e = (struct engine)ENGINE_NONE;
}

/* ---- counters ---------------------------------------------------------------- */

/* Of all CPUs; to be freed. */
static struct stage_counters *counters_of(int fd, uint32_t stage, int *ret_cpus)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct stage_counters *all = cpus > 0 ? calloc((size_t)cpus, sizeof(*all)) : NULL;

	if (!all || bpf_map_lookup_elem(fd, &stage, all))
		return NULL;
	*ret_cpus = cpus;
	return take_ptr(all);
}

int engine_counters(const struct engine *e, uint32_t stage, struct mangle_counters *ret)
{
	int cpus = 0;
	_cleanup_free_ struct stage_counters *all = counters_of(e->map[ENGINE_COUNTERS].fd, stage, &cpus);
	uint64_t sum[sizeof(*ret) / sizeof(uint64_t)] = { 0 };

	if (!all)
		return -EIO;
	for (int i = 0; i < cpus; i++)
		for (size_t k = 0; k < ARRAY_SIZE(sum); k++)
			sum[k] += ((const uint64_t *)&all[i])[k];
	memcpy(ret, sum, sizeof(*ret));
	return 0;
}

static void copy_counters(int from_fd, uint32_t from, int to_fd, uint32_t to)
{
	int cpus = 0;
	_cleanup_free_ struct stage_counters *all = counters_of(from_fd, from, &cpus);

	if (all)
		bpf_map_update_elem(to_fd, &to, all, BPF_ANY);
}

/* ---- the log ------------------------------------------------------------------- */

static size_t log_bytes(uint32_t slots)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return ((size_t)slots * sizeof(struct log_event) + page - 1) / page * page;
}

static struct log_event *log_map(int fd, uint32_t slots, int protection)
{
	void *at = mmap(NULL, log_bytes(slots), protection, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

const struct log_event *engine_log_map(const struct engine *e)
{
	return log_map(e->map[ENGINE_LOG].fd, e->map[ENGINE_LOG].entries, PROT_READ);
}

void engine_log_unmap(const struct log_event *log, uint32_t slots)
{
	if (log)
		munmap((void *)(uintptr_t)log, log_bytes(slots));
}

uint64_t engine_log_head(const struct engine *e)
{
	struct stage_heads heads;
	uint32_t zero = 0;

	return bpf_map_lookup_elem(e->map[ENGINE_HEADS].fd, &zero, &heads) ? 0 : heads.serial;
}

/* Return: the serial of the last event that was copied. */
static uint64_t copy_log(int from, int to, uint32_t slots)
{
	struct log_event *source = log_map(from, slots, PROT_READ);
	struct log_event *target = log_map(to, slots, PROT_READ | PROT_WRITE);
	uint64_t last = 0;

	if (source && target) {
		memcpy(target, source, slots * sizeof(*source));
		last = log_head(target, slots);
	}
	engine_log_unmap(source, slots);
	engine_log_unmap(target, slots);
	return last;
}

/* ---- from the old program to the new one ------------------------------------------ */

/* No stage moves and none restarts: all maps can go on. */
static bool goes_on(const struct engine_plan *plan, const struct engine *old)
{
	for (uint32_t i = 0; i < old->stages.n; i++)
		if (i >= plan->stages.n || plan->from[i] != (int)i)
			return false;
	return true;
}

static void move_conn(const struct engine_plan *plan, void *entry)
{
	struct conn *c = entry, old = *c;

	for (uint32_t i = 0; i < STAGES; i++) {
		int from = i < plan->stages.n ? plan->from[i] : -1;

		c->stage[i] = from < 0 ? (struct conn_stage){ 0 } : old.stage[from];
	}
}

/* Who held the lock holds that of the old one. */
static void move_set(const struct engine_plan *plan, void *entry)
{
	struct conn_set *s = entry;

	s->lock = 0;
}

/* Walks over an array, @change makes the new entry of the old one. */
static void copy_array(const struct engine_plan *plan, int from, int to, size_t size,
		       void (*change)(const struct engine_plan *plan, void *entry))
{
	_cleanup_free_ uint32_t *keys = calloc(COPY_BATCH, sizeof(*keys));
	_cleanup_free_ char *entries = calloc(COPY_BATCH, size);
	uint32_t cursor = 0, n;
	void *at = NULL;
	int rc = 0;

	while (keys && entries && rc == 0) {
		n = COPY_BATCH;
		rc = bpf_map_lookup_batch(from, at, &cursor, keys, entries, &n, NULL);
		if (rc && errno != ENOENT)
			return;
		at = &cursor;
		for (uint32_t i = 0; i < n; i++)
			change(plan, entries + i * size);
		if (n)
			bpf_map_update_batch(to, keys, entries, &n, NULL);
	}
}

static void copy_heads(const struct engine_plan *plan, int from, int to, uint64_t serial)
{
	struct stage_heads old, heads = { .serial = serial };
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(from, &zero, &old))
		return;
	for (uint32_t i = 0; i < plan->stages.n; i++)
		if (plan->from[i] >= 0)
			heads.taken[i] = old.taken[plan->from[i]];
	bpf_map_update_elem(to, &zero, &heads, BPF_ANY);
}

static int map_fd(struct bpf_object *obj, enum engine_map which)
{
	return bpf_object__find_map_fd_by_name(obj, map_rows[which].name);
}

static bool same_size(struct bpf_object *obj, const struct engine *old, enum engine_map which)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, map_rows[which].name);

	return old->map[which].fd >= 0 && bpf_map__max_entries(map) == old->map[which].entries;
}

/* Slow things first: what happens meanwhile is lost. */
static void copy_all(const struct engine_plan *plan, const struct engine *old,
		     struct bpf_object *obj)
{
	uint64_t serial = 0;

	if (same_size(obj, old, ENGINE_CONNS) && old->map[ENGINE_CONNS].entries > 1) {
		copy_array(plan, old->map[ENGINE_SETS].fd, map_fd(obj, ENGINE_SETS),
			   sizeof(struct conn_set), move_set);
		copy_array(plan, old->map[ENGINE_CONNS].fd, map_fd(obj, ENGINE_CONNS),
			   sizeof(struct conn), move_conn);
	}
	if (same_size(obj, old, ENGINE_LOG) && old->map[ENGINE_LOG].entries > 1)
		serial = copy_log(old->map[ENGINE_LOG].fd, map_fd(obj, ENGINE_LOG),
				  old->map[ENGINE_LOG].entries);
	copy_heads(plan, old->map[ENGINE_HEADS].fd, map_fd(obj, ENGINE_HEADS), serial);
	for (uint32_t i = 0; i < plan->stages.n; i++)
		if (plan->from[i] >= 0)
			copy_counters(old->map[ENGINE_COUNTERS].fd, (uint32_t)plan->from[i],
				      map_fd(obj, ENGINE_COUNTERS), i);
}

/* ---- loading ------------------------------------------------------------------- */

static int resize(struct bpf_object *obj, enum engine_map which, uint32_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, map_rows[which].name),
					entries);
}

/* What no stage needs gets one entry. */
static int size_maps(struct bpf_object *obj, const struct stages *s)
{
	bool tracks = false, logs = false;

	for (uint32_t i = 0; i < s->n; i++) {
		tracks |= stage_keeps_state(&s->stage[i]);
		logs |= s->stage[i].flags & STAGE_LOG;
	}
	return resize(obj, ENGINE_CONNS, tracks ? CONNS_MAX : 1) ?:
	       resize(obj, ENGINE_SETS, tracks ? CONN_SETS : 1) ?:
	       resize(obj, ENGINE_ORDINALS, tracks ? 65536 : 1) ?:
	       resize(obj, ENGINE_LOG, logs ? LOG_EVENTS : 1);
}

static int set_stages(struct bpf_object *obj, const struct stages *stages)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), ".rodata"))
			return bpf_map__set_initial_value(map, stages, sizeof(*stages));
	return -ENOENT;
}

static int share_maps(struct bpf_object *obj, const struct engine_plan *plan,
		      const struct engine *old)
{
	bool all = goes_on(plan, old);
	int rc = 0;

	for (int i = 0; rc == 0 && i < ENGINE_MAPS; i++)
		if ((all || i == ENGINE_ORDINALS) && same_size(obj, old, i))
			rc = bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, map_rows[i].name),
					       old->map[i].fd);
	return rc;
}

static int prepare(struct bpf_object *obj, const struct engine_plan *plan, const struct engine *old)
{
	for (int i = 0; i < ENGINE_MAPS; i++)
		if (!bpf_object__find_map_by_name(obj, map_rows[i].name))
			return -ENOENT;
	return set_stages(obj, &plan->stages) ?: size_maps(obj, &plan->stages) ?:
	       share_maps(obj, plan, old);
}

static void cleanup_object(struct bpf_object **obj)
{
	bpf_object__close(*obj);
}

int engine_load(const struct engine_plan *plan, bool xdp, const struct engine *old,
		struct bpf_object **ret, struct err *err)
{
	__attribute__((cleanup(cleanup_object))) struct bpf_object *obj = NULL;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "mangle");
	const void *bytes;
	size_t size;
	int rc;

	bytes = xdp ? mangle_xdp_bpf__elf_bytes(&size) : mangle_tc_bpf__elf_bytes(&size);
	bpf_catch_log();
	obj = bpf_object__open_mem(bytes, size, &opts);
	if (!obj)
		return bpf_failed(err, errno, "cannot open the manglers' program");
	rc = prepare(obj, plan, old);
	if (rc)
		return bpf_failed(err, rc, "cannot prepare the manglers' program");
	rc = bpf_load(obj, "manglers' program", err);
	if (rc)
		return rc;
	if (old->prog_id && !goes_on(plan, old))
		copy_all(plan, old, obj);
	*ret = take_ptr(obj);
	return 0;
}

int engine_fd(struct bpf_object *obj)
{
	return bpf_program__fd(bpf_object__next_program(obj, NULL));
}
