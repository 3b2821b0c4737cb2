/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h - what fuzz targets share
 *
 * A target is fuzz_NAME.c with LLVMFuzzerTestOneInput(), and corpus/NAME with at least
 * one file. 'make fuzz' runs it; 'make check' replays the corpus.
 */
#ifndef OVSLAB_TESTS_FUZZ_H
#define OVSLAB_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/util.h"
#include "host/capfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input. */
#define must(condition)			\
	do {				\
		if (!(condition))	\
			abort();	\
	} while (0)

/** fuzz_frame() - parse a record, and see that what comes out lies within it */
static inline bool fuzz_frame(const struct frame_record *r, struct frame *ret)
{
	bool judged = frame_parse(r, ret);

	must(ret->kind < FRAME_KINDS);
	must(judged == (ret->kind == FRAME_TCP || ret->kind == FRAME_UDP));
	if (!judged)
		return false;
	must(ret->payload >= r->data && ret->payload <= r->data + r->captured);
	must(ret->payload_captured <= r->data + r->captured - ret->payload);
	must(ret->payload_captured <= ret->len);
	must(ret->n_sack <= FRAME_SACKS);
	must(ret->key.family == 4 || ret->key.family == 6);
	for (uint32_t i = 0; i < ret->payload_captured; i++)
		(void)*(const volatile uint8_t *)&ret->payload[i];
	return true;
}

/** fuzz_capture() - read a file with these bytes to its end, and parse its frames */
static inline void fuzz_capture(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capfile_cursor c = { 0 };
	const struct frame_record *r;
	struct err err = { 0 };
	struct frame f;
	uint64_t n = 0;
	char name[64];

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (capfile_open(NULL, name, &c.cf, &err) < 0) {
		must(err.status == STATUS_USAGE && err.msg[0]);
		err_reset(&err);
		return;
	}
	while ((r = capfile_next(&c))) {
		must(r->number == ++n);
		fuzz_frame(r, &f);
	}
	if (capfile_damage(c.cf))
		must(n > 0 && capfile_damage(c.cf)->rc < 0 && capfile_damage(c.cf)->text[0]);
	capfile_close(c.cf);
}

#endif
