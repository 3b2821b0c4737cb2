// SPDX-License-Identifier: GPL-2.0
/*
 * test_capfile.c - capture files of every format: whole, cut after each byte, damaged,
 * gzipped and through pipes
 *
 * The files are made here byte by byte and read from memory files. Each has three
 * records of different lengths, so that a misplaced cut is seen.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "bytes.h"
#include "core/util.h"
#include "host/capfile.h"

#define RECORDS 3
#define TIME_NS (UINT64_C(1700000000123456) * 1000)	/* of the first, microseconds */

/* A file, and where it may be cut. */
struct sample {
	struct bytes file;
	size_t header;			/* bytes without which it is no capture */
	size_t end[RECORDS];		/* of each record */
	bool whole[1024];		/* [n]: the first n bytes end with a block */
	const char *says;		/* of a cut anywhere else */
};

static void block_ends(struct sample *s)
{
	assert_true(s->file.n < ARRAY_SIZE(s->whole));
	s->whole[s->file.n] = true;
}

static void record_ends(struct sample *s, size_t record)
{
	block_ends(s);
	s->end[record] = s->file.n;
}

static uint32_t captured_of(size_t i)
{
	return (uint32_t[RECORDS]){ 60, 21, 33 }[i];
}

static uint8_t byte_of(size_t record, size_t at)
{
	return (uint8_t)(record * 100 + at);
}

static void put_frame(struct bytes *to, size_t record)
{
	for (size_t i = 0; i < captured_of(record); i++)
		put8(to, byte_of(record, i));
}

/* ---- pcap ----------------------------------------------------------------------- */

static void classic(struct sample *s, bool little, uint32_t magic)
{
	*s = (struct sample){ .file.little = little, .header = 24, .says = "within a record" };
	put32(&s->file, magic);
	put16(&s->file, 2);
	put16(&s->file, 4);
	put_zeros(&s->file, 8);
	put32(&s->file, 65535);
	put32(&s->file, 1);
	block_ends(s);
	for (size_t i = 0; i < RECORDS; i++) {
		put32(&s->file, 1700000000);
		put32(&s->file, magic == 0xa1b2c3d4 ? 123456 + i : 123456000 + 1000 * i);
		put32(&s->file, captured_of(i));
		put32(&s->file, 1000);
		put_frame(&s->file, i);
		record_ends(s, i);
	}
}

static void classic_le_us(struct sample *s)
{
	classic(s, true, 0xa1b2c3d4);
}

static void classic_be_us(struct sample *s)
{
	classic(s, false, 0xa1b2c3d4);
}

static void classic_le_ns(struct sample *s)
{
	classic(s, true, 0xa1b23c4d);
}

static void classic_be_ns(struct sample *s)
{
	classic(s, false, 0xa1b23c4d);
}

/* ---- pcapng (draft-ietf-opsawg-pcapng) ------------------------------------------- */

static void block(struct bytes *to, uint32_t type, const struct bytes *body)
{
	size_t pad = -body->n % 4, total = 12 + body->n + pad;

	put32(to, type);
	put32(to, (uint32_t)total);
	put_bytes(to, body);
	put_zeros(to, pad);
	put32(to, (uint32_t)total);
}

static void put_option(struct bytes *to, uint16_t code, const void *data, size_t n)
{
	put16(to, code);
	put16(to, (uint16_t)n);
	put(to, data, n);
	put_zeros(to, -n % 4);
}

static void section(struct bytes *to)
{
	struct bytes body = { .little = to->little };

	put32(&body, 0x1a2b3c4d);
	put16(&body, 1);
	put16(&body, 0);
	put32(&body, 0xffffffff);
	put32(&body, 0xffffffff);
	put_option(&body, 1, "a comment", 9);
	put_option(&body, 0, "", 0);
	block(to, 0x0a0d0d0a, &body);
}

/* @resolution: if_tsresol, negative power of ten; 0 for the default, microseconds */
static void interface(struct bytes *to, uint16_t link, uint8_t resolution)
{
	struct bytes body = { .little = to->little };

	put16(&body, link);
	put16(&body, 0);
	put32(&body, 0);
	put_option(&body, 2, "eth0", 4);
	if (resolution)
		put_option(&body, 9, &resolution, 1);
	put_option(&body, 0, "", 0);
	block(to, 1, &body);
}

static void unknown_block(struct bytes *to)
{
	struct bytes body = { .little = to->little };

	put_zeros(&body, 17);
	block(to, 0x0bad0000, &body);
}

static void enhanced_packet(struct bytes *to, uint32_t interface_id, size_t record, uint64_t time)
{
	struct bytes body = { .little = to->little };

	put32(&body, interface_id);
	put32(&body, (uint32_t)(time >> 32));
	put32(&body, (uint32_t)time);
	put32(&body, captured_of(record));
	put32(&body, 1000);
	put_frame(&body, record);
	put_zeros(&body, -body.n % 4);
	put_option(&body, 1, "of a packet", 11);
	put_option(&body, 0, "", 0);
	block(to, 6, &body);
}

static void pcapng(struct sample *s, bool little)
{
	*s = (struct sample){ .file.little = little, .says = "truncated" };
	section(&s->file);
	unknown_block(&s->file);
	interface(&s->file, 1, 0);
	s->header = s->file.n;
	block_ends(s);
	interface(&s->file, 1, 9);
	block_ends(s);
	enhanced_packet(&s->file, 0, 0, TIME_NS / 1000);
	record_ends(s, 0);
	unknown_block(&s->file);
	block_ends(s);
	enhanced_packet(&s->file, 1, 1, TIME_NS + 1000);
	record_ends(s, 1);
	enhanced_packet(&s->file, 0, 2, TIME_NS / 1000 + 2);
	record_ends(s, 2);
}

static void pcapng_le(struct sample *s)
{
	pcapng(s, true);
}

static void pcapng_be(struct sample *s)
{
	pcapng(s, false);
}

/* Two sections: two files, one after the other. */
static void pcapng_sections(struct sample *s)
{
	*s = (struct sample){ .file.little = true, .says = "truncated" };
	section(&s->file);
	interface(&s->file, 1, 9);
	s->header = s->file.n;
	block_ends(s);
	for (size_t i = 0; i < RECORDS; i++) {
		if (i == 2) {
			section(&s->file);
			block_ends(s);
			interface(&s->file, 1, 9);
			block_ends(s);
		}
		enhanced_packet(&s->file, 0, i, TIME_NS + 1000 * i);
		record_ends(s, i);
	}
}

static const struct format {
	const char *name;
	void (*make)(struct sample *s);
} formats[] = {
	{ "pcap, little-endian, us", classic_le_us },
	{ "pcap, big-endian, us", classic_be_us },
	{ "pcap, little-endian, ns", classic_le_ns },
	{ "pcap, big-endian, ns", classic_be_ns },
	{ "pcapng, little-endian", pcapng_le },
	{ "pcapng, big-endian", pcapng_be },
	{ "pcapng, two sections", pcapng_sections },
};

/* ---- reading -------------------------------------------------------------------- */

/* A name for these bytes, until the next call. */
static const char *memory_file(const uint8_t *data, size_t n)
{
	static char name[64];
	static int fd = -1;

	if (fd >= 0)
		close(fd);
	fd = memfd_create("capture", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return name;
}

/* The records of a sample up to the end; how many. */
static size_t expect_records(struct capfile *cf)
{
	struct capfile_cursor c = { .cf = cf };
	const struct frame_record *r;
	size_t n = 0;

	while ((r = capfile_next(&c))) {
		assert_true(n < RECORDS);
		assert_int_equal(r->captured, captured_of(n));
		assert_int_equal(r->length, 1000);
		assert_int_equal(r->link, 1);
		assert_int_equal(r->time_ns, TIME_NS + 1000 * n);
		assert_int_equal(r->number, n + 1);
		for (size_t i = 0; i < r->captured; i++)
			assert_int_equal(r->data[i], byte_of(n, i));
		n++;
	}
	assert_null(capfile_next(&c));
	return n;
}

static struct capfile *open_ok(const char *name)
{
	struct capfile *cf = NULL;
	struct err err = { 0 };

	if (capfile_open(NULL, name, &cf, &err) < 0)
		fail_msg("%s", err.msg);
	return cf;
}

static void expect_undamaged(const char *name, size_t records)
{
	struct capfile *cf = open_ok(name);

	assert_int_equal(expect_records(cf), records);
	assert_null(capfile_damage(cf));
	capfile_close(cf);
}

static void expect_damaged(const char *name, size_t records, size_t offset, const char *says)
{
	struct capfile *cf = open_ok(name);
	const struct capfile_damage *d;

	assert_int_equal(expect_records(cf), records);
	d = capfile_damage(cf);
	assert_non_null(d);
	assert_int_equal(d->rc, -EBADMSG);
	assert_int_equal(d->offset, offset);
	if (!strstr(d->text, says))
		fail_msg("'%s' is not about '%s'", d->text, says);
	assert_int_equal(capfile_batch(cf, &(const struct frame_record *){ NULL }), 0);
	capfile_close(cf);
}

/* Nothing can be read of it; the message has @says. */
static void expect_refused(const char *name, const char *says)
{
	struct capfile *cf = NULL;
	struct err err = { 0 };

	assert_true(capfile_open(NULL, name, &cf, &err) < 0);
	assert_null(cf);
	assert_int_equal(err.status, STATUS_USAGE);
	if (!strstr(err.msg, says) || !strstr(err.msg, name))
		fail_msg("'%s' is not about '%s' and %s", err.msg, says, name);
	err_reset(&err);
}

static void test_formats(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct sample s;

		formats[i].make(&s);
		expect_undamaged(memory_file(s.file.b, s.file.n), RECORDS);
	}
}

/* What the first @n bytes of a sample give. Where @whole they end as a file may. */
static void expect_cut(const struct sample *s, size_t n, bool whole, const char *name,
		       const char *says)
{
	size_t records = 0;

	while (records < RECORDS && n >= s->end[records])
		records++;
	if (n < s->header)
		expect_refused(name, "");
	else if (whole)
		expect_undamaged(name, records);
	else if (records == 0)
		expect_refused(name, says);
	else
		expect_damaged(name, records, s->end[records - 1], says);
}

static void test_cut_anywhere(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct sample s;

		formats[i].make(&s);
		for (size_t n = 1; n <= s.file.n; n++)
			expect_cut(&s, n, s.whole[n], memory_file(s.file.b, n), s.says);
	}
}

/* ---- damage --------------------------------------------------------------------- */

static void test_nothing_to_read(void **state)
{
	static const struct {
		const char *hex, *says;
	} rows[] = {
		{ "", "is empty" },
		{ "68 65 6c 6c 6f 0a", "not a capture" },
		{ "d4 c3 b2 a1 02 00", "not a capture" },
		{ "28 b5 2f fd 24 00", "zstd" },
		{ "fd 37 7a 58 5a 00 00", "xz" },
		{ "04 22 4d 18 64 40", "lz4" },
		{ "42 5a 68 39 31 41", "bzip2" },
		{ "1f 8b", "gzip data are damaged" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes b = { 0 };

		put_hex(&b, rows[i].hex);
		expect_refused(memory_file(b.b, b.n), rows[i].says);
	}
	expect_refused("/nonexistent/capture", "No such file");
	expect_refused("/", "directory");
}

static void test_hint(void **state)
{
	struct bytes b = { 0 };
	struct capfile *cf;
	struct err err = { 0 };

	put_hex(&b, "28 b5 2f fd 24 00");
	assert_true(capfile_open(NULL, memory_file(b.b, b.n), &cf, &err) < 0);
	assert_non_null(strstr(err.hint, "zstd -dc"));
	assert_non_null(strstr(err.hint, "analyze -"));
}

/* A length that is none, in the second record of each classic format. */
static void test_wrong_lengths(void **state)
{
	for (size_t i = 0; i < 4; i++) {
		struct sample s;

		formats[i].make(&s);
		memset(s.file.b + s.end[0] + 8, 0x7f, 4);
		expect_damaged(memory_file(s.file.b, s.file.n), 1, s.end[0], "longer than 1 MiB");
		/* plausible, but the file has less */
		formats[i].make(&s);
		s.file.b[s.end[0] + (s.file.little ? 9 : 10)] = 0x40;
		expect_damaged(memory_file(s.file.b, s.file.n), 1, s.end[0], "within a record");
		/* a hole of zeros, as a crash leaves it */
		formats[i].make(&s);
		memset(s.file.b + s.end[0], 0, s.file.n - s.end[0]);
		expect_damaged(memory_file(s.file.b, s.file.n), 1, s.end[0], "empty frame");
	}
}

static void test_wrong_block_lengths(void **state)
{
	for (size_t i = 4; i < ARRAY_SIZE(formats); i++) {
		struct sample s;

		formats[i].make(&s);
		memset(s.file.b + s.end[0] + 4, 0x7f, 4);
		expect_damaged(memory_file(s.file.b, s.file.n), 1, s.end[0], "");
		formats[i].make(&s);
		memset(s.file.b + s.end[0] + 4, 0, 4);
		expect_damaged(memory_file(s.file.b, s.file.n), 1, s.end[0], "");
	}
}

/* libpcap does not read these; the message says what does. */
static void test_mixed_links(void **state)
{
	struct bytes file = { .little = true };
	const char *name;
	size_t first;

	section(&file);
	interface(&file, 1, 9);
	enhanced_packet(&file, 0, 0, TIME_NS);
	first = file.n;
	interface(&file, 113, 9);
	enhanced_packet(&file, 1, 1, TIME_NS + 1000);
	name = memory_file(file.b, file.n);
	expect_damaged(name, 1, first, "type 113 different from the type");
	expect_damaged(name, 1, first, "tshark");
}

/* ---- gzip ------------------------------------------------------------------------ */

/* One member with these bytes; all that was given before a flush can be had of it. */
static void put_member(struct bytes *to, const uint8_t *data, size_t n, int level)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (uint8_t *)data;
	z.avail_in = (unsigned int)n;
	z.next_out = to->b + to->n;
	z.avail_out = (unsigned int)(sizeof(to->b) - to->n);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	to->n += z.total_out;
	deflateEnd(&z);
}

/* The whole file as members of @piece bytes. */
static void gzipped(const struct bytes *file, size_t piece, int level, struct bytes *ret)
{
	*ret = (struct bytes){ 0 };
	for (size_t at = 0; at < file->n; at += piece)
		put_member(ret, file->b + at, piece < file->n - at ? piece : file->n - at, level);
}

static void test_gzip(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct sample s;
		struct bytes z;

		formats[i].make(&s);
		for (int level = 0; level <= 9; level += 3) {
			gzipped(&s.file, SIZE_MAX, level, &z);
			expect_undamaged(memory_file(z.b, z.n), RECORDS);
			gzipped(&s.file, 11, level, &z);
			expect_undamaged(memory_file(z.b, z.n), RECORDS);
		}
		put_zeros(&z, 512);
		expect_undamaged(memory_file(z.b, z.n), RECORDS);
	}
}

/* Stored, not compressed, so that it is known how much a cut leaves: all but gzip's
 * header of 10 bytes and the block's of 5; 8 follow. */
static void test_gzip_cut_anywhere(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct sample s;
		struct bytes z;

		formats[i].make(&s);
		gzipped(&s.file, SIZE_MAX, 0, &z);
		assert_int_equal(z.n, s.file.n + 23);
		for (size_t n = 2; n < z.n; n++) {
			size_t left = n < 15 ? 0 : n - 15 < s.file.n ? n - 15 : s.file.n;
			const char *name = memory_file(z.b, n);

			if (left < s.file.n)
				expect_cut(&s, left, false, name, "end too early");
			else
				expect_damaged(name, RECORDS, s.file.n, "end too early");
		}
	}
}

static void test_gzip_damage(void **state)
{
	struct sample s;
	struct bytes z;

	classic_le_us(&s);
	gzipped(&s.file, SIZE_MAX, 0, &z);
	z.b[z.n - 8] ^= 1;
	expect_damaged(memory_file(z.b, z.n), RECORDS, s.file.n, "incorrect data check");
	gzipped(&s.file, SIZE_MAX, 6, &z);
	put_hex(&z, "68 65 6c 6c 6f");
	expect_damaged(memory_file(z.b, z.n), RECORDS, s.file.n, "something else follows");
	/* the second member is none */
	gzipped(&s.file, s.end[1], 0, &z);
	z.b[s.end[1] + 23 + 2] = 9;
	expect_damaged(memory_file(z.b, z.n), 2, s.end[1], "unknown compression method");
	z.n = 0;
	put_member(&z, NULL, 0, 6);
	expect_refused(memory_file(z.b, z.n), "is empty");
}

/* ---- pipes ------------------------------------------------------------------------ */

struct writer {
	int fd;
	const struct bytes *file;
	size_t piece;
};

static void *write_pieces(void *arg)
{
	const struct writer *w = arg;

	for (size_t at = 0; at < w->file->n; at += w->piece) {
		size_t n = w->piece < w->file->n - at ? w->piece : w->file->n - at;

		if (write(w->fd, w->file->b + at, n) != (ssize_t)n)
			break;
	}
	close(w->fd);
	return NULL;
}

/* As a pipe's end is named, or as the standard input. */
static void read_piped(const struct bytes *file, size_t piece, bool stdin_too)
{
	struct writer w = { .file = file, .piece = piece };
	int fds[2], saved = dup(STDIN_FILENO);
	pthread_t thread;
	char name[64] = "-";

	assert_int_equal(pipe(fds), 0);
	w.fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, write_pieces, &w), 0);
	if (stdin_too)
		dup2(fds[0], STDIN_FILENO);
	else
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	expect_undamaged(name, RECORDS);
	pthread_join(thread, NULL);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
	close(fds[0]);
}

static void test_pipes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct sample s;
		struct bytes z;

		formats[i].make(&s);
		gzipped(&s.file, 100, 6, &z);
		for (size_t piece = 1; piece < 2000; piece = piece * 3 + 1) {
			read_piped(&s.file, piece, false);
			read_piped(&z, piece, true);
		}
	}
}

/* A record that is there is handed out though the writer has not ended. */
static void test_live_pipe(void **state)
{
	const struct frame_record *r;
	struct capfile *cf = NULL;
	struct err err = { 0 };
	struct job job = { 0 };
	struct sample s;
	char name[64];
	int fds[2];

	classic_le_us(&s);
	assert_int_equal(pipe(fds), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	assert_int_equal(write(fds[1], s.file.b, s.end[0] + 5), s.end[0] + 5);
	assert_int_equal(capfile_open(&job, name, &cf, &err), 0);
	assert_int_equal(capfile_batch(cf, &r), 1);
	job.deadline_ns = now_ns() + 20 * 1000 * 1000;
	assert_int_equal(capfile_batch(cf, &r), 0);
	assert_int_equal(capfile_damage(cf)->rc, -ETIMEDOUT);
	assert_int_equal(capfile_damage(cf)->offset, s.end[0]);
	capfile_close(cf);
	/* and a pipe that says nothing at all */
	job.deadline_ns = now_ns() + 20 * 1000 * 1000;
	assert_int_equal(capfile_open(&job, name, &cf, &err), -ETIMEDOUT);
	assert_int_equal(err.status, STATUS_BENCH);
	close(fds[0]);
	close(fds[1]);
}

/* ---- size ------------------------------------------------------------------------ */

/* Records of all lengths, over many reads: each comes once, with its own bytes. */
static void test_long_file(void **state)
{
	static uint8_t frame[3000];
	struct bytes head = { .little = true };
	FILE *f = tmpfile();
	struct capfile *cf;
	const struct frame_record *r;
	char name[64];
	size_t n = 4000, seen = 0;

	put_hex(&head, "d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 00 00 04 00 01 00 00 00");
	fwrite(head.b, 1, head.n, f);
	for (size_t i = 0; i < n; i++) {
		uint32_t len = (uint32_t)(i * 7919 % sizeof(frame)) + 1;

		head.n = 0;
		put32(&head, (uint32_t)i);
		put32(&head, 0);
		put32(&head, len);
		put32(&head, len);
		fwrite(head.b, 1, head.n, f);
		memset(frame, (int)(i % 251), len);
		fwrite(frame, 1, len, f);
	}
	fflush(f);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fileno(f));
	cf = open_ok(name);
	for (struct capfile_cursor c = { .cf = cf }; (r = capfile_next(&c)); seen++) {
		assert_int_equal(r->time_ns, seen * UINT64_C(1000000000));
		assert_int_equal(r->captured, seen * 7919 % sizeof(frame) + 1);
		assert_int_equal(r->data[0], seen % 251);
		assert_int_equal(r->data[r->captured - 1], seen % 251);
	}
	assert_int_equal(seen, n);
	assert_null(capfile_damage(cf));
	capfile_close(cf);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_wrong_lengths),
		cmocka_unit_test(test_wrong_block_lengths),
		cmocka_unit_test(test_mixed_links),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_gzip_cut_anywhere),
		cmocka_unit_test(test_gzip_damage),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_live_pipe),
		cmocka_unit_test(test_long_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
