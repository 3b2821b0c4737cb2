// SPDX-License-Identifier: GPL-2.0
/*
 * tapcap.c - packets of a tap as they pass, through libpcap
 *
 * In libpcap's immediate mode, so that a packet can be read as soon as it has passed;
 * without that, the kernel holds a block of them back for a second.
 */
#include "host/tapcap.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/lazy.h"

#define BUFFER_BYTES (32 << 20)		/* a burst of BURSTS_BURST_MAX, four times */

#define PCAP_CALLS(CALL)		\
	CALL(pcap_activate)		\
	CALL(pcap_breakloop)		\
	CALL(pcap_close)		\
	CALL(pcap_compile)		\
	CALL(pcap_create)		\
	CALL(pcap_datalink)		\
	CALL(pcap_dispatch)		\
	CALL(pcap_freecode)		\
	CALL(pcap_geterr)		\
	CALL(pcap_set_buffer_size)	\
	CALL(pcap_set_immediate_mode)	\
	CALL(pcap_set_snaplen)		\
	CALL(pcap_set_tstamp_precision)	\
	CALL(pcap_setfilter)		\
	CALL(pcap_setnonblock)		\
	CALL(pcap_stats)		\
	CALL(pcap_statustostr)

static struct {
	PCAP_CALLS(LAZY_MEMBER)
} lib;

struct tapcap {
	pcap_t *pcap;
	int (*frame)(void *arg, const struct frame_record *r);
	void *arg;
	uint64_t number;
	int rc;				/* of @frame */
};

static int failed(struct tapcap *t, const char *dev, const char *what, int status, struct err *err)
{
	const char *said = lib.pcap_geterr(t->pcap);
	int rc = err_set(err, STATUS_BENCH, EIO, "%s: %s: %s", dev, what,
			 *said ? said : lib.pcap_statustostr(status));

	tapcap_close(t);
	return rc;
}

static int configure(pcap_t *p, unsigned int snaplen)
{
	return lib.pcap_set_snaplen(p, (int)snaplen) ?: lib.pcap_set_immediate_mode(p, 1) ?:
	       lib.pcap_set_buffer_size(p, BUFFER_BYTES) ?:
	       lib.pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
}

static int load(struct err *err)
{
#define ROW(name) { #name, &lib.name },
	static const struct lazy_call calls[] = { PCAP_CALLS(ROW) { 0 } };
#undef ROW
	static struct lazy_library library = {
		.title = "libpcap", .package = "libpcap0.8",
		.files = { "libpcap.so.0.8", "libpcap.so.1" }, .calls = calls,
	};

	return lazy_load(&library, err);
}

int tapcap_open(const char *dev, const char *filter, unsigned int snaplen, struct tapcap **ret,
		struct err *err)
{
	char said[PCAP_ERRBUF_SIZE] = "";
	int status = load(err);
	struct tapcap *t = status == 0 ? calloc(1, sizeof(*t)) : NULL;
	struct bpf_program program;

	if (status < 0)
		return status;
	if (!t)
		return -ENOMEM;
	t->pcap = lib.pcap_create(dev, said);
	if (!t->pcap) {
		free(t);
		return err_set(err, STATUS_BENCH, EIO, "%s: %s", dev, said);
	}
	status = configure(t->pcap, snaplen) ?: lib.pcap_activate(t->pcap);
	if (status < 0)
		return failed(t, dev, "capturing", status, err);
	status = lib.pcap_compile(t->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN);
	if (status < 0)
		return failed(t, dev, "the filter", status, err);
	status = lib.pcap_setfilter(t->pcap, &program);
	lib.pcap_freecode(&program);
	if (status < 0 || lib.pcap_setnonblock(t->pcap, 1, said) < 0)
		return failed(t, dev, "the filter", status, err);
	*ret = t;
	return 0;
}

static void on_packet(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct tapcap *t = (struct tapcap *)arg;
	const struct frame_record r = {
		.data = data, .captured = h->caplen, .length = h->len,
		.link = (uint16_t)lib.pcap_datalink(t->pcap), .number = ++t->number,
		/* tv_usec has nanoseconds: that precision was asked for */
		.time_ns = (uint64_t)h->ts.tv_sec * 1000000000 + (uint64_t)h->ts.tv_usec,
	};

	if (t->rc == 0)
		t->rc = t->frame(t->arg, &r);
	if (t->rc < 0)
		lib.pcap_breakloop(t->pcap);
}

int tapcap_drain(struct tapcap *t, int (*frame)(void *arg, const struct frame_record *r), void *arg)
{
	int n;

	t->frame = frame;
	t->arg = arg;
	t->rc = 0;
	n = lib.pcap_dispatch(t->pcap, -1, on_packet, (u_char *)t);
	if (t->rc < 0)
		return t->rc;
	return n == PCAP_ERROR ? -EIO : n < 0 ? 0 : n;
}

uint64_t tapcap_dropped(struct tapcap *t)
{
	struct pcap_stat stat;

	return lib.pcap_stats(t->pcap, &stat) == 0 ? stat.ps_drop : 0;
}

void tapcap_close(struct tapcap *t)
{
	if (!t)
		return;
	lib.pcap_close(t->pcap);
	free(t);
}
