/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tap.h - scratch tap devices for probes and tests
 */
#ifndef OVSLAB_HOST_TAP_H
#define OVSLAB_HOST_TAP_H

#include "core/err.h"

/**
 * tap_open() - make a tap device with a vnet header, and bring it up
 * @name:	of the device, in the current network namespace
 *
 * The device lives as long as the descriptor.
 *
 * Return: descriptor, or -errno
 */
int tap_open(const char *name, struct err *err);

#endif
