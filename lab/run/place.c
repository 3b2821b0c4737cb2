// SPDX-License-Identifier: GPL-2.0
/*
 * place.c - on which CPUs of its VM the switch receives and handles packets
 *
 * The guest helper does it. What was asked for stands in the lab, since handlers that
 * vswitchd starts anew run anywhere.
 */
#include "run/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "run/guest.h"

/* "0" or "1,0": numbers with commas, no more than CPUs there can be */
static bool is_list(const char *text, bool many)
{
	size_t digits = 0;

	for (const char *p = text; *p; p++) {
		if (*p >= '0' && *p <= '9' ? ++digits > 3 : !many || *p != ',' || !digits)
			return false;
		if (*p == ',')
			digits = 0;
	}
	return digits > 0;
}

int place_check(const struct lab *lab, const struct lab_placement *p, struct err *err)
{
	if (!lab_switch_node(lab)) {
		err_set(err, STATUS_USAGE, EINVAL, "the switch is on the host: only in a VM it can be placed");
		err_hint(err, "bring it up with --switch vm");
		return -EINVAL;
	}
	if (p->irq[0] && !is_list(p->irq, false))
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' is not a CPU", p->irq);
	if (p->handlers[0] && !is_list(p->handlers, true))
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' is not a list of CPUs: 1,0", p->handlers);
	return 0;
}

static int ask(const struct job *job, const struct lab *lab, const struct lab_placement *p,
	       bool reset, struct err *err)
{
	char ports[16 * LAB_WIRES_MAX + 1];
	const char *argv[10] = { GUEST_HELPER, "place", "--nics", lab_ports(lab, ports, sizeof(ports)) };
	json_t *doc = NULL;
	int n = 4, rc;

	if (reset)
		argv[n++] = "--reset";
	if (p->irq[0]) {
		argv[n++] = "--irq";
		argv[n++] = p->irq;
	}
	if (p->handlers[0]) {
		argv[n++] = "--handlers";
		argv[n++] = p->handlers;
	}
	rc = guest_helper(job, lab, lab_switch_node(lab), argv, &doc, err);
	json_decref(doc);
	return rc;
}

int place_set(const struct job *job, struct lab *lab, const struct lab_placement *p,
	      struct err *err)
{
	int rc = place_check(lab, p, err);

	if (rc == 0)
		rc = ask(job, lab, p, false, err);
	if (rc < 0)
		return rc;
	if (p->irq[0])
		snprintf(lab->placement.irq, sizeof(lab->placement.irq), "%s", p->irq);
	if (p->handlers[0])
		snprintf(lab->placement.handlers, sizeof(lab->placement.handlers), "%s", p->handlers);
	return 0;
}

int place_reset(const struct job *job, struct lab *lab, struct err *err)
{
	const struct lab_placement anywhere = { 0 };
	int rc = place_check(lab, &anywhere, err);

	if (rc == 0)
		rc = ask(job, lab, &anywhere, true, err);
	if (rc == 0)
		lab->placement = anywhere;
	return rc;
}

int place_again(const struct job *job, const struct lab *lab, struct err *err)
{
	const struct lab_placement *p = &lab->placement;

	return p->irq[0] || p->handlers[0] ? ask(job, lab, p, false, err) : 0;
}
