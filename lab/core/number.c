// SPDX-License-Identifier: GPL-2.0
/*
 * number.c - numbers from text
 */
#include "core/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* 0, -EINVAL if @text begins with no number, -ERANGE if 64 bits do not hold it */
static int parse_number(const char *text, int base, const char **ret_end, uint64_t *ret)
{
	char *end;

	if (!isxdigit((unsigned char)*text) || (base == 10 && !isdigit((unsigned char)*text)))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, base);
	*ret_end = end;
	return end == text ? -EINVAL : -errno;
}

int number_whole(const char *text, int base, uint64_t *ret)
{
	const char *end = "";
	int rc = parse_number(text, base, &end, ret);

	return *end ? -EINVAL : rc;
}

struct suffix {
	const char *name;
	uint64_t factor;
};

static const struct suffix size_suffixes[] = {
	{ "", 1 }, { "b", 1 },
	{ "k", 1ULL << 10 }, { "kib", 1ULL << 10 }, { "kb", 1000ULL },
	{ "m", 1ULL << 20 }, { "mib", 1ULL << 20 }, { "mb", 1000000ULL },
	{ "g", 1ULL << 30 }, { "gib", 1ULL << 30 }, { "gb", 1000000000ULL },
	{ "t", 1ULL << 40 }, { "tib", 1ULL << 40 }, { "tb", 1000000000000ULL },
	{ NULL, 0 }
};

static const struct suffix seconds_suffixes[] = {
	{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { NULL, 0 }
};

static int parse_suffixed(const char *text, const struct suffix *suffixes, uint64_t *ret)
{
	const char *end;
	uint64_t n;
	int rc = parse_number(text, 10, &end, &n);

	if (rc == -EINVAL)
		return rc;
	for (; suffixes->name; suffixes++)
		if (strcasecmp(end, suffixes->name) == 0)
			return rc < 0 || __builtin_mul_overflow(n, suffixes->factor, ret) ?
				-ERANGE : 0;
	return -EINVAL;
}

int number_size(const char *text, uint64_t *ret)
{
	return parse_suffixed(text, size_suffixes, ret);
}

int number_seconds(const char *text, uint64_t *ret)
{
	return parse_suffixed(text, seconds_suffixes, ret);
}

bool number_cpus(const char *text, unsigned long n)
{
	for (;;) {
		char *end;
		unsigned long first, last;

		if (!isdigit((unsigned char)*text))
			return false;
		first = last = strtoul(text, &end, 10);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			last = strtoul(end + 1, &end, 10);
		if (last < first || last >= n)
			return false;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
		text = end + 1;
	}
}
