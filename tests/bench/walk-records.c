// SPDX-License-Identifier: GPL-2.0
/*
 * walk-records.c - the least that a reader of captures can do: go from record to
 * record of a classic pcap file of this host's byte order, and count
 *
 *	walk-records FILE
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 1 << 20 };

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	char *buffer = malloc(SIZE);
	uint64_t records = 0;
	size_t have = 0, at = 24;
	ssize_t got;

	if (fd < 0 || !buffer)
		return 2;
	while ((got = read(fd, buffer + have, SIZE - have)) > 0) {
		have += (size_t)got;
		while (at + 16 <= have) {
			uint32_t kept;

			memcpy(&kept, buffer + at + 8, sizeof(kept));
			if (at + 16 + kept > have)
				break;
			at += 16 + kept;
			records++;
		}
		memmove(buffer, buffer + at, have - at);
		have -= at;
		at = 0;
	}
	printf("%llu\n", (unsigned long long)records);
	return got < 0 ? 1 : 0;
}
