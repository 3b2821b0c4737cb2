/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangle_parts.h - a mangler's spec while it is read
 *
 * Private to mangle_spec.c, mangle_value.c and mangle_check.c.
 */
#ifndef OVSLAB_CORE_MANGLE_PARTS_H
#define OVSLAB_CORE_MANGLE_PARTS_H

#include "core/mangle.h"

#define MANGLE_CHOOSERS (MANGLE_BIT(RATIO) | MANGLE_BIT(EVERY) | MANGLE_BIT(NTH) | MANGLE_BIT(FIRST))
#define MANGLE_RANGES (MANGLE_BIT(AFTER) | MANGLE_BIT(BETWEEN))
#define MANGLE_TRIGGERS (MANGLE_CHOOSERS | MANGLE_RANGES | MANGLE_BIT(LIMIT) | \
			 MANGLE_BIT(DURATION) | MANGLE_BIT(SEED))

/* What is known while a spec is read. */
struct mangle_parse {
	struct mangle_spec spec;
	const char *values[MANGLE_OPTS];	/* of the options that are given */
	enum mangle_option option;	/* the one at hand */
	char text[STAGE_SPEC_MAX];	/* its value in canonical form */
	size_t used;			/* of spec.stage.spec */
	struct err *err;
};

/* What parsers need of the table, beside what all may know. */
struct mangle_target {
	int (*parse)(struct mangle_parse *p, const char *value);	/* NULL: a flag */
	uint64_t low, high;		/* of a flag: low is or-ed into the field */
	size_t offset, size;		/* of the field in struct mangle_spec */
	uint32_t mode;
};

extern const struct mangle_target mangle_targets[MANGLE_OPTS];

/**
 * mangle_refuse() - say why a spec is refused
 * @cure:	the hint
 *
 * Return: -EINVAL
 */
int mangle_refuse(const struct mangle_spec *spec, struct err *err, const char *cure,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** mangle_check_options() - do the options that are given go together? 0 or -EINVAL */
int mangle_check_options(const struct mangle_spec *spec, struct err *err);

#endif
