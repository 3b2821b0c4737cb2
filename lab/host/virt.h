/* SPDX-License-Identifier: GPL-2.0 */
/*
 * virt.h - libvirt's calls, loaded when the first of them is due
 *
 * libvirt brings some fifty libraries along: linked, they would make every command
 * start four times as slowly (lazy.h).
 */
#ifndef OVSLAB_HOST_VIRT_H
#define OVSLAB_HOST_VIRT_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "core/err.h"
#include "host/lazy.h"

#define VIRT_CALLS(CALL)			\
	CALL(virConnectClose)			\
	CALL(virConnectOpen)			\
	CALL(virDomainCreate)			\
	CALL(virDomainDefineXML)		\
	CALL(virDomainFree)			\
	CALL(virDomainIsPersistent)		\
	CALL(virDomainLookupByName)		\
	CALL(virDomainRestoreFlags)		\
	CALL(virDomainResume)			\
	CALL(virDomainSaveFlags)		\
	CALL(virDomainSuspend)			\
	CALL(virDomainUndefine)			\
	CALL(virEventRegisterDefaultImpl)	\
	CALL(virEventRunDefaultImpl)		\
	CALL(virGetLastErrorMessage)		\
	CALL(virGetVersion)			\
	CALL(virSetErrorFunc)

struct virt {
	VIRT_CALLS(LAZY_MEMBER)
};

/* Filled by virt_load(). */
extern struct virt virt;

/**
 * virt_load() - load the library, unless it is
 *
 * Calls nothing of it, so it may be done before a fork.
 *
 * Return: 0; -ENOENT with a hint if there is no libvirt, or not all of it.
 */
int virt_load(struct err *err);

#endif
