// SPDX-License-Identifier: GPL-2.0
/*
 * probe-run.c - the probes by themselves, on two devices of this network namespace
 *
 *	probe-run INGRESS-DEVICE EGRESS-DEVICE
 *
 * Says "ready" when they are attached, drains them ten times a second like
 * 'measure' does, and ends with its input; then one line of JSON with what they saw.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/bpf_probe.h"

/* Return: 1 when the input has ended, 0 after a tenth of a second. */
static int wait_input(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	return poll(&fd, 1, 100) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static int failed(const char *what, const struct err *err)
{
	fprintf(stderr, "probe-run: %s: %s\n", what, err->msg);
	return 1;
}

int main(int argc, char **argv)
{
	struct observation obs = { 0 };
	struct err err = { 0 };
	struct probe *probe;

	if (argc != 3)
		return 2;
	if (probe_start(argv[1], argv[2], NULL, &probe, &err) < 0)
		return failed("starting", &err);
	puts("ready");
	fflush(stdout);
	while (!wait_input())
		probe_poll(probe, 0);
	if (probe_stop(probe, &obs, &err) < 0)
		return failed("stopping", &err);
	printf("{\"in\": %llu, \"out\": %llu, \"events\": %llu, \"dropped\": %llu, "
	       "\"saturated\": %llu}\n", (unsigned long long)obs.in.packets,
	       (unsigned long long)obs.out.packets, (unsigned long long)obs.events,
	       (unsigned long long)obs.events_dropped,
	       (unsigned long long)obs.flows_saturated);
	observation_release(&obs);
	return 0;
}
