/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qdisc.h - the root qdisc of a device, as 'tc -s -j qdisc show' tells it
 */
#ifndef OVSLAB_CORE_QDISC_H
#define OVSLAB_CORE_QDISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Our netem has the first of these handles, and by turns the second: tc then makes a
 * new qdisc and lets go of the old one only if that succeeds, and no setting of the
 * old one is left in the new.
 */
#define QDISC_HANDLE "6f76:"
#define QDISC_HANDLE_TURN "6f77:"

struct root_qdisc {
	char kind[24], handle[16];	/* "netem", "6f76:"; the kernel's default has "0:" */
	uint64_t bytes, packets, drops, queued;
};

/**
 * qdisc_from_json() - find the root qdisc in tc's answer
 *
 * Return: 0, -ENOENT if it lists none, -EBADMSG if it is not understood.
 */
int qdisc_from_json(const char *text, size_t len, struct root_qdisc *ret);

/** qdisc_options() - the options of our netem in the text of 'tc qdisc show': "netem delay 10ms" */
void qdisc_options(const char *text, char *buf, size_t size);

bool qdisc_is_default(const struct root_qdisc *q);
bool qdisc_is_ours(const struct root_qdisc *q);

#endif
