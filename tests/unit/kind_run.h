/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kind_run.h - run one kind of mangler on one frame, natively
 *
 * The frame lies in an allocation of its exact size (plus what a VLAN tag needs, if a
 * test says so), so that ASan sees every byte beyond its end.
 */
#ifndef TESTS_KIND_RUN_H
#define TESTS_KIND_RUN_H

#include <stdlib.h>
#include <string.h>

#include "bpf/choose.h"
#include "tests/bpf/kind_edits.h"

struct kind_run {
	struct io io;			/* in: what is not about bytes; out: all but data */
	struct pkt p;			/* as it was parsed */
	struct kind_edit e;
	enum kind_may may;
	int parsed, rc;			/* rc: 0 too if there was no edit */
};

static inline uint8_t *copy_of(const uint8_t *data, size_t len, size_t room)
{
	uint8_t *copy = malloc(room ?: 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	return copy;
}

/* @f becomes what is left of it; its offsets stay those of before. */
static inline void kind_run(struct kind_run *r, const struct stage *s, struct frame *f,
			    uint64_t random)
{
	r->io.room = f->len + (s->kind == STAGE_VLAN ? 4 : 0);
	r->io.len = f->len;
	r->io.data = copy_of(f->data, f->len, r->io.room);
	r->p = (struct pkt){ 0 };
	r->e = (struct kind_edit){ .state = r->e.state };
	r->rc = 0;
	r->may = KIND_NO;
	r->parsed = pkt_parse(r->io.data, r->io.data + f->len, f->len, &r->p);
	if (!r->parsed) {
		assert_int_equal(io_vlan(&r->io, &r->p.vlan_tci), 0);
		r->may = kind_may(s, &r->p);
	}
	if (r->may == KIND_YES)
		r->rc = kind_edit(&r->io, &r->p, s, random, &r->e);
	memcpy(f->data, r->io.data, r->io.len);
	f->len = r->io.len;
	free(r->io.data);
}

#endif
