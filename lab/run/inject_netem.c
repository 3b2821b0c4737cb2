// SPDX-License-Identifier: GPL-2.0
/*
 * inject_netem.c - netem as the root qdisc of a node or of a tap
 *
 * Knows tc and whose qdisc is whose, nothing of netem. tc runs in the guest, or here
 * for a tap. The kinds 'delay' and 'reorder' want fq in the same place: whoever comes
 * second is refused.
 */
#include "run/inject_netem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/qdisc.h"
#include "core/util.h"
#include "core/utf8.h"
#include "host/agent.h"
#include "host/proc.h"
#include "host/vm.h"
#include "run/inject_place.h"
#include "run/marks.h"

#define MARK "netem"

/* What tc said and how it ended. */
struct tc_answer {
	int status;
	char *out;			/* to be freed */
	char err[512];
};

static int tc_in_guest(const struct job *job, const struct lab *lab, const struct lab_node *node,
		       const char *const argv[], struct tc_answer *ret, struct err *err)
{
	struct agent_exit e = { 0 };
	int rc = agent_exec(job, lab, node, argv, &e, err);

	if (rc < 0)
		return rc;
	ret->status = e.status;
	ret->out = take_ptr(e.out);
	snprintf(ret->err, sizeof(ret->err), "%s", e.err ? e.err : "");
	agent_exit_free(&e);
	return 0;
}

/* The last lines of what it wrote to stderr come as the error. */
static int tc_on_host(const struct job *job, const char *const argv[], struct tc_answer *ret,
		      struct err *err)
{
	const struct proc_opts opts = { .limit_ms = 10000 };
	struct err said = { 0 };
	int rc = proc_output(job, &opts, argv, &ret->out, &said);

	if (rc == -ECHILD) {
		ret->status = 1;
		snprintf(ret->err, sizeof(ret->err), "%.200s\n%.300s", said.msg,
			 said.evidence ? said.evidence : "");
		err_reset(&said);
		return 0;
	}
	if (rc < 0)
		err_move(err, &said);
	return rc;
}

static int tc(const struct job *job, const struct lab *lab, const struct inject_at *p,
	      const char *const argv[], struct tc_answer *ret, struct err *err)
{
	*ret = (struct tc_answer){ 0 };
	return inject_at_guest(p->place) ? tc_in_guest(job, lab, p->node, argv, ret, err) :
					   tc_on_host(job, argv, ret, err);
}

static int parse(const struct lab *lab, const char *text, struct inject_at *ret, struct err *err)
{
	int rc = inject_at_find(lab, text, ret, err);

	if (rc < 0 || mangle_place_hook(ret->place) == MANGLE_TC_EGRESS)
		return rc;
	err_set(err, STATUS_USAGE, EINVAL, "netem cannot work at %s: a qdisc delays what a device sends",
		ret->name);
	err_hint(err, "it goes on egress, such as vm1:egress");
	return -EINVAL;
}

/* ---- what is there ------------------------------------------------------------------ */

static int tc_failed(const struct inject_at *p, const struct tc_answer *a, struct err *err)
{
	err_set(err, STATUS_BENCH, EREMOTEIO, "%s: tc cannot tell the qdisc of %s", p->node->name,
		inject_at_netdev(p));
	err_evidence(err, "tc", a->err);
	return -EREMOTEIO;
}

static int look(const struct job *job, const struct lab *lab, const struct inject_at *p,
		struct root_qdisc *ret, struct err *err)
{
	const char *argv[] = { "tc", "-s", "-j", "qdisc", "show", "dev", inject_at_netdev(p), NULL };
	struct tc_answer a;
	int rc = tc(job, lab, p, argv, &a, err);

	if (rc < 0)
		return rc;
	rc = a.status ? -EREMOTEIO : qdisc_from_json(a.out, strlen(a.out), ret);
	free(a.out);
	if (rc == -ENOENT) {		/* a device that is down, or has none */
		*ret = (struct root_qdisc){ .kind = "noqueue", .handle = "0:" };
		return 0;
	}
	return rc ? tc_failed(p, &a, err) : 0;
}

static int describe(const struct job *job, const struct lab *lab, const struct inject_at *p,
		    const struct root_qdisc *q, struct netem_injection *ret, struct err *err)
{
	const char *argv[] = { "tc", "qdisc", "show", "dev", inject_at_netdev(p), NULL };
	struct tc_answer a;
	int rc = tc(job, lab, p, argv, &a, err);

	if (rc < 0)
		return rc;
	*ret = (struct netem_injection){ .sent_bytes = q->bytes, .sent = q->packets,
					 .dropped = q->drops, .queued = q->queued };
	memcpy(ret->place, p->name, sizeof(ret->place));
	qdisc_options(a.out ? a.out : "", ret->spec, sizeof(ret->spec));
	utf8_clean(ret->spec, strlen(ret->spec));
	free(a.out);
	return 0;
}

/* ---- attach ---------------------------------------------------------------------------- */

static int foreign(const struct inject_at *p, const struct root_qdisc *q, struct err *err)
{
	err_set(err, STATUS_BENCH, EBUSY, "%s: the root qdisc of %s is %s %s, which 'inject netem' did not "
		"put there", p->name, inject_at_netdev(p), q->kind, q->handle);
	if (strcmp(q->kind, "fq") == 0 && strcmp(q->handle, QDISC_HANDLE) == 0)
		err_hint(err, "a mangler that holds packets back (delay, reorder) needs it, and excludes netem: "
			 "'ovslab inject clear delay' or 'clear reorder' removes both");
	else
		err_hint(err, "tc qdisc del dev %s root, if nobody needs it", inject_at_netdev(p));
	return -EBUSY;
}

static bool says(const struct tc_answer *a, const char *text)
{
	return strstr(a->err, text) != NULL;
}

/* "Error: Specified qdisc kind is unknown." as one line without its first word */
static const char *first_line(struct tc_answer *a)
{
	char *at = strstr(a->err, "Error: ");

	at = at ? at + strlen("Error: ") : a->err;
	at[strcspn(at, "\n")] = '\0';
	return *at ? at : "tc ended without a word";
}

static int refused(const struct inject_at *p, struct tc_answer *a, struct err *err)
{
	bool in_guest = inject_at_guest(p->place);
	char whole[sizeof(a->err)];

	memcpy(whole, a->err, sizeof(whole));
	utf8_clean(whole, strlen(whole));
	if (says(a, "kind is unknown") || says(a, "No such file or directory")) {
		err_set(err, STATUS_HOST, EOPNOTSUPP, "%s: the kernel %s has no netem: %.200s", p->name,
			in_guest ? "of the node" : "of this host", first_line(a));
		err_hint(err, in_guest ? "its module is sch_netem" :
			 "its module is sch_netem; in a node netem works: --at %s:egress", p->node->name);
		return -EOPNOTSUPP;
	}
	err_set(err, STATUS_USAGE, EINVAL, "%s: tc refuses that: %.200s", p->name, first_line(a));
	err_hint(err, "tc-netem(8) has the words; 'inject netem' gives them to tc as they are");
	err_evidence(err, "tc", whole);
	return -EINVAL;
}

static int add(const struct job *job, const struct lab *lab, const struct inject_at *p,
	       const struct root_qdisc *q, const char *const *args, struct err *err)
{
	bool turn = qdisc_is_ours(q) && strcmp(q->handle, QDISC_HANDLE) == 0;
	const char *argv[INJECT_NETEM_ARGS_MAX + 12] = {
		"tc", "qdisc", qdisc_is_ours(q) ? "replace" : "add", "dev", inject_at_netdev(p), "root",
		"handle", turn ? QDISC_HANDLE_TURN : QDISC_HANDLE, "netem",
	};
	struct tc_answer a;
	int rc, n = 9;

	for (; *args; args++) {
		if (n == INJECT_NETEM_ARGS_MAX + 9)
			return err_set(err, STATUS_USAGE, E2BIG, "more than %d words for netem",
				       INJECT_NETEM_ARGS_MAX);
		argv[n++] = *args;
	}
	rc = tc(job, lab, p, argv, &a, err);
	if (rc == 0 && a.status)
		rc = refused(p, &a, err);
	free(a.out);
	return rc;
}

int inject_netem_attach(const struct job *job, const struct lab *lab, const char *place,
			const char *const *args, struct netem_injection *ret, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct inject_at p;
	struct root_qdisc q;
	int rc = parse(lab, place, &p, err) ?: inject_turn(job, lab, &turn, err);

	if (rc == 0)
		rc = look(job, lab, &p, &q, err);
	if (rc == 0 && !qdisc_is_default(&q) && !qdisc_is_ours(&q))
		rc = foreign(&p, &q, err);
	if (rc == 0)
		rc = marks_set(lab, p.node, inject_at_guest(p.place), MARK, err);
	if (rc == 0)
		rc = add(job, lab, &p, &q, args, err);
	if (rc == 0)
		rc = look(job, lab, &p, &q, err);
	return rc == 0 ? describe(job, lab, &p, &q, ret, err) : rc;
}

/* ---- list and clear -------------------------------------------------------------------- */

static int list_at(const struct job *job, const struct lab *lab, const struct inject_at *p,
		   struct netem_injection *ret, unsigned int *n, struct err *err)
{
	struct root_qdisc q;
	int rc;

	if (!marks_has(lab, p->node, inject_at_guest(p->place), MARK))
		return 0;
	rc = look(job, lab, p, &q, err);
	if (rc == 0 && qdisc_is_ours(&q))
		rc = describe(job, lab, p, &q, &ret[(*n)++], err);
	return rc;
}

int inject_netem_list(const struct job *job, const struct lab *lab, struct netem_injection *ret,
		      unsigned int *ret_n, struct err *err)
{
	static const enum mangle_place places[] = { PLACE_NODE_EGRESS, PLACE_TAP_EGRESS };
	unsigned int n = 0;
	int rc = 0;

	for (unsigned int i = 0; i < lab->n_vms; i++)
		for (size_t k = 0; k < ARRAY_SIZE(places) && rc == 0 && vm_alive(&lab->nodes[i]); k++) {
			struct inject_at at = inject_at_of(&lab->nodes[i], places[k]);

			rc = list_at(job, lab, &at, ret, &n, err);
		}
	if (rc == 0)
		*ret_n = n;
	return rc;
}

/* The handle is named, so that the kernel refuses if another qdisc is there by now. */
static int clear_one(const struct job *job, const struct lab *lab, const void *entry, struct err *err)
{
	const struct netem_injection *injection = entry;
	struct inject_at p;
	struct tc_answer a;
	struct root_qdisc q;
	int rc = parse(lab, injection->place, &p, err);

	if (rc == 0)
		rc = look(job, lab, &p, &q, err);
	if (rc < 0 || !qdisc_is_ours(&q))
		return rc;
	rc = tc(job, lab, &p,
		(const char *const[]){ "tc", "qdisc", "del", "dev", inject_at_netdev(&p), "root",
				       "handle", q.handle, NULL }, &a, err);
	if (rc == 0 && a.status)
		rc = refused(&p, &a, err);
	free(a.out);
	return rc;
}

int inject_netem_clear(const struct job *job, const struct lab *lab, const char *place,
		       unsigned int *ret_n, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct netem_injection list[INJECT_NETEM_MAX];
	struct inject_entries entries = { list, sizeof(*list), .clear = clear_one };
	struct inject_at p;
	int rc = inject_at_only(lab, place, &p, &place, err) ?: inject_turn(job, lab, &turn, err);

	if (rc == 0)
		rc = inject_netem_list(job, lab, list, &entries.n, err);
	return rc ?: inject_clear_entries(job, lab, place, &entries, ret_n, err);
}

json_t *inject_netem_to_json(const struct netem_injection *injection)
{
	return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "kind", "netem", "place", injection->place,
			 "spec", injection->spec, "sent_bytes", (json_int_t)injection->sent_bytes, "sent",
			 (json_int_t)injection->sent, "dropped", (json_int_t)injection->dropped, "queued",
			 (json_int_t)injection->queued);
}
