// SPDX-License-Identifier: GPL-2.0
/*
 * capwrite.c - what tcpdump writes into a pipe, as a file that says where it is from
 *
 * Theory of operation. The pipe's bytes are collected in @in and walked as classic
 * pcap; what is whole is written, as blocks or as it is, and the rest waits for more.
 * @whole is where the last write ended that succeeded: where the disk is full, the file
 * is cut back to there, and keeps all packets before.
 */
#include "host/capwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/pcap.h"
#include "core/util.h"

#define IN_BYTES (PCAP_FRAME_MAX + PCAP_RECORD_BYTES + 4096)
#define OUT_BYTES (PCAPNG_PACKET_MAX(PCAP_FRAME_MAX) + (256 << 10))
#define BATCH 64
#define DRAIN_MAX (64 << 20)		/* bytes of one pump: others wait too */

struct capwrite {
	int fd;
	int failed;			/* -errno that ended it */
	bool classic, begun;		/* begun: the file header came */
	const struct pcapng_interface *interface;
	struct pcap_walk walk;
	off_t whole;
	uint64_t packets, last_ns;
	size_t n_in, n_out;
	uint8_t in[IN_BYTES], out[OUT_BYTES];
};

static int write_all(struct capwrite *w, const uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(w->fd, data + done, len - done);
		int rc = n < 0 ? -errno : -EIO;

		if (n > 0)
			done += (size_t)n;
		else if (rc != -EINTR)
			return ftruncate(w->fd, w->whole) < 0 ? -errno : rc;
	}
	w->whole += (off_t)len;
	return 0;
}

static int write_out(struct capwrite *w)
{
	int rc = write_all(w, w->out, w->n_out);

	w->n_out = 0;
	return rc;
}

int capwrite_open(const char *path, const struct pcapng_section *section,
		  const struct pcapng_interface *interface, struct capwrite **ret,
		  struct err *err)
{
	struct capwrite *w = calloc(1, sizeof(*w));
	int rc = 0;

	if (!w)
		return err_set(err, STATUS_BENCH, ENOMEM, "%s: out of memory", path);
	w->classic = !section;
	w->interface = interface;
	w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (w->fd < 0)
		rc = -errno;
	if (rc == 0 && section) {
		w->n_out = pcapng_section(w->out, section);
		rc = write_out(w);
	}
	if (rc < 0) {
		capwrite_close(w, 0);
		return err_set(err, STATUS_USAGE, rc, "%s: %s", path, strerror(-rc));
	}
	*ret = w;
	return 0;
}

/* The file header that tcpdump writes becomes the interface's description. */
static int take_header(struct capwrite *w)
{
	struct pcapng_interface i = { 0 };

	if (!w->classic)
		i = *w->interface;
	if (!pcap_walk_begin(&w->walk, w->in))
		return -EBADMSG;
	memcpy(&i.snaplen, w->in + 16, sizeof(i.snaplen));	/* written on this machine */
	i.link = w->walk.link;
	w->begun = true;
	if (w->classic)
		return write_all(w, w->in, PCAP_HEADER_BYTES);
	w->n_out = pcapng_interface(w->out, &i);
	return write_out(w);
}

static int add_packets(struct capwrite *w, const struct frame_record *r, size_t n)
{
	for (size_t i = 0; i < n && !w->classic; i++) {
		if (w->n_out + PCAPNG_PACKET_MAX(r[i].captured) > sizeof(w->out)) {
			int rc = write_out(w);

			if (rc < 0)
				return rc;
		}
		w->n_out += pcapng_packet(w->out + w->n_out, &r[i]);
	}
	return 0;
}

/* Write what is whole in @in, from @at on; move what is left to its beginning. */
static int write_whole(struct capwrite *w)
{
	size_t at = 0, used = 1, n;
	int rc = 0;

	if (!w->begun) {
		if (w->n_in < PCAP_HEADER_BYTES)
			return 0;
		rc = take_header(w);
		at = PCAP_HEADER_BYTES;
	}
	while (rc == 0 && used) {
		struct frame_record r[BATCH];

		n = pcap_walk_next(&w->walk, w->in + at, w->n_in - at, r, BATCH, &used);
		rc = w->classic ? write_all(w, w->in + at, used) : add_packets(w, r, n);
		if (n && rc == 0) {
			w->packets += n;
			w->last_ns = r[n - 1].time_ns;
		}
		at += used;
	}
	rc = rc ?: write_out(w);
	w->n_in -= at;
	memmove(w->in, w->in + at, w->n_in);
	return rc ?: w->walk.damage ? -EBADMSG : 0;
}

int capwrite_pump(struct capwrite *w, int fd)
{
	size_t taken = 0;

	while (taken < DRAIN_MAX && !w->failed) {
		ssize_t n = read(fd, w->in + w->n_in, sizeof(w->in) - w->n_in);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n == 0)
			return 0;
		w->failed = n < 0 ? -errno : 0;
		w->n_in += n < 0 ? 0 : (size_t)n;
		taken += n < 0 ? 0 : (size_t)n;
		w->failed = w->failed ?: write_whole(w);
	}
	return w->failed ?: 1;
}

uint64_t capwrite_packets(const struct capwrite *w)
{
	return w->packets;
}

int capwrite_close(struct capwrite *w, uint64_t dropped)
{
	int rc;

	if (!w)
		return 0;
	rc = w->failed;
	if (w->fd >= 0 && !rc && !w->classic && w->begun) {
		w->n_out = pcapng_statistics(w->out, &(struct pcapng_statistics){
						     w->last_ns, w->packets, dropped });
		rc = write_out(w);
	}
	if (w->fd >= 0 && close(w->fd) < 0)
		rc = rc ?: -errno;
	free(w);
	return rc;
}
