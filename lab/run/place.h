/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place.h - on which CPUs of its VM the switch receives and handles packets
 */
#ifndef OVSLAB_RUN_PLACE_H
#define OVSLAB_RUN_PLACE_H

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

/**
 * place_check() - is this lab's switch one that can be placed, and is that a placement?
 *
 * Return: 0, or -errno with STATUS_USAGE.
 */
int place_check(const struct lab *lab, const struct lab_placement *p, struct err *err);

/**
 * place_set() - put receive interrupts and handlers on CPUs
 * @p:		what is "" stays as it is
 *
 * Remembered in @lab on success, for the caller to save. What really is, tells
 * ovs_ask().
 */
int place_set(const struct job *job, struct lab *lab, const struct lab_placement *p,
	      struct err *err);

/** place_reset() - anywhere again */
int place_reset(const struct job *job, struct lab *lab, struct err *err);

/**
 * place_again() - what the lab was asked for, once more; nothing asked is success
 *
 * New handlers are anywhere: after a start of vswitchd, or a change of their number.
 */
int place_again(const struct job *job, const struct lab *lab, struct err *err);

#endif
