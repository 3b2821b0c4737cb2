// SPDX-License-Identifier: GPL-2.0
/*
 * ranks.c - a bare list of ranks, for checking the metrics against the RFCs by hand
 */
#include "core/ranks.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

#define SEPARATORS " \t\n\r,"
#define RANK_MAX (UINT64_C(1) << 62)
#define MS_MAX 1e12			/* 30 years */
#define SHOWN 24			/* of a word, in a message about it */

struct list {
	struct reorder_arrival *a;	/* tag: place from 0 */
	size_t n, room;
};

struct judge {
	const struct list *list;
	const struct analysis_sink *sink;
	struct analysis *sum;
	struct analysis_flow flow;
};

/* ---- reading ------------------------------------------------------------------ */

static bool read_whole(const char **p, uint64_t max, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	*ret = strtoull(*p, &end, 10);
	*p = end;
	return errno == 0 && *ret <= max;
}

static bool read_ms(const char **p, uint64_t *ret_ns)
{
	char *end;
	double ms;

	if (!isdigit((unsigned char)**p))
		return false;
	ms = strtod(*p, &end);
	*p = end;
	*ret_ns = ms <= MS_MAX ? (uint64_t)(ms * 1e6 + 0.5) : 0;
	return ms <= MS_MAX;
}

/* One word: RANK[@MS[:BYTES]] */
static bool read_word(const char **p, struct reorder_arrival *ret)
{
	bool good = read_whole(p, RANK_MAX, &ret->start);

	if (good && **p == '@') {
		(*p)++;
		good = read_ms(p, &ret->time_ns);
	}
	if (good && **p == ':') {
		(*p)++;
		good = read_whole(p, UINT32_MAX, &ret->bytes);
	}
	ret->end = ret->start + 1;
	ret->packets = 1;
	return good && (!**p || strchr(SEPARATORS, **p));
}

static int add(struct list *l, const struct reorder_arrival *a)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct reorder_arrival *more = reallocarray(l->a, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->a = more;
		l->room = room;
	}
	l->a[l->n] = *a;
	l->a[l->n].tag = l->n;
	l->n++;
	return 0;
}

static int read_list(const char *text, struct list *l, struct err *err)
{
	const char *p = text + strspn(text, SEPARATORS);

	while (*p) {
		const char *word = p;
		struct reorder_arrival a = { 0 };
		int len = (int)strcspn(word, SEPARATORS);

		if (!read_word(&p, &a)) {
			err_set(err, STATUS_USAGE, EINVAL, "'%.*s' is no rank",
				len < SHOWN ? len : SHOWN, word);
			err_hint(err, "ranks are whole numbers: \"1 2 4 5 3\", with times \"1@68 2@88.5\" "
				 "(ms), and bytes \"1@68:100\"");
			return -EINVAL;
		}
		if (l->n && a.time_ns < l->a[l->n - 1].time_ns)
			return err_set(err, STATUS_USAGE, ERANGE, "at '%.*s' time goes back",
				       len < SHOWN ? len : SHOWN, word);
		if (l->n == RANKS_MAX)
			return err_set(err, STATUS_USAGE, E2BIG, "more than %u ranks", RANKS_MAX);
		if (add(l, &a) < 0)
			return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
		p += strspn(p, SEPARATORS);
	}
	return l->n ? 0 : err_set(err, STATUS_USAGE, EINVAL, "no ranks are given");
}

/* ---- judging -------------------------------------------------------------------- */

static void send_event(struct judge *j, const struct analysis_event *event)
{
	if (j->sink->event)
		j->sink->event(j->sink->arg, event);
}

static struct analysis_event event_at(const struct judge *j, uint64_t place, enum analysis_class what)
{
	const struct reorder_arrival *a = &j->list->a[place];

	return (struct analysis_event){
		.frame = place + 1, .time_ns = a->time_ns, .flow = 1, .start = a->start,
		.end = a->end, .what = (uint8_t)what, .evidence = ANALYSIS_BY_RANK,
	};
}

static void on_found(void *arg, const struct reorder_found *found)
{
	struct judge *j = arg;
	struct analysis_event event = event_at(j, found->tag, found->reordered ? ANALYSIS_REORDERED :
					       ANALYSIS_EARLY);

	event.extent = found->extent;
	event.displacement = found->displacement;
	event.late_ns = found->late_ns;
	event.moved = found->moved;
	send_event(j, &event);
}

static int push(struct judge *j, struct reorder_state *state, const struct reorder_limits *limits,
		const struct reorder_sink *sink, const struct reorder_arrival *a)
{
	int rc = reorder_push(state, a, limits, sink);

	if (rc == REORDER_DUPLICATE) {
		struct analysis_event event = event_at(j, a->tag, ANALYSIS_DUPLICATED);

		send_event(j, &event);
	} else if (rc >= 0) {
		j->flow.bytes += a->bytes;
	}
	return rc < 0 ? rc : 0;
}

static int judge_list(struct judge *j, const struct reorder_limits *limits)
{
	const struct reorder_sink sink = { &j->sum->m, on_found, j };
	const struct list *l = j->list;
	uint64_t lowest = UINT64_MAX, highest = 0;
	struct reorder_state state = { 0 };
	int rc = 0, flushed;

	for (size_t i = 0; i < l->n; i++) {
		lowest = l->a[i].start < lowest ? l->a[i].start : lowest;
		highest = l->a[i].start > highest ? l->a[i].start : highest;
	}
	reorder_init(&state, lowest);
	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = push(j, &state, limits, &sink, &l->a[i]);
	flushed = reorder_flush(&state, limits, &sink);
	j->sum->lost = highest - lowest + 1 - j->sum->m.packets;
	return rc ?: flushed;
}

static void sum_up(struct judge *j)
{
	struct analysis *sum = j->sum;
	struct analysis_flow *flow = &j->flow;

	sum->flows = 1;
	sum->flows_reordered = sum->m.reordered > 0;
	sum->duplicated = sum->m.duplicates;
	sum->evidence[ANALYSIS_BY_RANK] = sum->m.reordered;
	sum->exact = !sum->m.beyond;
	flow->id = 1;
	flow->packets = sum->m.packets;
	flow->reordered = sum->m.reordered;
	flow->movers = sum->m.movers;
	flow->duplicated = sum->duplicated;
	flow->lost = sum->lost;
	flow->extent_max = sum->m.extent.max;
	flow->first_ns = j->list->a[0].time_ns;
	flow->last_ns = j->list->a[j->list->n - 1].time_ns;
	flow->exact = sum->exact;
	if (j->sink->flow)
		j->sink->flow(j->sink->arg, flow);
}

int ranks_analyze(const char *text, const struct reorder_limits *limits,
		  const struct analysis_sink *sink, struct analysis *ret, struct err *err)
{
	struct list list = { 0 };
	struct judge judge = { .list = &list, .sink = sink, .sum = ret };
	int rc = read_list(text, &list, err);

	if (rc == 0) {
		memset(ret, 0, sizeof(*ret));
		ret->mode = ANALYSIS_RANKS;
		ret->m.threshold = limits->threshold;
		if (judge_list(&judge, limits) < 0)
			rc = err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	}
	if (rc == 0)
		sum_up(&judge);
	free(list.a);
	return rc;
}
