/* SPDX-License-Identifier: GPL-2.0 */
/*
 * warmstart.h - a ready lab saved, and another one restored from it
 *
 * What is saved is each node's memory, the consoles' logs, and the lab's state file,
 * which has what was asked from the guests before. The store that keeps it is
 * host/warm.h. Wires, taps and a switch on the host are made anew for
 * each lab; what a switch in a VM had set is in its memory.
 */
#ifndef OVSLAB_RUN_WARMSTART_H
#define OVSLAB_RUN_WARMSTART_H

#include "core/err.h"
#include "core/lab.h"
#include "host/digest.h"
#include "host/domain.h"
#include "host/wait.h"
#include "host/warm.h"

/**
 * warmstart_key() - a fingerprint of everything that shapes a lab's VMs
 * @boots:	what each node boots: kernels and initramfs count by their bytes
 * @ret:	DIGEST_SIZE bytes
 *
 * The lab's name and its directory do not count: a saved lab can be restored as
 * another one.
 */
int warmstart_key(const struct job *job, const struct lab *lab, const struct domain_boot boots[],
		  char *ret, struct err *err);

/**
 * warmstart_save() - save the lab's VMs, which end with it
 * @w:		from warm_begin(); to be published when the lab has come back from it
 */
int warmstart_save(const struct job *job, struct lab *lab, struct warm *w, struct err *err);

/**
 * warmstart_restore() - bring the VMs back, in this lab's namespace and directory
 *
 * What their guests told then (kernels, the switch of a VM) is in @lab afterwards.
 */
int warmstart_restore(const struct job *job, struct lab *lab, const struct domain_boot boots[],
		      const struct warm *w, struct err *err);

#endif
