/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_ktap.h - a trial as the kernel's Test Anything Protocol, version 1
 */
#ifndef OVSLAB_REPORT_TRIAL_KTAP_H
#define OVSLAB_REPORT_TRIAL_KTAP_H

#include <stdio.h>

#include "core/trial.h"

/**
 * trial_ktap() - one line for each case of trial_cases(), behind what was found
 *
 * The format is that of the kernel's Documentation/dev-tools/ktap.rst.
 *
 * Return: 0 or -EIO.
 */
int trial_ktap(FILE *f, const struct trial *t, const struct trial_outcome *o);

#endif
