// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_gzip.c - any bytes as a gzipped capture
 *
 * The first two bytes are gzip's magic whatever the input says, or little would get past.
 */
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *file = malloc(size + 1);

	if (size < 2)
		return 0;
	must(file);
	memcpy(file, data, size);
	file[0] = 0x1f;
	file[1] = 0x8b;
	fuzz_capture(file, size);
	return 0;
}
