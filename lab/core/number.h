/* SPDX-License-Identifier: GPL-2.0 */
/*
 * number.h - numbers from text: whole ones, with a suffix ("512M", "2m"), lists of CPUs
 */
#ifndef OVSLAB_CORE_NUMBER_H
#define OVSLAB_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/** number_whole() - all of @text as a number: 0, -EINVAL, -ERANGE; no sign, no blank */
int number_whole(const char *text, int base, uint64_t *ret);

/** number_size() - bytes: 512M = 512MiB, 10MB = 10^7; returns as number_whole() */
int number_size(const char *text, uint64_t *ret);

/** number_seconds() - 10, 10s, 2m, 1h; returns as number_whole() */
int number_seconds(const char *text, uint64_t *ret);

/** number_cpus() - is @text a list of CPUs that are all below @n, such as "0-1,3"? */
bool number_cpus(const char *text, unsigned long n);

#endif
