/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_bug.h - a trial as a bug report to Open vSwitch
 */
#ifndef OVSLAB_REPORT_TRIAL_BUG_H
#define OVSLAB_REPORT_TRIAL_BUG_H

#include <stdio.h>

#include "core/trial.h"
#include "report/redact.h"

#define TRIAL_BUG_COLUMNS 79u

/**
 * trial_bug() - plain text for a mail, in the order that Open vSwitch's guide asks for
 * @own:	what is known of this machine, and left out; may be NULL
 *
 * The guide is Documentation/internals/bugs.rst of Open vSwitch: what was done, expected
 * and seen; versions; the rest of the configuration. The list is public, so all text goes
 * through redact(). A scenario of the user's own stands at the end, its lines as they are.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int trial_bug(FILE *f, const struct trial *t, const struct trial_outcome *o,
	      const struct redact_own *own);

#endif
