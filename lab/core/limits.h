/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limits.h - bounds that the command and the helper in the guest agree on
 */
#ifndef OVSLAB_CORE_LIMITS_H
#define OVSLAB_CORE_LIMITS_H

#define CONNS_CONNECTIONS_MAX 65536
#define CONNS_BYTES_MAX (64 << 20)	/* one write, kept in the guest's memory */
#define CONNS_PARALLEL_MAX 256		/* a thread each */
#define CONNS_SECONDS_MAX 86400

#endif
