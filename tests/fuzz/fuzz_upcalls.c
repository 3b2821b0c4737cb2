// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_upcalls.c - any bytes as the document of noted upcalls
 *
 * It is refused with a reason, or it is one: what is written of it is read again, and is
 * the same. And an analysis takes its notes, whatever they are.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "fuzz.h"
#include "report/json.h"
#include "report/upcalls_json.h"

static void see_note(const struct attribute_mark *m)
{
	must(m->key.proto == IPPROTO_TCP || m->key.proto == IPPROTO_UDP);
	must(m->key.family == 4 || m->key.family == 6);
	must(m->command <= UPCALL_ACTION);
}

static void see_again(const struct upcall_notes *u)
{
	_cleanup_free_ char *text = NULL;
	struct upcall_notes back;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	must(f && upcalls_json_write(f, "lab", u) == 0 && fclose(f) == 0);
	must(upcalls_json_read(text, len, &back, NULL) == 0);
	must(back.n == u->n && back.known == u->known && back.total == u->total);
	must(!u->n || memcmp(back.v, u->v, u->n * sizeof(*u->v)) == 0);
	upcall_notes_free(&back);
}

/* Each note's packet goes by, once. */
static void analyse(const struct upcall_notes *u)
{
	const struct two_upcalls upcalls = upcall_notes_two(u);
	struct analysis *a = malloc(sizeof(*a));
	struct two *t;

	must(a && two_new(&(struct two_options){ .max_packets = 4096 }, &t) == 0);
	for (size_t i = 0; i < u->n && i < 1024; i++) {
		const struct attribute_mark *m = &u->v[i];
		struct frame f = { .kind = m->key.proto == IPPROTO_UDP ? FRAME_UDP : FRAME_TCP,
				   .key = m->key, .seq = m->seq, .len = m->len, .ip_id = m->ip_id,
				   .time_ns = u->from_ns + i, .number = i + 1 };

		for (enum two_point p = TWO_IN; p <= TWO_OUT; p++)
			must(two_push(t, p, &f) == 0);
	}
	must(two_upcalls(t, &upcalls) == 0 && two_end(t, a) == 0);
	must(a->upcalls_known && a->upcalls <= u->n && a->upcalls_found <= a->upcalls);
	two_free(t);
	free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct upcall_notes u;
	struct err err = { 0 };

	if (upcalls_json_read((const char *)data, size, &u, &err) == 0) {
		must(u.n <= UPCALL_NOTES_MAX && (!u.known || !u.lost));
		must(!u.why_not || json_text_ok(u.why_not));
		for (size_t i = 0; i < u.n; i++)
			see_note(&u.v[i]);
		see_again(&u);
		analyse(&u);
		upcall_notes_free(&u);
	} else {
		must(err.msg[0]);
	}
	err_reset(&err);
	return 0;
}
