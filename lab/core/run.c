// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - a run: filling it, judging whether it is one, releasing it
 */
#include "core/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

const char *const run_status_names[] = {
	[RUN_OK] = "ok",
	[RUN_MANGLED_NOTHING] = "mangled-nothing",
	[RUN_NO_TRAFFIC] = "no-traffic",
	[RUN_INJECTIONS_CHANGED] = "injections-changed",
	[RUN_SWITCH_RESTARTED] = "switch-restarted",
	[RUN_TRAFFIC_FAILED] = "traffic-failed",
	NULL
};

int run_set(char **field, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

/* Room for one more of @size bytes at the end of an array of @n; NULL: no memory. */
static void *one_more(void *array, size_t n, size_t size)
{
	return reallocarray(array, n + 1, size);
}

int run_add_string(struct run_strings *s, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char **v = one_more(s->v, s->n, sizeof(*v));

	if (v)
		s->v = v;
	if (!v || !copy)
		return -ENOMEM;
	v[s->n++] = take_ptr(copy);
	return 0;
}

int run_add_note(struct run *run, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (rc < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return run_add_string(&run->notes, text);
}

int run_add_counter(struct run_counters *c, const char *name, int64_t delta)
{
	_cleanup_free_ char *copy = strdup(name);
	struct run_counter *v = one_more(c->v, c->n, sizeof(*v));

	if (v)
		c->v = v;
	if (!v || !copy)
		return -ENOMEM;
	v[c->n++] = (struct run_counter){ take_ptr(copy), delta };
	return 0;
}

int64_t run_counter(const struct run_counters *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name))
			return c->v[i].delta;
	return 0;
}

int run_add_interval(struct run *run, struct run_interval interval)
{
	struct run_interval *v = one_more(run->intervals, run->n_intervals, sizeof(*v));

	if (!v)
		return -ENOMEM;
	run->intervals = v;
	v[run->n_intervals++] = interval;
	return 0;
}

int run_add_injection(struct run *run, const char *kind, const char *place,
		      const char *spec, const struct mangle_counters *counters)
{
	struct run_injection *v = one_more(run->injections, run->n_injections, sizeof(*v));
	struct run_injection *i;

	if (!v)
		return -ENOMEM;
	run->injections = v;
	i = &v[run->n_injections++];
	*i = (struct run_injection){ .counters = *counters };
	return run_set(&i->kind, kind) ?: run_set(&i->place, place) ?:
	       run_set(&i->spec, spec);
}

static bool changed_nothing(const struct run_injection *i)
{
	return !i->counters.mangled && !i->counters.cleared;
}

/* What the switch lost entered it all the same. */
static bool no_traffic(const struct run *run)
{
	return !run->reorder.f.ingress_packets && !run->connect.attempts;
}

void run_judge(struct run *run)
{
	if (run->status != RUN_OK)
		return;
	if (no_traffic(run)) {
		run->status = RUN_NO_TRAFFIC;
		return;
	}
	for (size_t i = 0; i < run->n_injections; i++)
		if (changed_nothing(&run->injections[i]))
			run->status = RUN_MANGLED_NOTHING;
}

double run_psh_share(uint64_t psh, uint64_t packets)
{
	return packets ? (double)psh / (double)packets : 0;
}

void run_free_strings(struct run_strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
}

static void free_counters(struct run_counters *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].name);
	free(c->v);
}

static void free_setup(struct run_setup *s)
{
	free(s->kernel);
	free(s->kernel_build);
	free(s->dispatch);
	free(s->ovs_source);
	free(s->kernel_source);
	free(s->wire);
}

static void free_environment(struct run_environment *e)
{
	char *const owned[] = {
		e->version, e->lab, e->started_at, e->switch_kind, e->datapath,
		e->accel, e->ovs_version, e->ovs_package, e->host_kernel,
		e->guest_kernel, e->qemu_version, e->libvirt_version, e->offloads,
	};

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	free_setup(&e->setup);
	run_free_strings(&e->pinned);
	run_free_strings(&e->placed);
	run_free_strings(&e->cpus);
	run_free_strings(&e->prepared);
	run_free_strings(&e->flows);
	run_free_strings(&e->other_config);
	run_free_strings(&e->commands);
}

void run_free(struct run *run)
{
	if (!run)
		return;
	free_environment(&run->env);
	free(run->traffic.kind);
	free(run->traffic.stall);
	free(run->intervals);
	reorder_result_free(&run->reorder);
	attribution_free(&run->who);
	free(run->upcalls.why_not);
	for (size_t i = 0; i < run->n_injections; i++) {
		free(run->injections[i].kind);
		free(run->injections[i].place);
		free(run->injections[i].spec);
	}
	free(run->injections);
	free_counters(&run->tcp_sender);
	free_counters(&run->tcp_receiver);
	free_counters(&run->sw.coverage);
	run_free_strings(&run->also_injected);
	run_free_strings(&run->notes);
	*run = (struct run){ 0 };
}
