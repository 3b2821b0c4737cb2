// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-userprog.c - programs of the user's own on the devices of this VM
 *
 * The object came as a file and is removed whatever becomes of it: what is loaded is
 * in the kernel.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/userprog.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"
#include "host/bpf_userprog.h"

struct request {
	const char *dev, *hook, *object, *name, *section, *spec;
};

static int read_request(int argc, char **argv, struct request *ret, struct err *err)
{
	const struct guest_opt opts[] = {
		{ "--dev", OPT_TEXT, &ret->dev, 0, 0 },
		{ "--hook", OPT_TEXT, &ret->hook, 0, 0 },
		{ "--object", OPT_TEXT, &ret->object, 0, 0 },
		{ "--name", OPT_TEXT, &ret->name, 0, 0 },
		{ "--section", OPT_TEXT, &ret->section, 0, 0 },
		{ "--spec", OPT_TEXT, &ret->spec, 0, 0 },
		{ 0 },
	};

	return guest_options(argc, argv, opts, err) ?: guest_need_dev(ret->dev, err);
}

static json_t *document(const struct request *r, json_t *programs)
{
	return json_pack("{s:s, s:s, s:o}", "schema", "ovslab.guest-userprog/1", "dev", r->dev,
			 "programs", programs);
}

static int attach(const struct request *r, json_t **ret, struct err *err)
{
	struct userprog_place place = { .dev = r->dev, .dir = GUEST_RUN_DIR };
	struct userobj object = { .path = r->object, .name = r->name, .section = r->section };
	_cleanup_close_ int turn = -1;
	struct userprog prog;
	int rc = guest_hook(r->hook, &place.hook, err);

	if (!rc && (!r->name || !r->spec))
		rc = err_set(err, STATUS_USAGE, EINVAL, "--name and --spec are needed");
	if (!rc)
		rc = guest_turn(&turn, err);
	if (!rc)
		rc = userprog_attach(&place, &object, r->spec, &prog, err);
	if (!rc)
		*ret = document(r, json_pack("[o]", userprog_to_json(&prog)));
	return rc;
}

static int cmd_attach(int argc, char **argv, json_t **ret, struct err *err)
{
	struct request r = { 0 };
	int rc = read_request(argc, argv, &r, err);

	if (!rc && !r.object)
		rc = err_set(err, STATUS_USAGE, EINVAL, "--object FILE is missing");
	if (rc)
		return rc;
	rc = attach(&r, ret, err);
	unlink(r.object);
	return rc;
}

/* Each hook, or the one that is named; @remove tells what to do there. */
static int walk(const struct request *r, bool remove, json_t *programs, struct err *err)
{
	enum mangle_hook only = 0;
	int rc = r->hook ? guest_hook(r->hook, &only, err) : 0;

	if (rc)
		return rc;
	for (enum mangle_hook hook = MANGLE_TC_EGRESS; hook <= MANGLE_XDP; hook++) {
		struct userprog_place place = { r->dev, hook, GUEST_RUN_DIR };
		struct userprog prog;

		if (only && hook != only)
			continue;
		rc = userprog_query(&place, &prog, err);
		if (!rc && remove)
			rc = userprog_detach(&place, err);
		if (!rc)
			json_array_append_new(programs, userprog_to_json(&prog));
		else if (rc != -ENOENT)
			return rc;
	}
	return 0;
}

static int walk_and_tell(int argc, char **argv, bool remove, json_t **ret, struct err *err)
{
	_cleanup_close_ int turn = -1;
	json_t *programs = json_array();
	struct request r = { 0 };
	int rc = read_request(argc, argv, &r, err);

	if (!rc && remove)
		rc = guest_turn(&turn, err);
	if (!rc)
		rc = walk(&r, remove, programs, err);
	if (rc)
		json_decref(programs);
	else
		*ret = document(&r, programs);
	return rc;
}

int guest_userprog(int argc, char **argv, json_t **ret, struct err *err)
{
	if (argc > 0 && !strcmp(argv[0], "attach"))
		return cmd_attach(argc - 1, argv + 1, ret, err);
	if (argc > 0 && !strcmp(argv[0], "show"))
		return walk_and_tell(argc - 1, argv + 1, false, ret, err);
	if (argc > 0 && !strcmp(argv[0], "clear"))
		return walk_and_tell(argc - 1, argv + 1, true, ret, err);
	return err_set(err, STATUS_USAGE, EINVAL, "userprog attach, show or clear?");
}
