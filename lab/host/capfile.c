// SPDX-License-Identifier: GPL-2.0
/*
 * capfile.c - capture files
 *
 * Owns libpcap's reader and the buffer that input.c fills.
 *
 * Theory of operation. Classic pcap is walked in the buffer (core/pcap.c), where frames
 * stay: what is left of a record at the end is moved below @base, and the next bytes are
 * read to @base, so that reads go to the same, aligned place. All else is libpcap's, a
 * record at a time, through a stdio stream over the same bytes; its position tells where
 * a record began. What opening reads ahead is handed out by the first batch.
 */
#include "host/capfile.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "core/pcap.h"
#include "core/util.h"
#include "host/input.h"
#include "host/lazy.h"

#define READ_BYTES (1 << 20)		/* fastest of what was tried: 20 GB/s */
#define BELOW_BYTES (PCAP_FRAME_MAX + 4096)	/* for a record that is not whole */
#define BATCH 256

struct capfile {
	struct input *in;
	uint8_t *buf, *base;		/* @base: BELOW_BYTES into it */
	uint8_t *at, *end;		/* what was read and not handed out */
	uint64_t offset;		/* of @end in the file */
	struct pcap_walk walk;
	pcap_t *other;			/* libpcap's, for what is not classic pcap */
	FILE *stream;			/* below @other, which owns it */
	uint16_t link;
	uint64_t number;
	struct frame_record batch[BATCH];
	size_t ahead;			/* records of the batch not handed out yet */
	struct capfile_damage damage;
};

static uint64_t position(const struct capfile *cf)
{
	return cf->offset - (cf->end - cf->at);
}

/* A capture that cannot be read is bad input, unless we did not wait for it. */
static enum status status_of(int rc)
{
	return rc == -EINTR || rc == -ETIMEDOUT ? STATUS_BENCH : STATUS_USAGE;
}

static void damaged(struct capfile *cf, int rc, uint64_t offset, const char *what)
{
	if (cf->damage.rc)
		return;
	cf->damage.rc = rc;
	cf->damage.offset = offset;
	cf->damage.unpacked = input_unpacks(cf->in);
	snprintf(cf->damage.text, sizeof(cf->damage.text), "%s", what);
}

/* More bytes after those that are left: > 0, 0 at the end, or -errno. */
static ssize_t refill(struct capfile *cf)
{
	size_t left = cf->end - cf->at;
	ssize_t n;

	memmove(cf->base - left, cf->at, left);
	cf->at = cf->base - left;
	cf->end = cf->base;
	n = input_read(cf->in, cf->base, READ_BYTES);
	if (n > 0) {
		cf->end += n;
		cf->offset += n;
	}
	return n;
}

/* ---- classic pcap ---------------------------------------------------------------- */

static size_t classic_batch(struct capfile *cf)
{
	size_t n, used;
	ssize_t got;

	for (;;) {
		n = pcap_walk_next(&cf->walk, cf->at, cf->end - cf->at, cf->batch, BATCH, &used);
		cf->at += used;
		if (n)
			return n;
		if (cf->walk.damage) {
			damaged(cf, -EBADMSG, position(cf), cf->walk.damage);
			return 0;
		}
		got = refill(cf);
		if (got < 0)
			damaged(cf, got, position(cf), input_why(cf->in));
		else if (got == 0 && cf->at < cf->end)
			damaged(cf, -EBADMSG, position(cf), "it ends within a record");
		if (got <= 0)
			return 0;
	}
}

/* ---- what libpcap reads ----------------------------------------------------------- */

#define PCAP_CALLS(CALL)				\
	CALL(pcap_close)				\
	CALL(pcap_datalink)				\
	CALL(pcap_fopen_offline_with_tstamp_precision)	\
	CALL(pcap_geterr)				\
	CALL(pcap_next_ex)

static struct {
	PCAP_CALLS(LAZY_MEMBER)
} pcap;

/* It brings D-Bus and what that needs along. The second name is that of Fedora. */
static int load_libpcap(struct err *err)
{
#define ROW(name) { #name, &pcap.name },
	static const struct lazy_call calls[] = { PCAP_CALLS(ROW) { 0 } };
#undef ROW
	static struct lazy_library library = {
		.title = "libpcap", .package = "libpcap0.8",
		.files = { "libpcap.so.0.8", "libpcap.so.1" }, .calls = calls,
	};

	return lazy_load(&library, err);
}

static ssize_t stream_read(void *arg, char *buf, size_t len)
{
	struct capfile *cf = arg;
	size_t left = cf->end - cf->at;

	if (!left) {
		ssize_t n = refill(cf);

		errno = n < 0 ? EIO : 0;
		if (n <= 0)
			return n < 0 ? -1 : 0;
		left = n;
	}
	if (len > left)
		len = left;
	memcpy(buf, cf->at, len);
	cf->at += len;
	return len;
}

/* stdio asks where it is, so that ftello() can tell where its reader is. */
static int stream_seek(void *arg, off64_t *offset, int whence)
{
	if (whence != SEEK_CUR || *offset != 0) {
		errno = ESPIPE;
		return -1;
	}
	*offset = position(arg);
	return 0;
}

/* What input.c says is the cause of what libpcap says. That it takes no interfaces which
 * differ is no fault of the file. */
static void other_damaged(struct capfile *cf, uint64_t offset)
{
	const char *why = pcap.pcap_geterr(cf->other);
	char text[sizeof(cf->damage.text)];
	int rc = input_failed(cf->in);

	if (rc < 0) {
		damaged(cf, rc, offset, input_why(cf->in));
		return;
	}
	snprintf(text, sizeof(text), "%.150s%s", why, strstr(why, "of the first interface") ?
		 "; 'tshark -r FILE -Y frame.interface_id==N -F pcap -w NEW' makes a file of each" : "");
	damaged(cf, -EBADMSG, offset, text);
}

static size_t other_batch(struct capfile *cf)
{
	struct pcap_pkthdr *header;
	const uint8_t *data;
	off_t offset = ftello(cf->stream);
	int rc = pcap.pcap_next_ex(cf->other, &header, &data);

	if (rc == PCAP_ERROR)
		other_damaged(cf, offset);
	if (rc != 1)
		return 0;
	cf->batch[0] = (struct frame_record){
		.data = data,
		.captured = header->caplen,
		.length = header->len,
		.link = cf->link,
		.time_ns = (uint64_t)header->ts.tv_sec * 1000000000 + (uint64_t)header->ts.tv_usec,
		.number = ++cf->number,
	};
	return 1;
}

static int cannot_read(struct capfile *cf, const char *name, struct err *err)
{
	return err_set(err, status_of(input_failed(cf->in)), input_failed(cf->in),
		       "cannot read %s: %s", name, input_why(cf->in));
}

static int open_other(struct capfile *cf, const char *name, struct err *err)
{
	cookie_io_functions_t io = { .read = stream_read, .seek = stream_seek };
	char why[PCAP_ERRBUF_SIZE] = "";
	int link, rc = load_libpcap(err);

	if (rc < 0)
		return rc;
	cf->stream = fopencookie(cf, "r", io);
	if (!cf->stream)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	__fsetlocking(cf->stream, FSETLOCKING_BYCALLER);
	cf->other = pcap.pcap_fopen_offline_with_tstamp_precision(cf->stream,
								  PCAP_TSTAMP_PRECISION_NANO, why);
	if (!cf->other) {
		fclose(cf->stream);
		if (input_failed(cf->in))
			return cannot_read(cf, name, err);
		err_set(err, STATUS_USAGE, EBADMSG, "%s is not a capture: %s", name, why);
		err_hint(err, "a capture is pcap or pcapng, as tcpdump and Wireshark write it; or gzipped");
		return -EBADMSG;
	}
	link = pcap.pcap_datalink(cf->other);
	cf->link = link < 0xffff ? link : 0xffff;
	return 0;
}

/* ---- both ------------------------------------------------------------------------- */

static size_t read_batch(struct capfile *cf)
{
	if (cf->damage.rc)
		return 0;
	return cf->other ? other_batch(cf) : classic_batch(cf);
}

/* Which format it is, by its first bytes. */
static int begin(struct capfile *cf, const char *name, struct err *err)
{
	ssize_t got = 1;

	while (got > 0 && cf->end - cf->at < PCAP_HEADER_BYTES)
		got = refill(cf);
	if (got < 0 && cf->at == cf->end)
		return cannot_read(cf, name, err);
	if (cf->at == cf->end)
		return err_set(err, STATUS_USAGE, ENODATA, "%s is empty", name);
	if (cf->end - cf->at < PCAP_HEADER_BYTES || !pcap_walk_begin(&cf->walk, cf->at))
		return open_other(cf, name, err);
	cf->at += PCAP_HEADER_BYTES;
	return 0;
}

static int first_record(struct capfile *cf, const char *name, struct err *err)
{
	const struct capfile_damage *d = &cf->damage;

	cf->ahead = read_batch(cf);
	if (cf->ahead || !d->rc)
		return 0;
	return err_set(err, status_of(d->rc), d->rc, "no packet can be read from %s: at byte %llu: %s",
		       name, (unsigned long long)d->offset, d->text);
}

int capfile_open(const struct job *job, const char *name, struct capfile **ret,
		 struct err *err)
{
	struct capfile *cf = calloc(1, sizeof(*cf));
	int rc;

	if (cf)
		cf->buf = aligned_alloc(4096, BELOW_BYTES + READ_BYTES);
	if (!cf || !cf->buf) {
		free(cf);
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	}
	cf->at = cf->end = cf->base = cf->buf + BELOW_BYTES;
	rc = input_open(job, name, &cf->in, err);
	if (rc == 0)
		rc = begin(cf, input_title(name), err);
	if (rc == 0)
		rc = first_record(cf, input_title(name), err);
	if (rc < 0) {
		capfile_close(cf);
		return rc;
	}
	*ret = cf;
	return 0;
}

void capfile_close(struct capfile *cf)
{
	if (!cf)
		return;
	if (cf->other)
		pcap.pcap_close(cf->other);
	input_close(cf->in);
	free(cf->buf);
	free(cf);
}

size_t capfile_batch(struct capfile *cf, const struct frame_record **ret)
{
	size_t n = cf->ahead;

	*ret = cf->batch;
	cf->ahead = 0;
	return n ? n : read_batch(cf);
}

uint64_t capfile_taken(const struct capfile *cf)
{
	return input_taken(cf->in);
}

const struct capfile_damage *capfile_damage(const struct capfile *cf)
{
	return cf->damage.rc ? &cf->damage : NULL;
}
