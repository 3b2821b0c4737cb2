// SPDX-License-Identifier: GPL-2.0
/*
 * attribute.c - which packets moved inside the switch, and whether it was those
 *		 that were mangled, or those that went through vswitchd
 *
 * The judge (reorder_two.c) speaks of bytes that entered; the events of the ingress
 * tap say which packet these are, by its index of arrival, and attribute_marks.c which
 * of them are mangled, and which upcalled.
 */
#include "core/attribute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/attribute_marks.h"
#include "core/search.h"
#include "core/util.h"

const char *const attribute_by_names[] = {
	[ATTRIBUTE_PSH] = "psh",
	[ATTRIBUTE_LOG] = "log",
	NULL
};

/* The packets that have something in common. */
struct side {
	struct attribute_mark *marks;	/* [n], of all flows, by key; owned */
	size_t n;
	struct attribute_spans spans;	/* packets of the flow at work */
	uint64_t packets;		/* ... of them that left */
};

struct attribute {
	const struct attribute_options *opt;
	struct attribution *ret;
	const struct obs_flow *flow;	/* at work */
	uint64_t flows;			/* so far, with it */
	struct reorder_runs in, out;	/* of it, one run for each event */
	struct side mangled, upcalled;
	uint64_t first_ns;		/* of all flows */
	uint64_t moved, late;		/* packets of this flow */
	uint64_t delivered;
	bool open;			/* the last event may be gone on with */
	const struct reorder_stretch *stretch;
	uint64_t next;			/* packet of it */
	size_t room;
	int rc;
};

/* ---- bytes, packets, runs ------------------------------------------------ */

/* The run that has byte @at of all that passed the tap. */
static size_t run_at(const struct reorder_runs *s, uint64_t at)
{
	return SEARCH_LAST(s->run, s->n, at, at);
}

/* The event of packet @index, or the last one before it. */
static size_t event_at(const struct obs_point *p, uint64_t index)
{
	return SEARCH_LAST(p->events, p->n_events, index, index);
}

static uint64_t packet_at(const struct attribute *a, uint64_t at)
{
	return attribute_packet_at(&a->flow->in, &a->in, at);
}

/* The byte with which packet @index begins. */
static uint64_t start_of(const struct attribute *a, uint64_t index)
{
	size_t i = event_at(&a->flow->in, index);
	const struct reorder_run *r = &a->in.run[i];
	uint64_t off = (index - a->flow->in.events[i].index) * r->len;

	return r->at + (off < r->end - r->start ? off : r->end - r->start);
}

static bool has_psh(const struct attribute *a, uint64_t index)
{
	const struct obs_event *e = &a->flow->in.events[event_at(&a->flow->in, index)];

	return e->index == index && (e->flags & OBS_PSH);
}

/* ---- the list ------------------------------------------------------------ */

static bool goes_on(const struct attribute *a, const struct reorder_stretch *s, uint64_t k,
		    const struct attribute_event *e)
{
	const struct attribute_event *last = a->open ? &a->ret->list[a->ret->n_list - 1] : NULL;

	return last && a->stretch == s && a->next == k && last->late == e->late &&
	       last->moved == e->moved && last->psh == e->psh && last->mangled == e->mangled &&
	       last->upcalled == e->upcalled;
}

static void go_on(struct attribute_event *last, const struct attribute_event *e)
{
	last->end = e->end;
	last->packets++;
	last->extent = e->extent > last->extent ? e->extent : last->extent;
	last->late_ns = e->late_ns > last->late_ns ? e->late_ns : last->late_ns;
}

static bool make_room(struct attribute *a)
{
	size_t room = a->room ? 2 * a->room : 64;
	struct attribute_event *more;

	if (a->ret->n_list < a->room)
		return true;
	more = reallocarray(a->ret->list, room, sizeof(*more));
	if (!more) {
		a->rc = -ENOMEM;
		return false;
	}
	a->ret->list = more;
	a->room = room;
	return true;
}

static struct attribute_event event_of(const struct attribute *a, const struct reorder_stretch *s,
				       uint64_t index, const struct reorder_found *f)
{
	uint64_t from = start_of(a, index), to = start_of(a, index + 1);
	uint64_t upto = s->in_at + (s->end - s->start), left;

	from = from > s->in_at ? from : s->in_at;
	to = to < upto ? to : upto;
	left = a->out.run[run_at(&a->out, s->out_at + (from - s->in_at))].time_ns;
	return (struct attribute_event){
		.flow = a->flows - 1, .start = s->start + (from - s->in_at),
		.end = s->start + (to - s->in_at), .packets = 1,
		.time_ns = left > a->first_ns ? left - a->first_ns : 0,
		.extent = f->extent, .late_ns = f->late_ns, .displacement = f->displacement,
		.late = f->reordered, .moved = f->moved, .psh = has_psh(a, index),
		.mangled = attribute_count(&a->mangled.spans, index, 1),
		.upcalled = attribute_count(&a->upcalled.spans, index, 1),
	};
}

static void keep_event(struct attribute *a, const struct reorder_stretch *s, uint64_t k,
		       const struct attribute_event *e)
{
	if (goes_on(a, s, k, e)) {
		go_on(&a->ret->list[a->ret->n_list - 1], e);
	} else if (a->ret->n_list == ATTRIBUTE_LIST_MAX) {
		a->ret->omitted++;
		a->open = false;
	} else if (make_room(a)) {
		a->ret->list[a->ret->n_list++] = *e;
		a->open = true;
	}
	a->stretch = s;
	a->next = k + 1;
}

/* ---- what the judge tells ------------------------------------------------ */

static int by_key(const void *a, const void *b)
{
	const struct attribute_mark *x = a, *y = b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static int by_key_and_offset(const void *a, const void *b)
{
	const struct attribute_mark *x = a, *y = b;
	int rc = by_key(x, y);

	if (rc == 0 && x->offset != y->offset)
		rc = x->offset < y->offset ? -1 : 1;
	return rc ?: x->order < y->order ? -1 : x->order > y->order;
}

/* The marks of the flow at work: all with its key. */
static int know_marks(const struct attribute *a, struct side *s)
{
	struct attribute_mark like = { .key = a->flow->key };
	const struct attribute_mark *from, *to, *end = s->marks + s->n;

	from = s->n ? bsearch(&like, s->marks, s->n, sizeof(like), by_key) : NULL;
	if (!from)
		return 0;
	for (to = from; to < end && by_key(to, &like) == 0; to++)
		;
	while (from > s->marks && by_key(from - 1, &like) == 0)
		from--;
	return attribute_logged(&a->flow->in, &a->in, from, (size_t)(to - from), &s->spans);
}

static int know_sides(struct attribute *a)
{
	int rc = a->opt->logged ? know_marks(a, &a->mangled) :
				  attribute_psh(&a->flow->in, &a->mangled.spans);

	return rc ?: know_marks(a, &a->upcalled);
}

/* The runs of the flow at work, or none: they are asked for when something left. */
static bool know_runs(struct attribute *a)
{
	uint64_t anchor = 1ull << 32;
	int rc = 0;

	if (a->in.run || a->rc)
		return !a->rc;
	anchor |= a->flow->in.n_events ? a->flow->in.events[0].seq : 0;
	rc = reorder_runs(&a->flow->in, anchor, false, &a->in) ?:
	     reorder_runs(&a->flow->out, anchor, false, &a->out) ?:
	     know_sides(a);
	if (rc == -ENOMEM)
		a->rc = rc;
	return !rc;
}

static void on_note(void *arg, enum reorder_note what, const struct reorder_stretch *s)
{
	struct attribute *a = arg;
	uint64_t first;

	if (what != REORDER_LEFT || !know_runs(a))
		return;
	first = packet_at(a, s->in_at);
	a->delivered += s->packets;
	a->mangled.packets += attribute_count(&a->mangled.spans, first, s->packets);
	a->upcalled.packets += attribute_count(&a->upcalled.spans, first, s->packets);
}

/* One more packet that showed the effect, or none that did. */
static void count(struct fisher_table *t, bool has, bool effect)
{
	t->with += has && effect;
	t->without += !has && effect;
}

static void on_found(void *arg, const struct reorder_stretch *s, uint64_t k,
		     const struct reorder_found *f)
{
	struct attribute *a = arg;
	struct attribute_event e;

	if (!know_runs(a))
		return;
	e = event_of(a, s, packet_at(a, s->in_at) + k, f);
	a->moved += e.moved;
	a->late += e.late;
	count(&a->ret->packets, e.mangled, e.moved);
	count(&a->ret->upcalls.moved, e.upcalled, e.moved);
	count(&a->ret->upcalls.late, e.upcalled, e.late);
	if (a->opt->list)
		keep_event(a, s, k, &e);
}

/* ---- flows --------------------------------------------------------------- */

static void count_flow(struct fisher_table *t, uint64_t has, uint64_t effect)
{
	++*(has ? effect ? &t->with : &t->with_not : effect ? &t->without : &t->without_not);
}

/* All packets that left: finish() takes those off that showed the effect. */
static void count_packets(const struct attribute *a, const struct side *s, struct fisher_table *t)
{
	t->with_not += s->packets;
	t->without_not += a->delivered - s->packets;
}

static void close_side(struct side *s)
{
	free(s->spans.v);
	s->spans = (struct attribute_spans){ 0 };
	s->packets = 0;
}

static void close_flow(struct attribute *a)
{
	struct attribution *who = a->ret;

	if (a->delivered) {
		count_flow(&who->flows, a->mangled.packets, a->moved);
		count_flow(&who->upcalls.flows, a->upcalled.packets, a->late);
	}
	count_packets(a, &a->mangled, &who->packets);
	count_packets(a, &a->upcalled, &who->upcalls.moved);
	count_packets(a, &a->upcalled, &who->upcalls.late);
	close_side(&a->mangled);
	close_side(&a->upcalled);
	free(a->in.run);
	free(a->out.run);
	a->in = a->out = (struct reorder_runs){ 0 };
	a->moved = a->late = a->delivered = 0;
	a->open = false;
}

static bool on_flow(const struct obs_flow *flow, void *arg)
{
	struct attribute *a = arg;
	bool keep = !a->opt->keep || a->opt->keep(flow, a->opt->arg);

	close_flow(a);
	a->flow = flow;
	a->flows += keep;
	return keep;
}

static uint64_t first_ns(const struct observation *obs)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < obs->n_flows; i++)
		if (obs->flows[i].in.packets && obs->flows[i].in.first_ns < first)
			first = obs->flows[i].in.first_ns;
	return first;
}

/* The second column was counted with the first one in it. */
static void settle(struct fisher_table *t)
{
	t->with_not -= t->with < t->with_not ? t->with : t->with_not;
	t->without_not -= t->without < t->without_not ? t->without : t->without_not;
}

static void finish(const struct attribute *a, bool each_psh)
{
	struct attribution *who = a->ret;

	settle(&who->packets);
	settle(&who->upcalls.late);
	settle(&who->upcalls.moved);
	who->by = a->opt->logged ? ATTRIBUTE_LOG : ATTRIBUTE_PSH;
	who->known = a->opt->logged || each_psh;
	if (!who->known)
		who->packets = who->flows = (struct fisher_table){ 0 };
	who->upcalls.known = a->opt->upcalls_known;
	if (!who->upcalls.known)
		who->upcalls = (struct attribute_upcalls){ 0 };
}

static int sort_marks(const struct attribute_mark *marks, size_t n, struct side *ret)
{
	if (!n)
		return 0;
	ret->marks = calloc(n, sizeof(*marks));
	if (!ret->marks)
		return -ENOMEM;
	memcpy(ret->marks, marks, n * sizeof(*marks));
	for (size_t i = 0; i < n; i++)
		ret->marks[i].order = i;
	qsort(ret->marks, n, sizeof(*marks), by_key_and_offset);
	ret->n = n;
	return 0;
}

static int sort_sides(struct attribute *a)
{
	const struct attribute_options *opt = a->opt;
	int rc = opt->logged ? sort_marks(opt->marks, opt->n_marks, &a->mangled) : 0;

	if (rc == 0 && opt->upcalls_known)
		rc = sort_marks(opt->upcalls, opt->n_upcalls, &a->upcalled);
	return rc;
}

int attribute_two_point(const struct observation *obs, const struct attribute_options *opt,
			struct reorder_result *ret, struct attribution *ret_who)
{
	struct attribution who = { 0 };
	struct attribute a = { .opt = opt, .ret = &who, .first_ns = first_ns(obs) };
	struct reorder_options judge = {
		.keep = on_flow, .arg = &a,
		.hooks = { .note = on_note, .found = on_found, .arg = &a },
	};
	struct reorder_result result = { 0 };
	int rc = sort_sides(&a) ?: reorder_two_point(obs, &judge, &result);

	close_flow(&a);
	free(a.mangled.marks);
	free(a.upcalled.marks);
	if (!rc && a.rc) {
		reorder_result_free(&result);
		rc = a.rc;
	}
	if (rc) {
		attribution_free(&who);
		return rc;
	}
	finish(&a, obs->each_psh);
	*ret = result;
	*ret_who = who;
	return 0;
}

void attribution_free(struct attribution *a)
{
	free(a->list);
	*a = (struct attribution){ 0 };
}
