// SPDX-License-Identifier: GPL-2.0
/*
 * test_capwrite.c - tcpdump's pipe into a file: read back by libpcap, byte for byte
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"
#include "host/capfile.h"
#include "host/capwrite.h"

#define PACKETS 500
#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d

static char path[64];
static uint8_t stream[1 << 20];
static size_t stream_len;

static void add(const void *data, size_t len)
{
	assert_true(stream_len + len <= sizeof(stream));
	memcpy(stream + stream_len, data, len);
	stream_len += len;
}

/* Lengths from 1 to 1500, so that every padding occurs. */
static uint32_t length_of(unsigned int i)
{
	return 1 + i * 37 % 1500;
}

/* What tcpdump writes: a file header, and PACKETS records. */
static void make_stream(uint32_t magic)
{
	const uint16_t version[2] = { 2, 4 };
	const uint32_t rest[4] = { 0, 0, 1500, 1 };
	uint8_t frame[1500];

	stream_len = 0;
	add(&magic, sizeof(magic));
	add(version, sizeof(version));
	add(rest, sizeof(rest));
	for (unsigned int i = 0; i < PACKETS; i++) {
		uint32_t header[4] = { 1700000000 + i, i, length_of(i), length_of(i) + 7 };

		memset(frame, (int)i, sizeof(frame));
		add(header, sizeof(header));
		add(frame, header[2]);
	}
}

static int setup(void **state)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/capwrite.XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	return unlink(path);
}

static const struct pcapng_section section = {
	.comment = "lab: default\ninjected: vm1:egress: psh --ratio 10", .os = "Linux 6.12",
	.program = "ovslab 0.1.0",
};
static const struct pcapng_interface interface = {
	.name = "tap-vm1", .description = "where vm1's packets enter", .filter = "tcp port 9000",
};

/* Push @len bytes of the stream in pieces of @piece. Return: what the last pump said. */
static int pump_pieces(struct capwrite *w, size_t len, size_t piece)
{
	int fds[2], rc = 1;

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	for (size_t at = 0; at < len && rc == 1; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		assert_int_equal(write(fds[1], stream + at, n), n);
		rc = capwrite_pump(w, fds[0]);
	}
	close(fds[1]);
	if (rc == 1)
		rc = capwrite_pump(w, fds[0]);
	close(fds[0]);
	return rc;
}

static struct capwrite *begin(bool classic)
{
	struct capwrite *w = NULL;

	assert_int_equal(capwrite_open(path, classic ? NULL : &section, &interface, &w, NULL), 0);
	return w;
}

/* Whether the file has the first @n packets, and nothing else. */
static void assert_holds(unsigned int n, unsigned int tick_ns)
{
	struct capfile_cursor c = { 0 };
	const struct frame_record *r;
	unsigned int i = 0;

	assert_int_equal(capfile_open(NULL, path, &c.cf, NULL), 0);
	while ((r = capfile_next(&c))) {
		assert_int_equal(r->captured, length_of(i));
		assert_int_equal(r->length, length_of(i) + 7);
		assert_int_equal(r->time_ns, (1700000000 + i) * UINT64_C(1000000000) + i * tick_ns);
		assert_int_equal(r->link, 1);
		for (uint32_t b = 0; b < r->captured; b++)
			assert_int_equal(r->data[b], i & 255);
		i++;
	}
	assert_int_equal(i, n);
	assert_null(capfile_damage(c.cf));
	capfile_close(c.cf);
}

static char *content(size_t *ret_len)
{
	_cleanup_fclose_ FILE *f = fopen(path, "r");
	char *data = malloc(sizeof(stream) * 2);

	assert_non_null(f);
	assert_non_null(data);
	*ret_len = fread(data, 1, sizeof(stream) * 2, f);
	return data;
}

/* ---- the tests ------------------------------------------------------------- */

static void test_pcapng(void **state)
{
	static const size_t pieces[] = { 1, 7, 1000, 65536 };

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct capwrite *w = begin(false);

		make_stream(MAGIC_NS);
		assert_int_equal(pump_pieces(w, stream_len, pieces[i]), 0);
		assert_int_equal(capwrite_packets(w), PACKETS);
		assert_int_equal(capwrite_close(w, 3), 0);
		assert_holds(PACKETS, 1);
	}
}

static void test_microseconds(void **state)
{
	struct capwrite *w = begin(false);

	make_stream(MAGIC_US);
	assert_int_equal(pump_pieces(w, stream_len, 4096), 0);
	assert_int_equal(capwrite_close(w, 0), 0);
	assert_holds(PACKETS, 1000);
}

static void test_classic(void **state)
{
	_cleanup_free_ char *data = NULL;
	struct capwrite *w = begin(true);
	size_t len;

	make_stream(MAGIC_US);
	assert_int_equal(pump_pieces(w, stream_len, 999), 0);
	assert_int_equal(capwrite_packets(w), PACKETS);
	assert_int_equal(capwrite_close(w, 3), 0);
	data = content(&len);
	assert_int_equal(len, stream_len);
	assert_memory_equal(data, stream, len);
}

/* What was pumped is in the file before anything is closed: nobody may come to do it. */
static void test_killed(void **state)
{
	size_t header = 24, second = header + 16 + length_of(0) + 16 + length_of(1);
	struct capwrite *w = begin(false);

	make_stream(MAGIC_NS);
	assert_int_equal(pump_pieces(w, second + 20, 4096), 0);
	assert_holds(2, 1);
	capwrite_close(w, 0);
	assert_holds(2, 1);
}

static void test_texts(void **state)
{
	static const char *const wanted[] = {
		"lab: default\ninjected: vm1:egress: psh --ratio 10", "Linux 6.12", "ovslab 0.1.0",
		"tap-vm1", "where vm1's packets enter", "tcp port 9000",
	};
	_cleanup_free_ char *data = NULL;
	struct capwrite *w = begin(false);
	size_t len;

	make_stream(MAGIC_NS);
	assert_int_equal(pump_pieces(w, stream_len, 4096), 0);
	capwrite_close(w, 3);
	data = content(&len);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_non_null(memmem(data, len, wanted[i], strlen(wanted[i])));
}

/* No packet came: the file says so, and from where. */
static void test_empty(void **state)
{
	struct capwrite *w = begin(false);

	make_stream(MAGIC_NS);
	assert_int_equal(pump_pieces(w, 24, 24), 0);
	assert_int_equal(capwrite_close(w, 0), 0);
	assert_holds(0, 1);
}

static void test_not_a_capture(void **state)
{
	struct capwrite *w = begin(false);

	make_stream(MAGIC_NS);
	stream[0] ^= 1;
	assert_int_equal(pump_pieces(w, stream_len, 4096), -EBADMSG);
	assert_int_equal(capwrite_close(w, 0), -EBADMSG);
}

/* The disk is full in the midst of a packet: those before it stay, and nothing else. */
static void test_no_space(void **state)
{
	struct rlimit old, limit;
	struct capwrite *w = begin(false);
	int rc;

	make_stream(MAGIC_NS);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 20000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	rc = pump_pieces(w, stream_len, 1600);
	assert_int_equal(rc, -EFBIG);
	assert_int_equal(capwrite_close(w, 0), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	{
		struct capfile_cursor c = { 0 };
		unsigned int n = 0;

		assert_int_equal(capfile_open(NULL, path, &c.cf, NULL), 0);
		while (capfile_next(&c))
			n++;
		assert_null(capfile_damage(c.cf));
		assert_in_range(n, 20, 40);
		capfile_close(c.cf);
	}
}

static void test_no_such_place(void **state)
{
	struct capwrite *w = NULL;
	struct err err = { 0 };

	assert_int_equal(capwrite_open("/nonexistent/x.pcap", &section, &interface, &w, &err), -ENOENT);
	assert_null(w);
	assert_int_equal(err.status, STATUS_USAGE);
	err_reset(&err);
	assert_int_equal(capwrite_close(NULL, 0), 0);
}

/* Texts of any length fit into a block; they are cut between characters. */
static void test_long_texts(void **state)
{
	static uint8_t block[PCAPNG_BLOCK_MAX];
	static char text[3 * PCAPNG_TEXT_MAX];
	uint16_t first;
	size_t len;

	for (size_t i = 0; i + 2 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[sizeof(text) - 3] = '\0';
	len = pcapng_section(block, &(struct pcapng_section){ text, text, text });
	assert_true(len <= sizeof(block));
	assert_int_equal(len % 4, 0);
	memcpy(&first, block + 26, sizeof(first));	/* length of the first option */
	assert_int_equal(first, PCAPNG_TEXT_MAX / 3 * 3);
	len = pcapng_interface(block, &(struct pcapng_interface){ text, text, text, 1, 0 });
	assert_true(len <= sizeof(block));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pcapng, setup, teardown),
		cmocka_unit_test_setup_teardown(test_microseconds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_classic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_capture, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_space, setup, teardown),
		cmocka_unit_test(test_no_such_place),
		cmocka_unit_test(test_long_texts),
	};

	/* a file beyond RLIMIT_FSIZE also raises a signal */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
