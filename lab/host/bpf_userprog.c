// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_userprog.c - a program of the user's own on a device: put there, found, removed
 *
 * Linked into the host's command and into the guest's static helper.
 *
 * Theory of operation: a place's note lists what may be there. While a program is
 * replaced that is the old one and the new one, written before the hook is touched;
 * afterwards it is the new one alone. So whatever ends us on the way, what is attached
 * is in the note. What the note has and the hook has not is long gone.
 */
#include "host/bpf_userprog.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "core/util.h"
#include "host/bpf_hook.h"
#include "host/bpf_load.h"
#include "host/bpf_tc.h"

#define NOTE_MAX 16384
#define NOTED_MAX 2

struct note {
	struct userprog programs[NOTED_MAX];
	unsigned int n;
};

/* What is on the hook, whoever's it is. */
struct there {
	struct userprog prog;		/* of it: what the kernel knows */
	char name[16];			/* the kernel's, cut */
};

/* ---- notes ---- */

static void note_path(const struct userprog_place *place, char *buf, size_t size)
{
	snprintf(buf, size, "%s/userprog-%s-%s.json", place->dir, place->dev,
		 mangle_hook_name(place->hook));
}

static struct note note_read(const struct userprog_place *place)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct note note = { .n = 0 };
	char path[PATH_MAX], text[NOTE_MAX];
	json_t *doc, *item;
	size_t i, len;

	note_path(place, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return note;
	len = fread(text, 1, sizeof(text), f);
	doc = json_loadb(text, len, 0, NULL);
	json_array_foreach(doc, i, item)
		if (note.n < NOTED_MAX && !userprog_from_json(item, &note.programs[note.n]))
			note.n++;
	json_decref(doc);
	return note;
}

static int note_failed(const struct userprog_place *place, struct err *err)
{
	return err_set(err, STATUS_BENCH, errno ?: EIO, "cannot write a note in %s: %s", place->dir,
		       strerror(errno));
}

static int note_write(const struct userprog_place *place, const struct note *note, struct err *err)
{
	char path[PATH_MAX], temp[PATH_MAX + 8];
	json_t *doc = json_array();
	int bad;

	note_path(place, path, sizeof(path));
	snprintf(temp, sizeof(temp), "%s.new", path);
	for (unsigned int i = 0; i < note->n; i++)
		json_array_append_new(doc, userprog_to_json(&note->programs[i]));
	errno = 0;
	bad = json_array_size(doc) != note->n || json_dump_file(doc, temp, 0) || rename(temp, path);
	json_decref(doc);
	return bad ? note_failed(place, err) : 0;
}

static void note_drop(const struct userprog_place *place)
{
	char path[PATH_MAX];

	note_path(place, path, sizeof(path));
	unlink(path);
}

/* One process at a time: the lock goes with the descriptor. */
static int lock(const struct userprog_place *place, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/userprog.lock", place->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return note_failed(place, err);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return err_set(err, STATUS_BENCH, EAGAIN, "another command is changing the programs of %s",
			       place->dev);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* ---- the hook ---- */

static struct bpf_hook hook_of(const struct userprog_place *place, int ifindex)
{
	return (struct bpf_hook){ place->dev, ifindex, place->hook, TC_PRIORITY_USER };
}

static struct hooked hooked_of(const struct userprog *prog)
{
	return (struct hooked){ prog->prog_id, prog->mode };
}

static int read_prog(uint32_t id, struct there *ret)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	ret->prog.prog_id = id;
	ret->prog.load_time_ns = info.load_time;
	ret->prog.runs = info.run_cnt;
	snprintf(ret->name, sizeof(ret->name), "%s", info.name);
	for (size_t i = 0; i < sizeof(info.tag); i++)
		snprintf(ret->prog.tag + 2 * i, 3, "%02x", info.tag[i]);
	return 0;
}

/* -ENOENT: nothing is there. */
static int look(const struct userprog_place *place, int ifindex, struct there *ret, struct err *err)
{
	struct bpf_hook hook = hook_of(place, ifindex);
	struct hooked there;
	int rc = hook_look(&hook, &there, err);

	*ret = (struct there){ .prog = { .hook = place->hook } };
	if (rc)
		return rc;
	ret->prog.mode = there.mode;
	rc = read_prog(there.prog_id, ret);
	return rc ? bpf_failed(err, rc, "cannot read program %u of %s", there.prog_id, place->dev) : 0;
}

/* The row of the note that is what is there; what may have changed is the kernel's. */
static bool noted(const struct note *note, const struct there *there, struct userprog *ret)
{
	for (unsigned int i = 0; i < note->n; i++) {
		if (!userprog_same(&note->programs[i], &there->prog))
			continue;
		*ret = note->programs[i];
		ret->mode = there->prog.mode;
		ret->runs = there->prog.runs;
		return true;
	}
	return false;
}

static int foreign(const struct userprog_place *place, const struct there *there, struct err *err)
{
	bool mangler = strncmp(there->name, BPF_NAME_PREFIX, strlen(BPF_NAME_PREFIX)) == 0;

	err_set(err, STATUS_BENCH, EBUSY, "%s of %s has %s ('%s', id %u)",
		mangle_hook_name(place->hook), place->dev,
		mangler ? "a mangler of ovslab" : "a program that 'inject bpf' did not put there",
		there->name, there->prog.prog_id);
	if (mangler)
		err_hint(err, "XDP has room for one program: 'ovslab inject clear' removes the mangler");
	return -EBUSY;
}

/* The user's own program there: -ENOENT if nothing is, -EBUSY if another is. */
static int find(const struct userprog_place *place, int ifindex, struct userprog *ret, struct err *err)
{
	struct note note = note_read(place);
	struct there there;
	int rc = look(place, ifindex, &there, err);

	if (rc)
		return rc;
	return noted(&note, &there, ret) ? 0 : foreign(place, &there, err);
}

int userprog_query(const struct userprog_place *place, struct userprog *ret, struct err *err)
{
	int ifindex = bpf_ifindex(place->dev, err);
	int rc = ifindex < 0 ? ifindex : find(place, ifindex, ret, err);

	if (rc == -EBUSY) {
		err_reset(err);
		rc = -ENOENT;
	}
	return rc;
}

/* ---- attach ---- */

/* The note names both programs while either may be there. */
static int put(const struct userprog_place *place, int ifindex, int fd, const struct userprog *old,
	       const struct userprog *new, struct err *err)
{
	struct note note = { .programs = { *new, *old }, .n = old->prog_id ? 2 : 1 };
	struct note before = { .programs = { *old }, .n = 1 };
	struct bpf_hook hook = hook_of(place, ifindex);
	struct hooked there = hooked_of(old);
	int rc = note_write(place, &note, err);

	if (rc)
		return rc;
	rc = hook_put(&hook, fd, &there, false, err);
	if (rc && old->prog_id)
		note_write(place, &before, NULL);
	else if (rc)
		note_drop(place);
	return rc;
}

static int describe(const struct userprog_place *place, const struct userobj *o, const char *spec,
		    struct bpf_program *prog, struct userprog *ret, struct err *err)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	struct there there = { 0 };
	int rc = bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);

	if (!rc)
		rc = read_prog(info.id, &there);
	if (rc)
		return bpf_failed(err, rc, "cannot read what was loaded from %s", o->name);
	there.prog.hook = place->hook;
	snprintf(there.prog.spec, sizeof(there.prog.spec), "%s", spec);
	snprintf(there.prog.section, sizeof(there.prog.section), "%s", bpf_program__section_name(prog));
	snprintf(there.prog.function, sizeof(there.prog.function), "%s", bpf_program__name(prog));
	*ret = there.prog;
	return 0;
}

/* Loads, then attaches, then reads back. */
static int load_and_put(const struct userprog_place *place, int ifindex, const struct userobj *o,
			const char *spec, const struct userprog *old, struct userprog *new,
			struct err *err)
{
	struct bpf_object *obj = NULL;
	struct bpf_program *prog;
	int rc = userobj_load(o, &obj, &prog, err);

	if (!rc)
		rc = describe(place, o, spec, prog, new, err);
	if (!rc)
		rc = put(place, ifindex, bpf_program__fd(prog), old, new, err);
	bpf_object__close(obj);
	return rc;
}

static int replace(const struct userprog_place *place, int ifindex, const struct userobj *o,
		   const char *spec, struct userprog *ret, struct err *err)
{
	struct userprog old = { 0 }, new = { 0 };
	struct note note;
	int rc = find(place, ifindex, &old, err);

	if (rc && rc != -ENOENT)
		return rc;
	rc = load_and_put(place, ifindex, o, spec, &old, &new, err);
	if (!rc)
		rc = find(place, ifindex, ret, err);	/* the mode is known now */
	if (rc)
		return rc;
	note = (struct note){ .programs = { *ret }, .n = 1 };
	return note_write(place, &note, err);
}

int userprog_attach(const struct userprog_place *place, const struct userobj *o, const char *spec,
		    struct userprog *ret, struct err *err)
{
	_cleanup_close_ int held = -1;
	struct userobj object = *o;
	int ifindex = bpf_ifindex(place->dev, err);
	int rc = ifindex < 0 ? ifindex : lock(place, &held, err);

	object.xdp = place->hook == MANGLE_XDP;
	return rc ?: replace(place, ifindex, &object, spec, ret, err);
}

/* ---- detach ---- */

static int take_away(const struct userprog_place *place, int ifindex, const struct userprog *prog,
		     struct err *err)
{
	struct bpf_hook hook = hook_of(place, ifindex);
	struct hooked old = hooked_of(prog);

	return hook_take(&hook, &old, err);
}

int userprog_detach(const struct userprog_place *place, struct err *err)
{
	_cleanup_close_ int held = -1;
	int ifindex = bpf_ifindex(place->dev, err);
	struct userprog prog;
	int rc = ifindex < 0 ? ifindex : lock(place, &held, err);

	if (!rc)
		rc = find(place, ifindex, &prog, err);
	if (!rc)
		rc = take_away(place, ifindex, &prog, err);
	if (!rc)
		note_drop(place);
	return rc;
}
