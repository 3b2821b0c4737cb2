// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-upcalls.c - which packets this VM's kernel hands to vswitchd
 *
 * Between 'start' and 'take' a program notes them (host/bpf_upcall.c). It is held by pins
 * in a bpffs of its own, so that unmounting that ends all of it: the 'take' that gives
 * the last notes does, 'end' does, and so does 'start' with what a killed run left.
 *
 * Several may note at the same time, each as a user with its own program and notes. Who has
 * which number, and who is gone, is known outside: 'start' is told whose is abandoned.
 */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/base64.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"
#include "host/bpf_upcall.h"

#define SCHEMA "ovslab.guest-upcalls/1"
#define PINS GUEST_RUN_DIR "/upcalls"
#define USER_OPTION(to) { "--user", OPT_NUMBER, to, 0, UPCALLS_USERS - 1 }

struct pins {
	char path[sizeof(PINS) + 24];
};

static struct pins pins_of(uint64_t user)
{
	struct pins pins;

	snprintf(pins.path, sizeof(pins.path), PINS "%.0u", (unsigned int)user);
	return pins;
}

static int fail(struct err *err, const char *what, const struct pins *pins)
{
	int rc = errno;

	return err_set(err, STATUS_BENCH, rc, "cannot %s %s: %s", what, pins->path, strerror(rc));
}

static int end_user(uint64_t user, struct err *err)
{
	struct pins pins = pins_of(user);

	while (umount2(pins.path, MNT_DETACH) == 0)
		;			/* whoever was killed at it may have left one upon another */
	return errno == EINVAL || errno == ENOENT ? 0 : fail(err, "unmount", &pins);
}

/* @users: a bit for each */
static int end_users(uint64_t users, struct err *err)
{
	int rc = 0;

	for (uint64_t user = 0; user < UPCALLS_USERS && rc == 0; user++)
		if (users & 1u << user)
			rc = end_user(user, err);
	return rc;
}

static int make_pins(const struct pins *pins, struct err *err)
{
	int rc = guest_run_dir(err);

	if (rc < 0)
		return rc;
	if (mkdir(pins->path, 0700) < 0 && errno != EEXIST)
		return fail(err, "make", pins);
	if (mount("bpf", pins->path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return fail(err, "mount a bpffs on", pins);
	return 0;
}

static int upcalls_start(int argc, char **argv, json_t **ret, struct err *err)
{
	uint64_t user = 0, abandoned = 0;
	const struct guest_opt opts[] = {
		USER_OPTION(&user),
		{ "--abandoned", OPT_NUMBER, &abandoned, 0, (1u << UPCALLS_USERS) - 1 },
		{ 0 },
	};
	struct pins pins;
	int rc = guest_options(argc, argv, opts, err);

	rc = rc ?: end_users(abandoned | 1u << user, err);
	pins = pins_of(user);
	rc = rc ?: make_pins(&pins, err);
	if (rc < 0)
		return rc;
	rc = bpf_upcall_start(pins.path, err);
	if (rc < 0) {
		end_user(user, NULL);
		return rc;
	}
	*ret = json_pack("{s:s}", "schema", SCHEMA);
	return *ret ? 0 : -ENOMEM;
}

/* The notes travel as they are, in base64. */
static int upcalls_take(int argc, char **argv, json_t **ret, struct err *err)
{
	_cleanup_free_ struct upcall_note *notes = calloc(UPCALLS_PAGE, sizeof(*notes));
	_cleanup_free_ char *text = NULL;
	uint64_t user = 0, after = 0, noted = 0;
	const struct guest_opt opts[] = {
		USER_OPTION(&user),
		{ "--after", OPT_NUMBER, &after, 0, UPCALLS_MAX },
		{ 0 },
	};
	size_t n = 0;
	int rc = notes ? guest_options(argc, argv, opts, err) : -ENOMEM;

	rc = rc ?: bpf_upcall_take(pins_of(user).path, after, notes, UPCALLS_PAGE, &n, &noted, err);
	if (rc == 0 && n < UPCALLS_PAGE)
		rc = end_user(user, err);
	if (rc < 0)
		return rc;
	text = base64_encode(notes, n * sizeof(*notes));
	if (!text)
		return -ENOMEM;
	*ret = json_pack("{s:s, s:I, s:I, s:s}", "schema", SCHEMA, "n", (json_int_t)n,
			 "noted", (json_int_t)noted, "notes", text);
	return *ret ? 0 : -ENOMEM;
}

static int upcalls_end(int argc, char **argv, json_t **ret, struct err *err)
{
	uint64_t user = 0;
	const struct guest_opt opts[] = { USER_OPTION(&user), { 0 } };
	int rc = guest_options(argc, argv, opts, err) ?: end_user(user, err);

	if (rc == 0)
		*ret = json_pack("{s:s}", "schema", SCHEMA);
	return rc;
}

/* One at a time: a caller that is interrupted leaves its helper at work. */
static int in_turn(int (*run)(int argc, char **argv, json_t **ret, struct err *err), int argc,
		   char **argv, json_t **ret, struct err *err)
{
	_cleanup_close_ int turn = -1;

	return guest_turn(&turn, err) ?: run(argc, argv, ret, err);
}

int guest_upcalls(int argc, char **argv, json_t **ret, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv, json_t **ret, struct err *err);
	} verbs[] = {
		{ "start", upcalls_start },
		{ "take", upcalls_take },
		{ "end", upcalls_end },
	};

	for (size_t i = 0; argc > 0 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, argv[0]))
			return in_turn(verbs[i].run, argc - 1, argv + 1, ret, err);
	return err_set(err, STATUS_USAGE, EINVAL, "upcalls start, take or end?");
}
