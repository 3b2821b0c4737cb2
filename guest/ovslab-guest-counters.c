// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-counters.c - what this kernel's TCP counted (/proc/net/snmp and
 * netstat): absolute values; the reader takes the difference
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "guest/ovslab-guest.h"

static const struct {
	const char *path, *group;
	const char *names[24];
} sources[] = {
	{ "/proc/net/snmp", "Tcp:", { "InSegs", "OutSegs", "RetransSegs", "InErrs",
				      "InCsumErrors" } },
	{ "/proc/net/netstat", "TcpExt:",
	  { "TCPOFOQueue", "TCPOFODrop", "TCPOFOMerge", "TCPSACKReorder",
	    "TCPRenoReorder", "TCPTSReorder", "TCPDSACKOldSent", "TCPDSACKOfoSent",
	    "TCPDSACKRecv", "TCPDSACKOfoRecv", "TCPDSACKUndo", "TCPFullUndo",
	    "TCPPartialUndo", "TCPLossUndo", "TCPFastRetrans",
	    "TCPSlowStartRetrans", "TCPLostRetransmit", "TCPLossProbes",
	    "TCPTimeouts", "TCPSpuriousRTOs" } },
};

static bool wanted(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* One line has the names, the next one the values, in the same order. */
static void collect(char *head, char *values, const char *const *names, json_t *to)
{
	char *save_head, *save_values;
	char *name = strtok_r(head, " \n", &save_head);
	char *value = strtok_r(values, " \n", &save_values);

	while (name && value) {
		if (wanted(names, name))
			json_object_set_new(to, name, json_integer(atoll(value)));
		name = strtok_r(NULL, " \n", &save_head);
		value = strtok_r(NULL, " \n", &save_values);
	}
}

static int read_source(size_t i, json_t *to, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(sources[i].path, "re");
	static char head[8192], values[8192];
	size_t len = strlen(sources[i].group);

	if (!f)
		return err_set(err, STATUS_BENCH, errno, "cannot read %s: %s",
			       sources[i].path, strerror(errno));
	while (fgets(head, sizeof(head), f) && fgets(values, sizeof(values), f))
		if (!strncmp(head, sources[i].group, len))
			collect(head, values, sources[i].names, to);
	return 0;
}

int guest_counters(int argc, char **argv, json_t **ret, struct err *err)
{
	const struct guest_opt none[] = { { 0 } };
	json_t *counters = json_object();
	int rc = guest_options(argc, argv, none, err);

	for (size_t i = 0; i < ARRAY_SIZE(sources) && !rc; i++)
		rc = read_source(i, counters, err);
	if (rc)
		json_decref(counters);
	else
		*ret = json_pack("{s:s, s:o}", "schema", "ovslab.guest-counters/1",
				 "counters", counters);
	return rc;
}
