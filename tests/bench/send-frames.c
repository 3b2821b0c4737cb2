// SPDX-License-Identifier: GPL-2.0
/*
 * send-frames.c - one TCP flow in order, as frames of one MTU, as fast as it goes
 *
 *	send-frames DEVICE COUNT
 *
 * To 02:00:00:00:00:99, with nobody at the other end who would answer.
 */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, PAYLOAD = 1448, TCP = 14 + 20, FRAME = TCP + 32 + PAYLOAD };

static uint8_t frames[BATCH][FRAME];

static void put(uint8_t *at, uint32_t value, int bytes)
{
	while (bytes--) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* RFC 791: the complement of the one's complement sum. */
static uint32_t checksum(const uint8_t *at, int bytes)
{
	uint32_t sum = 0;

	for (int i = 0; i < bytes; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Ethernet, IPv4 and TCP with 12 bytes of options; nobody looks at TCP's checksum. */
static void build(uint8_t *f)
{
	memcpy(f, "\x02\0\0\0\0\x99\x02\0\0\0\0\x01\x08\0\x45", 15);
	put(f + 16, FRAME - 14, 2);
	f[22] = 64;
	f[23] = 6;
	put(f + 26, 0xc6120001, 4);
	put(f + 30, 0xc6120002, 4);
	put(f + 24, checksum(f + 14, 20), 2);
	put(f + TCP, 40000, 2);
	put(f + TCP + 2, 5201, 2);
	f[TCP + 12] = 0x80;
	f[TCP + 13] = 0x10;
	memset(f + TCP + 20, 1, 12);
}

static int open_device(const char *name)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)))
		return -1;
	return fd;
}

static int send_all(int fd, long count)
{
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	uint32_t seq = 1;

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		build(frames[i]);
		parts[i] = (struct iovec){ frames[i], FRAME };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (long sent = 0; sent < count; sent += BATCH) {
		for (int i = 0; i < BATCH; i++, seq += PAYLOAD)
			put(frames[i] + TCP + 4, seq, 4);
		if (sendmmsg(fd, messages, BATCH, 0) != BATCH)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open_device(argv[1]) : -1;

	if (fd < 0 || send_all(fd, atol(argv[2]))) {
		perror("send-frames");
		return 1;
	}
	return 0;
}
