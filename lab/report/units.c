// SPDX-License-Identifier: GPL-2.0
/*
 * units.c - numbers as people read them
 */
#include "report/units.h"

#include <math.h>
#include <stdio.h>

#include "core/util.h"

/* Three significant digits, and no trailing zeros after a decimal point. */
static const char *scaled(struct unit_text *buf, double value, double step,
			  const char *const *units, size_t n)
{
	size_t u = 0;
	int digits;

	while (u + 1 < n && value >= step * 0.9995) {
		value /= step;
		u++;
	}
	digits = u == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	if (fabs(value - round(value)) < 0.005)
		digits = 0;
	snprintf(buf->s, sizeof(buf->s), "%.*f %s", digits, value, units[u]);
	return buf->s;
}

const char *units_bps(struct unit_text *buf, double bps)
{
	static const char *const units[] = { "b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s" };

	return scaled(buf, bps, 1000, units, ARRAY_SIZE(units));
}

const char *units_bytes(struct unit_text *buf, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };

	return scaled(buf, (double)bytes, 1024, units, ARRAY_SIZE(units));
}

const char *units_ns(struct unit_text *buf, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	return scaled(buf, (double)ns, 1000, units, ARRAY_SIZE(units));
}

const char *units_percent(struct unit_text *buf, double share)
{
	double p = 100 * share;

	if (p <= 0)
		snprintf(buf->s, sizeof(buf->s), "0 %%");
	else if (p < 0.01)
		snprintf(buf->s, sizeof(buf->s), "<0.01 %%");
	else
		snprintf(buf->s, sizeof(buf->s), "%.*f %%",
			 p < 1 ? 2 : p < 99.95 ? 1 : 0, p);
	return buf->s;
}
