// SPDX-License-Identifier: GPL-2.0
/*
 * upcalls.c - which packets of a run went through vswitchd
 *
 * A program in the switch's VM notes them (bpf/upcall.bpf.c), and the guest's helper
 * gives the notes out in pages, which are untrusted.
 */
#include "run/upcalls.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/upcall.h"
#include "core/base64.h"
#include "core/util.h"
#include "run/guest.h"

#define CMD_ACTION 2			/* OVS_PACKET_CMD_ACTION of linux/openvswitch.h */
#define END_NS INT64_C(5000000000)

/* ---- where it is not known --------------------------------------------------------- */

/* Only what ends the run is a failure. */
static int not_known(struct run *run, int rc, struct err *reason, struct err *err)
{
	if (rc == -EINTR || rc == -ETIMEDOUT || rc == -ENOMEM) {
		err_move(err, reason);
		return rc;
	}
	run_set(&run->upcalls.why_not, reason->msg);
	run_add_note(run, "which packets went through vswitchd is not known: %s", reason->msg);
	err_reset(reason);
	return 0;
}

static const char *who_cannot_tell(const struct lab *lab)
{
	if (lab->bench.datapath == LAB_DATAPATH_USERSPACE)
		return "the userspace datapath is part of vswitchd, and only the kernel's tells";
	return lab_switch_node(lab) ? NULL : "only a switch in a VM of the lab tells";
}

/* ---- pages --------------------------------------------------------------------------- */

struct page {
	uint64_t n, noted;
	char *bytes;			/* @n notes; to be freed */
};

static bool get(const json_t *doc, const char *name, uint64_t *ret)
{
	const json_t *value = json_object_get(doc, name);

	*ret = (uint64_t)json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* A page that is not full is the last one; before it ends there are no more notes. */
static int take_page(const json_t *doc, uint64_t after, struct page *ret)
{
	const char *text = json_string_value(json_object_get(doc, "notes"));
	struct page page = { 0 };
	size_t len;

	if (!text || !get(doc, "n", &page.n) || !get(doc, "noted", &page.noted) ||
	    page.n > UPCALLS_PAGE || after + page.n > UPCALLS_MAX || after + page.n > page.noted ||
	    base64_decode(text, &page.bytes, &len))
		return -EBADMSG;
	if (len != page.n * sizeof(struct upcall_note)) {
		free(page.bytes);
		return -EBADMSG;
	}
	*ret = page;
	return 0;
}

static int read_page(const struct job *job, const struct lab *lab, uint64_t after,
		     struct page *ret, struct err *err)
{
	const struct lab_node *node = lab_switch_node(lab);
	char number[24];
	json_t *doc = NULL;
	int rc;

	snprintf(number, sizeof(number), "%" PRIu64, after);
	rc = guest_helper(job, lab, node, (const char *const[]){ GUEST_HELPER, "upcalls", "take",
								 "--after", number, NULL }, &doc, err);
	if (rc == 0 && take_page(doc, after, ret) < 0)
		rc = guest_garbled(node, err);
	json_decref(doc);
	return rc;
}

/* ---- notes ----------------------------------------------------------------------------- */

static struct attribute_mark mark_of(const struct upcall_note *n)
{
	struct attribute_mark mark = {
		.key = { .sport = n->sport, .dport = n->dport, .proto = n->proto, .family = n->family },
		.seq = n->seq, .len = n->len, .offset = ATTRIBUTE_NO_OFFSET,
		.ip_id = n->ip_id,
	};

	memcpy(mark.key.saddr, n->saddr, sizeof(mark.key.saddr));
	memcpy(mark.key.daddr, n->daddr, sizeof(mark.key.daddr));
	return mark;
}

static int take_notes(const struct page *page, struct run *run, struct upcalls *u)
{
	struct attribute_mark *v = reallocarray(u->v, u->n + page->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	u->v = v;
	for (uint64_t i = 0; i < page->n; i++) {
		struct upcall_note note;

		memcpy(&note, page->bytes + i * sizeof(note), sizeof(note));
		run->upcalls.actions += note.cmd == CMD_ACTION;
		if (note.proto == IPPROTO_TCP)
			u->v[u->n++] = mark_of(&note);
	}
	return 0;
}

static int read_all(const struct job *job, const struct lab *lab, struct run *run,
		    struct upcalls *u, struct err *err)
{
	uint64_t after = 0;
	struct page page = { 0 };
	int rc;

	do {
		rc = read_page(job, lab, after, &page, err);
		if (rc < 0)
			return rc;
		rc = take_notes(&page, run, u);
		free(page.bytes);
		after += page.n;
	} while (rc == 0 && page.n == UPCALLS_PAGE);
	run->upcalls.total = page.noted;
	run->upcalls.lost = page.noted - after;
	u->on = rc < 0;
	return rc;
}

/* ---- a run -------------------------------------------------------------------------------- */

int upcalls_start(const struct job *job, const struct lab *lab, struct run *run,
		  struct upcalls *ret, struct err *err)
{
	const char *why_not = who_cannot_tell(lab);
	struct err reason = { 0 };
	json_t *doc = NULL;
	int rc;

	*ret = (struct upcalls){ 0 };
	if (why_not)
		return run_set(&run->upcalls.why_not, why_not);
	ret->on = true;
	rc = guest_helper(job, lab, lab_switch_node(lab),
			  (const char *const[]){ GUEST_HELPER, "upcalls", "start", NULL }, &doc, &reason);
	json_decref(doc);
	if (rc == 0)
		return 0;
	ret->on = rc == -EINTR || rc == -ETIMEDOUT;	/* it may have come so far */
	return not_known(run, rc, &reason, err);
}

int upcalls_read(const struct job *job, const struct lab *lab, struct run *run,
		 struct upcalls *u, struct err *err)
{
	struct err reason = { 0 };
	int rc;

	if (!u->on)
		return 0;
	rc = read_all(job, lab, run, u, &reason);
	if (rc == 0 && run->upcalls.lost)
		rc = err_set(&reason, STATUS_BENCH, ENOSPC, "%" PRIu64 " of %" PRIu64 " upcalls were not "
			     "noted: there is room for %d", run->upcalls.lost, run->upcalls.total,
			     UPCALLS_MAX);
	u->known = rc == 0;
	return rc ? not_known(run, rc, &reason, err) : 0;
}

void upcalls_end(const struct lab *lab, struct upcalls *u)
{
	struct job job = { .deadline_ns = now_ns() + END_NS };
	json_t *doc = NULL;

	free(u->v);
	if (u->on) {
		wait_shield(true);
		guest_helper(&job, lab, lab_switch_node(lab),
			     (const char *const[]){ GUEST_HELPER, "upcalls", "end", NULL }, &doc, NULL);
		wait_shield(false);
	}
	json_decref(doc);
	*u = (struct upcalls){ 0 };
}
