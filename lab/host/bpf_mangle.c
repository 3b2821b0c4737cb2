// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_mangle.c - attach manglers, find them again, remove them
 *
 * Linked into the host's command and into the guest's static helper.
 */
#include "host/bpf_mangle.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "bpf/knobs.h"
#include "bpf/psh.skel.h"
#include "bpf/ttl.skel.h"
#include "core/util.h"
#include "host/bpf_load.h"
#include "host/bpf_tc.h"

/* One row for each kind: its object file, embedded by bpftool. */
static const struct image {
	const char *kind;
	const void *(*bytes)(size_t *size);
} images[] = {
	{ "psh", psh_bpf__elf_bytes },
	{ "ttl", ttl_bpf__elf_bytes },
};

/* A mangler in the kernel. */
struct attached {
	uint32_t prog_id;
	enum mangle_mode mode;
	const struct mangle_kind *kind;
	struct knobs knobs;
	struct mangle_counters counters;
};

/* ---- reading an attached program back ---- */

static int read_knobs(int map, const struct bpf_map_info *info, struct knobs *ret)
{
	uint32_t zero = 0;

	if (info->value_size != sizeof(*ret))
		return -EPROTO;
	return bpf_map_lookup_elem(map, &zero, ret);
}

static int read_counters(int map, struct mangle_counters *ret)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct counters *all = NULL;
	struct mangle_counters sum = { 0 };
	uint32_t zero = 0;

	if (cpus <= 0)
		return cpus ?: -EIO;
	all = calloc(cpus, sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map, &zero, all))
		return -errno;
	for (int i = 0; i < cpus; i++) {
		sum.seen += all[i].seen;
		sum.eligible += all[i].eligible;
		sum.already += all[i].already;
		sum.mangled += all[i].mangled;
		sum.cleared += all[i].cleared;
	}
	*ret = sum;
	return 0;
}

static int read_map(uint32_t map_id, struct attached *ret)
{
	_cleanup_close_ int map = bpf_map_get_fd_by_id(map_id);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &len))
		return -errno;
	if (info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	    info.value_size == sizeof(struct counters))
		return read_counters(map, &ret->counters);
	if (strstr(info.name, ".rodata"))
		return read_knobs(map, &info, &ret->knobs);
	return 0;
}

/* -EPERM: it exists and is not a mangler of ours. */
static int read_prog(uint32_t prog_id, struct attached *ret)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info = { 0 };
	__u32 maps[16], len = sizeof(info);
	int rc;

	info.map_ids = (uintptr_t)maps;
	info.nr_map_ids = ARRAY_SIZE(maps);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (strncmp(info.name, BPF_NAME_PREFIX, strlen(BPF_NAME_PREFIX)))
		return -EPERM;
	ret->kind = mangle_kind_find(info.name + strlen(BPF_NAME_PREFIX));
	for (uint32_t i = 0; i < info.nr_map_ids && i < ARRAY_SIZE(maps); i++) {
		rc = read_map(maps[i], ret);
		if (rc)
			return rc;
	}
	return ret->kind && ret->knobs.magic == KNOBS_MAGIC ? 0 : -EPERM;
}

static int report(const struct attached *a, enum mangle_hook hook,
		  struct mangle_report *ret, struct err *err)
{
	const struct knobs *k = &a->knobs;
	char text[STAGE_SPEC_MAX], ratio[32], seed[32];
	struct mangle_spec spec;
	int rc;

	snprintf(ratio, sizeof(ratio), " --ratio %u", k->ratio);
	snprintf(seed, sizeof(seed), " --seed %llu", (unsigned long long)k->seed);
	snprintf(text, sizeof(text), "%s%s%s%s%s", a->kind->name,
		 k->flags & KNOBS_CLEAR ? " --clear" : ratio,
		 k->flags & KNOBS_CLEAR_OTHERS ? " --clear-others" : "",
		 k->seed && !(k->flags & KNOBS_CLEAR) ? seed : "",
		 k->flags & KNOBS_UNITS_SKB ? " --units skb" : "");
	rc = mangle_spec_parse_text(text, &spec, err);
	if (rc)
		return rc;
	spec.place = hook == MANGLE_XDP ? PLACE_TAP_XDP : PLACE_NODE_EGRESS;
	*ret = (struct mangle_report){
		.spec = spec,
		.counters = a->counters,
		.mode = a->mode,
		.prog_id = a->prog_id,
	};
	return 0;
}

/* ---- finding what is attached ---- */

static struct tc_place tc_place(const char *dev, int ifindex)
{
	return (struct tc_place){ dev, ifindex, true, TC_PRIORITY_MANGLE };
}

static int xdp_find(const char *dev, int ifindex, struct attached *ret,
		    struct err *err)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int rc;

	bpf_catch_log();
	rc = bpf_xdp_query(ifindex, 0, &opts);
	if (rc)
		return bpf_failed(err, rc, "cannot look at XDP of %s", dev);
	if (opts.attach_mode == XDP_ATTACHED_NONE)
		return -ENOENT;
	ret->prog_id = opts.drv_prog_id ?: opts.skb_prog_id ?: opts.prog_id;
	ret->mode = opts.drv_prog_id ? MANGLE_MODE_NATIVE : MANGLE_MODE_GENERIC;
	return 0;
}

static int find_prog(const char *dev, int ifindex, enum mangle_hook hook,
		     struct attached *ret, struct err *err)
{
	struct tc_place place = tc_place(dev, ifindex);

	if (hook == MANGLE_XDP)
		return xdp_find(dev, ifindex, ret, err);
	ret->mode = MANGLE_MODE_TC;
	return tc_find(&place, &ret->prog_id, err);
}

static int find(const char *dev, int ifindex, enum mangle_hook hook,
		struct attached *ret, struct err *err)
{
	char name[16];
	int rc;

	*ret = (struct attached){ 0 };
	rc = find_prog(dev, ifindex, hook, ret, err);
	if (rc == -ENOENT)
		return err_set(err, STATUS_BENCH, rc, "no mangler at %s of %s",
			       mangle_hook_name(hook), dev);
	if (rc)
		return rc;
	rc = read_prog(ret->prog_id, ret);
	if (!rc)
		return 0;
	bpf_prog_name(ret->prog_id, name);
	if (rc == -EPERM)
		return err_set(err, STATUS_BENCH, EBUSY,
			       "%s of %s has a program that is not a mangler of ovslab ('%s', id %u)",
			       mangle_hook_name(hook), dev, name, ret->prog_id);
	return bpf_failed(err, rc, "cannot read program %u of %s", ret->prog_id, dev);
}

int mangle_query(const char *dev, enum mangle_hook hook,
		 struct mangle_report *ret, struct err *err)
{
	int ifindex = bpf_ifindex(dev, err);
	struct attached a;
	int rc;

	if (ifindex < 0)
		return ifindex;
	rc = find(dev, ifindex, hook, &a, err);
	return rc ?: report(&a, hook, ret, err);
}

/* ---- attaching ---- */

static struct knobs spec_knobs(const struct mangle_spec *spec)
{
	const struct stage *s = &spec->stage;

	return (struct knobs){
		.magic = KNOBS_MAGIC,
		.ratio = s->trigger.ratio ?: 1,
		.seed = s->trigger.seed,
		.flags = (s->flags & STAGE_CLEAR_ALL ? KNOBS_CLEAR : 0) |
			 (s->flags & STAGE_CLEAR_OTHERS ? KNOBS_CLEAR_OTHERS : 0) |
			 (spec->units == MANGLE_UNITS_SKB ? KNOBS_UNITS_SKB : 0),
	};
}

/* What psh.bpf.c and ttl.bpf.c can do. */
static int check_known(const struct mangle_spec *spec, struct err *err)
{
	static const uint64_t known = MANGLE_BIT(RATIO) | MANGLE_BIT(SEED) | MANGLE_BIT(UNITS) |
				      MANGLE_BIT(CLEAR) | MANGLE_BIT(CLEAR_OTHERS) |
				      MANGLE_BIT(RANDOM);

	if (!(spec->given & ~known))
		return mangle_spec_check(spec, err);
	return err_set(err, STATUS_BENCH, ENOSYS, "no program is built in for '%s'",
		       spec->stage.spec);
}

static const struct image *image_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		if (!strcmp(images[i].kind, kind))
			return &images[i];
	return NULL;
}

static int set_knobs(struct bpf_object *obj, const struct knobs *knobs)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (bpf_map__is_internal(map) &&
		    strstr(bpf_map__name(map), ".rodata"))
			return bpf_map__set_initial_value(map, knobs, sizeof(*knobs));
	return -ENOENT;
}

static void cleanup_object(struct bpf_object **obj)
{
	bpf_object__close(*obj);
}

#define _cleanup_object_ __attribute__((cleanup(cleanup_object)))

static int load(const struct mangle_kind *kind, const struct knobs *knobs,
		struct bpf_object **ret, struct err *err)
{
	const struct image *image = image_find(kind->name);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = kind->name);
	_cleanup_object_ struct bpf_object *obj = NULL;
	const void *bytes;
	size_t size;
	int rc;

	if (!image)
		return err_set(err, STATUS_BENCH, ENOSYS,
			       "no program is built in for %s", kind->name);
	bytes = image->bytes(&size);
	bpf_catch_log();
	obj = bpf_object__open_mem(bytes, size, &opts);
	if (!obj)
		return bpf_failed(err, errno, "cannot open the %s mangler", kind->name);
	rc = set_knobs(obj, knobs);
	if (rc)
		return bpf_failed(err, rc, "the %s mangler has no knobs", kind->name);
	rc = bpf_load(obj, kind->name, err);
	if (!rc)
		*ret = take_ptr(obj);
	return rc;
}

static int object_fd(struct bpf_object *obj)
{
	return bpf_program__fd(bpf_object__next_program(obj, NULL));
}

static int load_tc(const struct tc_place *place, const struct mangle_spec *spec,
		   const struct knobs *knobs, struct err *err)
{
	_cleanup_object_ struct bpf_object *obj = NULL;
	int rc = load(spec->kind, knobs, &obj, err);

	return rc ?: tc_attach(place, object_fd(obj), err);
}

static int attach_tc(const char *dev, int ifindex, const struct mangle_spec *spec,
		     const struct attached *old, struct err *err)
{
	struct tc_place place = tc_place(dev, ifindex);
	struct knobs knobs = spec_knobs(spec);
	bool made;
	int rc;

	rc = tc_clsact(&place, &made, err);
	if (rc)
		return rc;
	if (made || (old->knobs.flags & KNOBS_MADE_CLSACT))
		knobs.flags |= KNOBS_MADE_CLSACT;
	rc = load_tc(&place, spec, &knobs, err);
	if (rc && made)
		tc_clsact_drop(&place);
	return rc;
}

/* The modes exclude each other, so a replacement keeps the mode. */
static int replace_xdp(int ifindex, int fd, const struct attached *old)
{
	_cleanup_close_ int old_fd = bpf_prog_get_fd_by_id(old->prog_id);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);

	if (old_fd < 0)
		return -errno;
	return bpf_xdp_attach(ifindex, fd, XDP_FLAGS_REPLACE |
			      (old->mode == MANGLE_MODE_NATIVE ?
			       XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE), &opts);
}

static int new_xdp(int ifindex, int fd)
{
	int rc = bpf_xdp_attach(ifindex, fd, XDP_FLAGS_UPDATE_IF_NOEXIST |
				XDP_FLAGS_DRV_MODE, NULL);

	if (rc && rc != -EEXIST && rc != -EBUSY && rc != -EPERM)
		rc = bpf_xdp_attach(ifindex, fd, XDP_FLAGS_UPDATE_IF_NOEXIST |
				    XDP_FLAGS_SKB_MODE, NULL);
	return rc;
}

static int attach_xdp(const char *dev, int ifindex, const struct mangle_spec *spec,
		      const struct attached *old, struct err *err)
{
	_cleanup_object_ struct bpf_object *obj = NULL;
	struct knobs knobs = spec_knobs(spec);
	int rc = load(spec->kind, &knobs, &obj, err);

	if (rc)
		return rc;
	bpf_catch_log();
	rc = old->prog_id ? replace_xdp(ifindex, object_fd(obj), old) :
			    new_xdp(ifindex, object_fd(obj));
	if (rc)
		return bpf_failed(err, rc, "cannot attach to XDP of %s", dev);
	return 0;
}

int mangle_attach(const char *dev, const struct mangle_spec *spec,
		  struct mangle_report *ret, struct err *err)
{
	struct attached old = { 0 };
	struct mangle_report unused;
	enum mangle_hook hook = mangle_place_hook(spec->place);
	int ifindex, rc;

	rc = check_known(spec, err);
	if (rc)
		return rc;
	ifindex = bpf_ifindex(dev, err);
	if (ifindex < 0)
		return ifindex;
	rc = find(dev, ifindex, hook, &old, err);
	if (rc && rc != -ENOENT)
		return rc;
	err_reset(err);
	rc = hook == MANGLE_XDP ? attach_xdp(dev, ifindex, spec, &old, err) :
					attach_tc(dev, ifindex, spec, &old, err);
	return rc ?: mangle_query(dev, hook, ret ?: &unused, err);
}

/* ---- detaching ---- */

static int detach_xdp(const char *dev, int ifindex, const struct attached *a,
		      struct err *err)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(a->prog_id);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = fd);
	int rc;

	if (fd < 0)
		return bpf_failed(err, errno, "cannot detach from XDP of %s", dev);
	rc = bpf_xdp_detach(ifindex, XDP_FLAGS_REPLACE |
			    (a->mode == MANGLE_MODE_NATIVE ?
			     XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE), &opts);
	if (rc)
		return bpf_failed(err, rc, "cannot detach from XDP of %s", dev);
	return 0;
}

static int detach_tc(const char *dev, int ifindex, const struct attached *a,
		     struct err *err)
{
	struct tc_place place = tc_place(dev, ifindex);
	int rc = tc_detach(&place, err);

	if (!rc && (a->knobs.flags & KNOBS_MADE_CLSACT))
		tc_clsact_drop(&place);
	return rc;
}

int mangle_detach(const char *dev, enum mangle_hook hook, struct err *err)
{
	int ifindex = bpf_ifindex(dev, err);
	struct attached a;
	int rc;

	if (ifindex < 0)
		return ifindex;
	rc = find(dev, ifindex, hook, &a, err);
	if (rc)
		return rc;
	return hook == MANGLE_XDP ? detach_xdp(dev, ifindex, &a, err) :
				    detach_tc(dev, ifindex, &a, err);
}
