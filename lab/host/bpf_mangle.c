// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_mangle.c - attach manglers, find them again, remove them, read their log
 *
 * Linked into the host's command and into the guest's static helper.
 */
#include "host/bpf_mangle.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "core/util.h"
#include "host/bpf_engine.h"
#include "host/bpf_hook.h"
#include "host/bpf_load.h"
#include "host/bpf_tc.h"
#include "host/wait.h"

/* A place and what is there. */
struct site {
	struct bpf_hook at;
	enum mangle_place place;
	struct hooked there;
	struct engine old;		/* the program of it; prog_id 0: nothing */
};

static void site_close(struct site *s)
{
	engine_close(&s->old);
}

#define _cleanup_site_ __attribute__((cleanup(site_close)))

/* ---- finding what is attached --------------------------------------------------- */

static int foreign(const struct site *s, uint32_t id, const char *name, struct err *err)
{
	err_set(err, STATUS_BENCH, EBUSY,
		"%s of %s has a program that is not a mangler of ovslab ('%s', id %u)",
		mangle_hook_name(s->at.hook), s->at.dev, name, id);
	if (s->at.hook == MANGLE_XDP)
		err_hint(err, "XDP has room for one program: if 'ovslab inject show' has it, "
			 "'ovslab inject clear bpf' removes it");
	return -EBUSY;
}

static int not_ours(const struct site *s, int rc, struct err *err)
{
	uint32_t id = s->there.prog_id;
	char name[16];

	bpf_prog_name(id, name);
	if (rc == -EPERM)
		return foreign(s, id, name, err);
	if (rc == -EPROTO)
		return err_set(err, STATUS_BENCH, EBUSY,
			       "%s of %s has manglers of another version of ovslab ('%s', id %u)",
			       mangle_hook_name(s->at.hook), s->at.dev, name, id);
	return bpf_failed(err, rc, "cannot read program %u of %s", id, s->at.dev);
}

static int site_open(struct site *s, const char *dev, enum mangle_place place, struct err *err)
{
	int rc;

	*s = (struct site){
		.at = { dev, bpf_ifindex(dev, err), mangle_place_hook(place), TC_PRIORITY_MANGLE },
		.place = place, .old = ENGINE_NONE,
	};
	if (s->at.ifindex < 0)
		return s->at.ifindex;
	rc = hook_look(&s->at, &s->there, err);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = engine_read(s->there.prog_id, &s->old);
	return rc ? not_ours(s, rc, err) : 0;
}

/* The kind of one that is attached; NULL if this version knows none such. */
static const struct mangle_kind *kind_of(const struct stage *stage)
{
	size_t len = strcspn(stage->spec, " ");
	char name[32];

	if (len >= sizeof(name))
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)len, stage->spec);
	return mangle_kind_find(name);
}

/* ---- reports ---------------------------------------------------------------------- */

static int report(const struct site *s, uint32_t i, struct mangle_report *ret, struct err *err)
{
	const struct stage *stage = &s->old.stages.stage[i];
	struct mangle_report r = { .mode = s->there.mode,
				   .prog_id = s->old.prog_id, .index = i };
	int rc = mangle_spec_parse_text(stage->spec, &r.spec, err);

	if (rc)
		return not_ours(s, -EPROTO, err);
	r.spec.place = s->place;
	r.spec.stage = *stage;
	if (s->old.map[ENGINE_LOG].entries > 1)
		r.log_head = engine_log_head(&s->old);
	rc = engine_counters(&s->old, i, &r.counters);
	if (rc)
		return bpf_failed(err, rc, "cannot read the counters of %s", s->at.dev);
	r.saturated = r.counters.forgotten;
	*ret = r;
	return 0;
}

int mangle_query(const char *dev, enum mangle_place place, struct mangle_report *ret,
		 unsigned int *ret_n, struct err *err)
{
	_cleanup_site_ struct site s;
	int rc = site_open(&s, dev, place, err);

	for (uint32_t i = 0; rc == 0 && i < s.old.stages.n; i++)
		rc = report(&s, i, &ret[i], err);
	if (rc == 0)
		*ret_n = s.old.stages.n;
	return rc;
}

/* ---- what comes next ---------------------------------------------------------------- */

static struct stage stage_of(const struct mangle_spec *spec)
{
	struct stage stage = spec->stage;

	stage.trigger.until_ns = spec->duration_s ? now_ns() + spec->duration_s * 1000000000ull : 0;
	return stage;
}

static void plan_begin(const struct site *s, struct engine_plan *plan)
{
	*plan = (struct engine_plan){ .stages = s->old.stages };
	plan->stages.magic = STAGE_MAGIC;
	plan->stages.device = (uint32_t)s->at.ifindex;
	if (s->at.hook == MANGLE_TC_INGRESS)
		plan->stages.flags |= STAGES_INGRESS;
	for (int i = 0; i < STAGES; i++)
		plan->from[i] = i < (int)plan->stages.n ? i : -1;
}

/* Return: its index, or -ENOSPC. */
static int plan_add(const struct site *s, const struct mangle_spec *spec, struct engine_plan *plan,
		    struct err *err)
{
	uint32_t i = 0;

	while (i < plan->stages.n && kind_of(&plan->stages.stage[i]) != spec->kind)
		i++;
	if (i == STAGES) {
		err_set(err, STATUS_USAGE, ENOSPC, "%s of %s has %d manglers, there is room for no more",
			mangle_hook_name(s->at.hook), s->at.dev, STAGES);
		err_hint(err, "'ovslab inject clear KIND' makes room");
		return -ENOSPC;
	}
	plan->stages.stage[i] = stage_of(spec);
	plan->from[i] = -1;
	if (i == plan->stages.n)
		plan->stages.n++;
	return (int)i;
}

/* Return: how many went. */
static uint32_t plan_remove(const struct mangle_kind *kind, struct engine_plan *plan)
{
	uint32_t n = plan->stages.n, kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!kind || kind_of(&plan->stages.stage[i]) == kind)
			continue;
		plan->stages.stage[kept] = plan->stages.stage[i];
		plan->from[kept++] = (int)i;
	}
	for (uint32_t i = kept; i < STAGES; i++) {
		plan->stages.stage[i] = (struct stage){ 0 };
		plan->from[i] = -1;
	}
	plan->stages.n = kept;
	return n - kept;
}

/* ---- attaching ------------------------------------------------------------------------ */

static void cleanup_object(struct bpf_object **obj)
{
	bpf_object__close(*obj);
}

#define _cleanup_object_ __attribute__((cleanup(cleanup_object)))

static int put(const struct site *s, const struct engine_plan *plan, bool native_only, struct err *err)
{
	_cleanup_object_ struct bpf_object *obj = NULL;
	int rc = engine_load(plan, s->at.hook == MANGLE_XDP, &s->old, &obj, err);

	return rc ?: hook_put(&s->at, engine_fd(obj), &s->there, native_only, err);
}

static int sums_missing(const struct site *s, const struct mangle_spec *spec, struct err *err)
{
	err_set(err, STATUS_BENCH, EOPNOTSUPP,
		"%s at XDP of %s: in generic mode packets come without their checksums, which it "
		"would have to edit", spec->kind->name, s->at.dev);
	err_hint(err, "use tc (NODE:ingress, NODE:egress), or a lab of 'ovslab up --offloads off'");
	return -EOPNOTSUPP;
}

int mangle_attach(const char *dev, const struct mangle_spec *spec, bool partial,
		  struct mangle_report *ret, struct err *err)
{
	bool native_only = partial && (spec->place & PLACES_XDP) &&
			   mangle_kind_wants_sums(spec->kind, spec->place);
	_cleanup_site_ struct site s = { .old = ENGINE_NONE }, now = { .old = ENGINE_NONE };
	struct engine_plan plan;
	struct mangle_report unused;
	int rc = mangle_spec_check(spec, err) ?: site_open(&s, dev, spec->place, err), at;

	if (rc)
		return rc;
	if (native_only && s.there.mode == MANGLE_MODE_GENERIC)
		return sums_missing(&s, spec, err);
	plan_begin(&s, &plan);
	at = plan_add(&s, spec, &plan, err);
	if (at < 0)
		return at;
	rc = put(&s, &plan, native_only, err);
	if (rc)
		return rc == -EOPNOTSUPP && native_only ? sums_missing(&s, spec, err) : rc;
	rc = site_open(&now, dev, spec->place, err);
	return rc ?: report(&now, (uint32_t)at, ret ? ret : &unused, err);
}

/* ---- detaching -------------------------------------------------------------------------- */

int mangle_detach(const char *dev, enum mangle_place place, const struct mangle_kind *kind,
		  struct err *err)
{
	_cleanup_site_ struct site s;
	struct engine_plan plan;
	int rc = site_open(&s, dev, place, err);

	if (rc)
		return rc;
	plan_begin(&s, &plan);
	if (!plan_remove(kind, &plan))
		return err_set(err, STATUS_BENCH, ENOENT, "no mangler%s%s at %s of %s", kind ? " " : "",
			       kind ? kind->name : "", mangle_hook_name(s.at.hook), dev);
	return plan.stages.n ? put(&s, &plan, false, err) : hook_take(&s.at, &s.there, err);
}

/* ---- the log ------------------------------------------------------------------------------ */

int mangle_log_open(const char *dev, enum mangle_place place, struct mangle_log *ret,
		    struct err *err)
{
	_cleanup_site_ struct site s;
	int rc = site_open(&s, dev, place, err);

	if (rc)
		return rc;
	if (!s.old.prog_id || s.old.map[ENGINE_LOG].entries <= 1)
		return err_set(err, STATUS_BENCH, ENOENT, "nothing logs at %s of %s",
			       mangle_hook_name(s.at.hook), dev);
	*ret = (struct mangle_log){ engine_log_map(&s.old), s.old.map[ENGINE_LOG].entries,
				    s.old.map[ENGINE_LOG].id };
	if (!ret->events)
		return bpf_failed(err, errno, "cannot map the log of %s", dev);
	return 0;
}

void mangle_log_close(struct mangle_log *log)
{
	engine_log_unmap(log->events, log->slots);
	*log = (struct mangle_log){ 0 };
}
