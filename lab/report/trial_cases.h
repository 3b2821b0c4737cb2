/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_cases.h - a trial as a list of test cases, for JUnit and KTAP
 */
#ifndef OVSLAB_REPORT_TRIAL_CASES_H
#define OVSLAB_REPORT_TRIAL_CASES_H

#include "core/trial.h"

#define TRIAL_CASES_MAX 65		/* expectations, and the verdict */

enum trial_case_state { TRIAL_CASE_OK, TRIAL_CASE_FAILED, TRIAL_CASE_SKIPPED };

struct trial_case {
	char name[160];			/* the same whatever was measured: test histories go by it */
	enum trial_case_state state;	/* skipped: not known, inconclusive */
	char text[320];			/* what was found; "" if there is nothing to say */
	double seconds;
};

/** trial_cases() - one for each expectation, and the last for the verdict, if there is one */
unsigned int trial_cases(const struct trial *t, const struct trial_outcome *o,
			 struct trial_case ret[TRIAL_CASES_MAX]);

/** trial_title() - the scenario's name, else "run" */
const char *trial_title(const struct trial *t);

#endif
