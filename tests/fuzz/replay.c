// SPDX-License-Identifier: GPL-2.0
/*
 * replay.c - a fuzz target over files, without libFuzzer: each is one test
 *
 * With no file named, all of tests/fuzz/corpus/NAME, where the program is test_fuzz_NAME.
 * An input is given from a heap block of its size, so that the address sanitizer sees
 * what is read beyond it. What goes wrong aborts: the file was named before.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/util.h"

#define PREFIX "test_fuzz_"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	_cleanup_free_ uint8_t *data = NULL;
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0)
		return false;
	data = malloc(st.st_size);
	if (st.st_size > 0 && (!data || fread(data, 1, st.st_size, f) != (size_t)st.st_size))
		return false;
	LLVMFuzzerTestOneInput(data, st.st_size);
	return true;
}

static bool report(unsigned int n, const char *path)
{
	bool ok;

	printf("# %s\n", path);
	fflush(stdout);
	ok = replay(path);
	printf("%s %u - %s%s%s\n", ok ? "ok" : "not ok", n, path, ok ? "" : ": ",
	       ok ? "" : strerror(errno));
	return ok;
}

static int no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int replay_corpus(const char *target)
{
	char folder[256], path[1024];
	struct dirent **list;
	int n, bad = 0;

	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", target);
	n = scandir(folder, &list, no_dots, alphasort);
	if (n <= 0) {
		printf("not ok 1 - %s has files: %s\n", folder, n < 0 ? strerror(errno) : "none");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		bad += !report(i + 1, path);
		free(list[i]);
	}
	free(list);
	printf("1..%d\n", n);
	return bad != 0;
}

int main(int argc, char **argv)
{
	const char *name = strstr(program_invocation_short_name, PREFIX);
	int bad = 0;

	if (argc == 1)
		return replay_corpus(name ? name + strlen(PREFIX) : program_invocation_short_name);
	for (int i = 1; i < argc; i++)
		bad += !report(i, argv[i]);
	return bad != 0;
}
