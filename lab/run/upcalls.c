// SPDX-License-Identifier: GPL-2.0
/*
 * upcalls.c - which packets went through vswitchd, while something is measured or captured
 *
 * A program in the switch's VM notes them (bpf/upcall.bpf.c), and the guest's helper
 * gives the notes out in pages, which are untrusted.
 *
 * Who notes has a number there, and the program and notes of that number. 0 is the
 * measurement's, of which there is one at a time. A capture has the first number whose lock
 * in the lab's folder it gets, and holds it. So a number whose lock is free is nobody's, and
 * what is still noted by it is left by one that was killed: the next start ends that.
 */
#include "run/upcalls.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bpf/upcall.h"
#include "core/base64.h"
#include "core/util.h"
#include "host/labdir.h"
#include "run/guest.h"

#define END_NS INT64_C(5000000000)
#define FINISH_NS INT64_C(30000000000)
#define NUMBER_NS INT64_C(35000000000)	/* who starts holds all free numbers: as long as an agent may take */

_Static_assert(UPCALLS_MAX == UPCALL_NOTES_MAX, "as many as there may be in a file");

/* ---- where it is not known --------------------------------------------------------- */

static int say_why_not(struct upcalls *u, const char *why)
{
	free(u->notes.why_not);
	u->notes.why_not = strdup(why);
	return u->notes.why_not ? 0 : -ENOMEM;
}

/* An agent that does not answer in its own time is a reason, and no end. */
static bool ends_the_run(const struct job *job, int rc)
{
	return rc == -EINTR || rc == -ENOMEM ||
	       (rc == -ETIMEDOUT && job->deadline_ns && now_ns() >= job->deadline_ns);
}

static int not_known(const struct job *job, struct upcalls *u, int rc, struct err *reason,
		     struct err *err)
{
	if (ends_the_run(job, rc)) {
		err_move(err, reason);
		return rc;
	}
	rc = say_why_not(u, reason->msg);
	err_reset(reason);
	return rc < 0 ? err_set(err, STATUS_BENCH, ENOMEM, "out of memory") : 0;
}

static const char *who_cannot_tell(const struct lab *lab)
{
	if (lab->bench.datapath == LAB_DATAPATH_USERSPACE)
		return "the userspace datapath is part of vswitchd, and only the kernel's tells";
	return lab_switch_node(lab) ? NULL : "only a switch in a VM of the lab tells";
}

/* ---- numbers ------------------------------------------------------------------------- */

/* Return: what holds it, or -errno; -EWOULDBLOCK: somebody has it. */
static int lock_number(const struct lab *lab, unsigned int user)
{
	char path[PATH_MAX], name[32];
	int fd;

	snprintf(name, sizeof(name), "upcalls-%u.lock", user);
	fd = open(labdir_path(lab, name, path, sizeof(path)), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -EWOULDBLOCK;
	}
	return fd;
}

struct numbers {
	int lock[UPCALLS_USERS];	/* of those that are free, held; else -errno */
};

static struct numbers lock_free_ones(const struct lab *lab)
{
	struct numbers free_ones = { .lock = { -EWOULDBLOCK } };

	for (unsigned int user = 1; user < UPCALLS_USERS; user++)
		free_ones.lock[user] = lock_number(lab, user);
	return free_ones;
}

static void unlock(const struct numbers *numbers)
{
	for (unsigned int user = 1; user < UPCALLS_USERS; user++)
		if (numbers->lock[user] >= 0)
			close(numbers->lock[user]);
}

/* A bit for each. */
static unsigned int mask_of(const struct numbers *numbers)
{
	unsigned int mask = 0;

	for (unsigned int user = 1; user < UPCALLS_USERS; user++)
		mask |= numbers->lock[user] >= 0 ? 1u << user : 0;
	return mask;
}

/* Return: whether there was one. */
static bool take_one(struct numbers *free_ones, struct upcalls *u)
{
	for (unsigned int user = 1; user < UPCALLS_USERS; user++) {
		if (free_ones->lock[user] < 0)
			continue;
		u->user = user;
		u->lock = free_ones->lock[user];
		free_ones->lock[user] = -EWOULDBLOCK;
		return true;
	}
	return false;
}

/* 0 if all there is to it is that others have them. */
static int broken(const struct numbers *numbers)
{
	for (unsigned int user = 1; user < UPCALLS_USERS; user++)
		if (numbers->lock[user] < 0 && numbers->lock[user] != -EWOULDBLOCK)
			return numbers->lock[user];
	return 0;
}

/* Another one that starts holds all of them meanwhile. Return: 0, -EBUSY, or -errno. */
static int take_number(const struct job *job, const struct lab *lab, struct numbers *free_ones,
		       struct upcalls *u)
{
	int64_t limit = now_ns() + NUMBER_NS;
	int rc = 0;

	while (rc == 0 && !take_one(free_ones, u)) {
		rc = broken(free_ones) ?: now_ns() > limit ? -EBUSY : wait_ms(job, 100);
		if (rc == 0)
			*free_ones = lock_free_ones(lab);
	}
	return rc;
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

static int read_page(const struct job *job, const struct lab *lab, unsigned int user, uint64_t after,
		     struct page *ret, struct err *err)
{
	const struct lab_node *node = lab_switch_node(lab);
	char number[24], mine[16];
	json_t *doc = NULL;
	int rc;

	snprintf(number, sizeof(number), "%" PRIu64, after);
	snprintf(mine, sizeof(mine), "%u", user);
	rc = guest_helper(job, lab, node, (const char *const[]){ GUEST_HELPER, "upcalls", "take", "--user",
								 mine, "--after", number, NULL }, &doc, err);
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
		.ip_id = n->ip_id, .command = n->cmd <= UPCALL_ACTION ? n->cmd : UPCALL_UNKNOWN,
	};

	memcpy(mark.key.saddr, n->saddr, sizeof(mark.key.saddr));
	memcpy(mark.key.daddr, n->daddr, sizeof(mark.key.daddr));
	return mark;
}

static bool is_whole(const struct upcall_note *n)
{
	return (n->proto == IPPROTO_TCP || n->proto == IPPROTO_UDP) && (n->family == 4 || n->family == 6);
}

static int take_notes(const struct page *page, struct upcall_notes *u)
{
	struct attribute_mark *v = reallocarray(u->v, u->n + page->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	u->v = v;
	for (uint64_t i = 0; i < page->n; i++) {
		struct upcall_note note;

		memcpy(&note, page->bytes + i * sizeof(note), sizeof(note));
		u->actions += note.cmd == UPCALL_ACTION;
		if (is_whole(&note))
			u->v[u->n++] = mark_of(&note);
	}
	return 0;
}

static int read_all(const struct job *job, const struct lab *lab, struct upcalls *u, struct err *err)
{
	struct upcall_notes *notes = &u->notes;
	uint64_t after = 0;
	struct page page = { 0 };
	int rc;

	notes->to_ns = (uint64_t)wall_ns();
	do {
		rc = read_page(job, lab, u->user, after, &page, err);
		if (rc < 0)
			return rc;
		rc = take_notes(&page, notes);
		free(page.bytes);
		after += page.n;
		notes->total = page.noted;
		notes->lost = page.noted - after;
	} while (rc == 0 && page.n == UPCALLS_PAGE);
	u->on = rc < 0;
	return rc;
}

/* ---- from start to end --------------------------------------------------------------------- */

static int start(const struct job *job, const struct lab *lab, const struct upcalls *u,
		 unsigned int abandoned, struct err *err)
{
	char mine[16], mask[16];
	json_t *doc = NULL;
	int rc;

	snprintf(mine, sizeof(mine), "%u", u->user);
	snprintf(mask, sizeof(mask), "%u", abandoned);
	rc = guest_helper(job, lab, lab_switch_node(lab),
			  (const char *const[]){ GUEST_HELPER, "upcalls", "start", "--user", mine,
						 "--abandoned", mask, NULL }, &doc, err);
	json_decref(doc);
	return rc;
}

int upcalls_start(const struct job *job, const struct lab *lab, enum upcalls_for what,
		  struct upcalls *ret, struct err *err)
{
	const char *why_not = who_cannot_tell(lab);
	struct err reason = { 0 };
	struct numbers free_ones;
	int rc;

	*ret = (struct upcalls){ .never = why_not };
	if (why_not)
		return say_why_not(ret, why_not);
	free_ones = lock_free_ones(lab);
	rc = what == UPCALLS_FOR_CAPTURE ? take_number(job, lab, &free_ones, ret) : 0;
	if (rc == -EBUSY)
		return say_why_not(ret, "other captures of this lab note them, as many as can");
	if (rc < 0 && ends_the_run(job, rc))
		return wait_failed(err, rc, "another capture of lab '%s'", lab->name);
	if (rc < 0) {
		err_set(&reason, STATUS_BENCH, rc, "the lab's folder: %s", strerror(-rc));
		return not_known(job, ret, rc, &reason, err);
	}
	rc = start(job, lab, ret, mask_of(&free_ones), &reason);
	unlock(&free_ones);
	ret->notes.from_ns = (uint64_t)wall_ns();
	ret->on = rc == 0 || rc == -EINTR || rc == -ETIMEDOUT;	/* it may have come so far */
	return rc ? not_known(job, ret, rc, &reason, err) : 0;
}

static int not_all(const struct upcall_notes *notes, struct err *reason)
{
	if (notes->total <= UPCALLS_MAX)
		return err_set(reason, STATUS_BENCH, EAGAIN, "%" PRIu64 " of %" PRIu64 " upcalls were "
			       "still being noted when the notes were read", notes->lost, notes->total);
	return err_set(reason, STATUS_BENCH, ENOSPC, "%" PRIu64 " of %" PRIu64 " upcalls were not "
		       "noted: there is room for %d", notes->lost, notes->total, UPCALLS_MAX);
}

int upcalls_read(const struct job *job, const struct lab *lab, struct upcalls *u, struct err *err)
{
	struct upcall_notes *notes = &u->notes;
	struct err reason = { 0 };
	int rc;

	if (!u->on || notes->why_not)
		return 0;
	rc = read_all(job, lab, u, &reason);
	if (rc == 0 && notes->lost)
		rc = not_all(notes, &reason);
	notes->known = rc == 0;
	if (rc < 0)
		notes->to_ns = 0;
	return rc ? not_known(job, u, rc, &reason, err) : 0;
}

int upcalls_finish(const struct lab *lab, struct upcalls *u, struct err *err)
{
	struct job job = { .deadline_ns = now_ns() + FINISH_NS };
	struct err reason = { 0 };
	int rc;

	wait_shield(true);
	rc = upcalls_read(&job, lab, u, &reason);
	wait_shield(false);
	if (rc == -ETIMEDOUT) {
		rc = say_why_not(u, reason.msg);
		err_reset(&reason);
	}
	if (rc < 0)
		err_move(err, &reason);
	return rc;
}

void upcalls_end(const struct lab *lab, struct upcalls *u)
{
	struct job job = { .deadline_ns = now_ns() + END_NS };
	json_t *doc = NULL;
	char mine[16];

	snprintf(mine, sizeof(mine), "%u", u->user);
	if (u->on) {
		wait_shield(true);
		guest_helper(&job, lab, lab_switch_node(lab),
			     (const char *const[]){ GUEST_HELPER, "upcalls", "end", "--user", mine, NULL },
			     &doc, NULL);
		wait_shield(false);
	}
	json_decref(doc);
	if (u->user)
		close(u->lock);
	upcall_notes_free(&u->notes);
	*u = (struct upcalls){ 0 };
}
