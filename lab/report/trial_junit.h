/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_junit.h - a trial as JUnit XML, for test servers
 */
#ifndef OVSLAB_REPORT_TRIAL_JUNIT_H
#define OVSLAB_REPORT_TRIAL_JUNIT_H

#include <stdio.h>

#include "core/trial.h"

/**
 * trial_junit() - a test suite with one test case for each case of trial_cases()
 *
 * There is no standard. This is what the schemas of Apache Ant's and of Jenkins' reports
 * have in common, with all that either of them requires. What is not known or
 * inconclusive is skipped, not failed. The terminal's summary is in <system-out>.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int trial_junit(FILE *f, const struct trial *t, const struct trial_outcome *o);

#endif
