/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ofctl.h - OpenFlow flows read by this host's ovs-ofctl, without a switch
 */
#ifndef OVSLAB_HOST_OFCTL_H
#define OVSLAB_HOST_OFCTL_H

#include <stddef.h>

#include "core/err.h"
#include "host/wait.h"

#define OFCTL_VERSION_MAX 32
#define OFCTL_WHY_MAX 320

/**
 * ofctl_version() - of this host's ovs-ofctl: "3.1.0"
 *
 * Return: 0; -ENOENT if there is none; -errno if it does not tell.
 */
int ofctl_version(const struct job *job, char *buf, size_t size, struct err *err);

/**
 * ofctl_parse() - the first flow that ovs-ofctl does not take
 * @flows:	@n texts of one line each, of whatever origin
 * @ret_bad:	its index; @n: it takes all of them
 * @ret_why:	OFCTL_WHY_MAX bytes: what is wrong with it, in ovs-ofctl's words
 *
 * Return: 0; -errno if it failed in a way that says nothing about a flow.
 */
int ofctl_parse(const struct job *job, const char *const *flows, size_t n, size_t *ret_bad,
		char *ret_why, struct err *err);

#endif
