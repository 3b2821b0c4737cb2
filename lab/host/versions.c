// SPDX-License-Identifier: GPL-2.0
/*
 * versions.c - which versions of the tools take part
 */
#include "host/versions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "host/proc.h"

#define LIMIT_MS 10000

int versions_package(const struct job *job, const char *package, char *buf, size_t size)
{
	const char *const ask[][6] = {
		{ "dpkg-query", "-W", "-f", "${Version}", package, NULL },
		{ "rpm", "-q", "--qf", "%{VERSION}-%{RELEASE}", package, NULL },
	};
	struct proc_opts opts = { .limit_ms = LIMIT_MS };
	int rc = -1;

	for (size_t i = 0; i < ARRAY_SIZE(ask) && rc < 0; i++) {
		_cleanup_free_ char *out = NULL;

		rc = proc_output(job, &opts, ask[i], &out, NULL);
		if (rc == 0)
			snprintf(buf, size, "%s", out);
	}
	return rc;
}

int versions_qemu(const struct job *job, char *buf, size_t size)
{
	static const char *const argv[] = { "qemu-system-x86_64", "--version", NULL };
	static const char lead[] = "QEMU emulator version ";
	struct proc_opts opts = { .limit_ms = LIMIT_MS };
	_cleanup_free_ char *out = NULL;
	int rc = proc_output(job, &opts, argv, &out, NULL);

	if (rc < 0)
		return rc;
	out[strcspn(out, "\n")] = '\0';
	snprintf(buf, size, "%s", strncmp(out, lead, strlen(lead)) ? out : out + strlen(lead));
	return 0;
}

/* os-release(5) */
int versions_suite(char *buf, size_t size)
{
	static const char key[] = "VERSION_CODENAME=";
	_cleanup_fclose_ FILE *f = fopen("/etc/os-release", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0) {
			char *value = line + strlen(key);

			value += strspn(value, "\"'");
			snprintf(buf, size, "%.*s", (int)strcspn(value, "\"'\n"), value);
			return 0;
		}
	return -ENOENT;
}
