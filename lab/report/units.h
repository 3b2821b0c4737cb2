/* SPDX-License-Identifier: GPL-2.0 */
/*
 * units.h - numbers as people read them
 *
 * Each returns its buffer argument, so that it can stand in a printf list.
 */
#ifndef OVSLAB_REPORT_UNITS_H
#define OVSLAB_REPORT_UNITS_H

#include <stdint.h>

struct unit_text {
	char s[32];
};

/** units_bps() - bits per second: "341 Mb/s", "1.25 Gb/s" (decimal prefixes) */
const char *units_bps(struct unit_text *buf, double bps);

/** units_bytes() - "1 MiB", "12.3 KiB" (binary prefixes) */
const char *units_bytes(struct unit_text *buf, uint64_t bytes);

/** units_ns() - a duration: "830 ns", "1.25 us", "62 ms", "3 s" */
const char *units_ns(struct unit_text *buf, uint64_t ns);

/** units_percent() - a share of 0..1: "0 %", "<0.01 %", "0.95 %", "9.4 %", "42 %" */
const char *units_percent(struct unit_text *buf, double share);

#endif
