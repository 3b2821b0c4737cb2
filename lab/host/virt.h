/* SPDX-License-Identifier: GPL-2.0 */
/*
 * virt.h - libvirt's calls, loaded when the first of them is due
 *
 * libvirt brings some fifty libraries along. Linked, they would make every command
 * start four times as slowly, also those that never speak to it; and what needs no
 * VM would not run where libvirt is not installed.
 */
#ifndef OVSLAB_HOST_VIRT_H
#define OVSLAB_HOST_VIRT_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "core/err.h"

#define VIRT_CALLS(CALL)			\
	CALL(virConnectClose)			\
	CALL(virConnectOpen)			\
	CALL(virDomainCreate)			\
	CALL(virDomainDefineXML)		\
	CALL(virDomainFree)			\
	CALL(virDomainIsPersistent)		\
	CALL(virDomainLookupByName)		\
	CALL(virDomainRestoreFlags)		\
	CALL(virDomainSaveFlags)		\
	CALL(virDomainUndefine)			\
	CALL(virEventRegisterDefaultImpl)	\
	CALL(virEventRunDefaultImpl)		\
	CALL(virGetLastErrorMessage)		\
	CALL(virGetVersion)			\
	CALL(virSetErrorFunc)

#define VIRT_MEMBER(name) __typeof__(name) *name;
struct virt {
	VIRT_CALLS(VIRT_MEMBER)
};
#undef VIRT_MEMBER

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
