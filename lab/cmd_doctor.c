// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_doctor.c - 'ovslab doctor'
 */
#include "cmd.h"

#include <errno.h>

#include "run/doctor.h"

static void print_answer(const struct doctor_probe *probe, const struct doctor_answer *a)
{
	char first[40];

	snprintf(first, sizeof(first), "%-4s  %-14s  ", doctor_level_names[a->level], probe->name);
	print_filled(first, "%s", probe->question);
	snprintf(first, sizeof(first), "%22s", "");
	print_filled(first, "%s", a->evidence);
	if (a->fix[0])
		print_filled(first, "-> %s", a->fix);
}

static int run_doctor(const struct session *s, int argc, char **argv, struct err *err)
{
	json_t *answers = json_array();
	enum doctor_level worst = DOCTOR_OK;

	for (const struct doctor_probe *p = doctor_probes; p->name; p++) {
		struct doctor_answer a;

		doctor_ask(&s->job, p, &a);
		if (wait_signal()) {
			json_decref(answers);
			return wait_failed(err, -EINTR, "the probe '%s'", p->name);
		}
		if (a.level > worst)
			worst = a.level;
		if (!s->json)
			print_answer(p, &a);
		json_array_append_new(answers, json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", p->name,
							 "question", p->question, "level",
							 doctor_level_names[a.level], "evidence",
							 a.evidence, "fix", a.fix));
	}
	if (s->json) {
		int rc = print_json(json_pack("{s:s,s:b,s:o}", "schema", "ovslab.doctor/1", "ready",
					      worst < DOCTOR_FAIL, "probes", answers), err);
		if (rc < 0)
			return rc;
	} else {
		json_decref(answers);
		puts(worst < DOCTOR_FAIL ? "this host can run ovslab" : "this host cannot run ovslab yet");
	}
	return worst < DOCTOR_FAIL ? STATUS_OK : STATUS_HOST;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.group = GROUP_BENCH,
	.summary = "ask whether this host can run a lab, and what to do if not",
	.about = "Each probe is a question that is answered by trying, in a scratch network namespace; "
		 "nothing on the host is changed. Levels: ok; note (works, with a difference worth "
		 "knowing); warn (may not work); fail (does not work, with the fix). KVM is proved by "
		 "booting a kernel, once per host boot.",
	.examples = "ovslab doctor\novslab doctor --json | jq -r '.probes[].fix'",
	.timeout = 120,
	.flags = CMD_JSON,
	.run = run_doctor,
};
