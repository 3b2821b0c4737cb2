// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_pcapng.c - any bytes as a capture file, through libpcap where they are no pcap
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_capture(data, size);
	return 0;
}
