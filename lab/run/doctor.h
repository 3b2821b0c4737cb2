/* SPDX-License-Identifier: GPL-2.0 */
/*
 * doctor.h - can this host run a lab? Questions, answers with evidence, fixes
 */
#ifndef OVSLAB_RUN_DOCTOR_H
#define OVSLAB_RUN_DOCTOR_H

#include "core/err.h"
#include "host/wait.h"

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARN, DOCTOR_FAIL, DOCTOR_LEVELS };

extern const char *const doctor_level_names[];

struct doctor_answer {
	enum doctor_level level;
	char evidence[256];		/* what was seen */
	char fix[256];			/* what to do about it; "" if nothing */
};

struct doctor_probe {
	const char *name;		/* "kvm" */
	const char *question;		/* "does KVM boot a kernel?" */
	void (*ask)(const struct job *job, struct doctor_answer *ret);
};

extern const struct doctor_probe doctor_probes[];	/* ends with a NULL name */

/**
 * doctor_ask() - ask one question
 *
 * Nothing on the host is changed: devices and programs are tried in a network
 * namespace that goes away with the child process that made it.
 */
void doctor_ask(const struct job *job, const struct doctor_probe *probe,
		struct doctor_answer *ret);

#endif
