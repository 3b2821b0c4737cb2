// SPDX-License-Identifier: GPL-2.0
/*
 * inject_user.c - programs of the user's own in a lab
 *
 * Knows places and files, not programs: loading and attaching is host/bpf_userprog.c,
 * called here for taps and by the guest's helper for nodes.
 */
#include "run/inject_user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/bpf_userprog.h"
#include "host/clang.h"
#include "host/labdir.h"
#include "host/vm.h"
#include "run/guest.h"
#include "run/inject_netem.h"
#include "run/inject_place.h"
#include "run/marks.h"

#define MARK "userprog"

/* An object on its way into the kernel. */
struct object {
	char path[PATH_MAX];
	bool ours;			/* compiled here: to be removed */
};

/* ---- the object ------------------------------------------------------------------ */

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

static int check_elf(const char *file, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(file, "re");
	char magic[4] = "";

	if (!f)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", file, strerror(errno));
	if (fread(magic, 1, sizeof(magic), f) == sizeof(magic) && memcmp(magic, "\177ELF", 4) == 0)
		return 0;
	err_set(err, STATUS_USAGE, EINVAL, "%s is neither C nor an object file", file);
	err_hint(err, "FILE.c is compiled with clang; else it must be ELF, as clang -target bpf -c makes it");
	return -EINVAL;
}

static int compile(const struct job *job, const struct lab *lab, const struct user_request *request,
		   struct object *ret, char **ret_said, struct err *err)
{
	int fd, rc;

	labdir_path(lab, "userprog-XXXXXX.o", ret->path, sizeof(ret->path));
	fd = mkostemps(ret->path, 2, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", ret->path, strerror(errno));
	close(fd);
	ret->ours = true;
	job_progress(job, "clang", "%s", request->file);
	rc = clang_compile(job, request->file, request->defines, ret->path, ret_said, err);
	if (rc < 0)
		unlink(ret->path);
	return rc;
}

static int check_defines(const struct user_request *request, struct err *err)
{
	unsigned int n = 0;
	int rc = 0;

	for (; request->defines && request->defines[n] && rc == 0; n++)
		rc = userprog_define_check(request->defines[n], err);
	if (rc == 0 && n > USERPROG_DEFINES_MAX)
		rc = err_set(err, STATUS_USAGE, EINVAL, "option '-D': more than %d", USERPROG_DEFINES_MAX);
	if (rc == 0 && n && !ends_in(request->file, ".c"))
		rc = err_set(err, STATUS_USAGE, EINVAL, "option '-D' is for C, and %s is compiled already",
			     request->file);
	return rc;
}

static int find_object(const struct job *job, const struct lab *lab, const struct user_request *request,
		       struct object *ret, char **ret_said, struct err *err)
{
	int rc = check_defines(request, err);

	*ret = (struct object){ .ours = false };
	if (rc == 0 && ends_in(request->file, ".c"))
		return compile(job, lab, request, ret, ret_said, err);
	if (rc == 0)
		rc = check_elf(request->file, err);
	snprintf(ret->path, sizeof(ret->path), "%s", request->file);
	return rc;
}

/* ---- attach ---------------------------------------------------------------------- */

static struct userprog_place host_place(const struct lab *lab, const struct inject_at *at)
{
	return (struct userprog_place){ at->node->tap, mangle_place_hook(at->place), lab->dir };
}

static int attach_on_tap(const struct lab *lab, const struct inject_at *at, const char *path,
			 const char *name, const char *section, const char *spec, struct userprog *ret,
			 struct err *err)
{
	struct userprog_place there = host_place(lab, at);
	struct userobj object = { .path = path, .name = name, .section = section };

	return userprog_attach(&there, &object, spec, ret, err);
}

/* The helper's answer: programs of one node. */
static int read_programs(const struct lab_node *node, const json_t *doc, struct user_injection *ret,
			 unsigned int max, unsigned int *n, struct err *err)
{
	const json_t *list = json_object_get(doc, "programs"), *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > max)
		return guest_garbled(node, err);
	json_array_foreach(list, i, item) {
		struct user_injection *injection = &ret[*n];

		if (userprog_from_json(item, &injection->prog) < 0)
			return guest_garbled(node, err);
		inject_at_name(node, mangle_place_at(true, injection->prog.hook), injection->place,
			       sizeof(injection->place));
		(*n)++;
	}
	return 0;
}

static int attach_in_guest(const struct job *job, const struct lab *lab, const struct inject_at *at,
			   const char *path, const char *name, const char *section, const char *spec,
			   struct userprog *ret, struct err *err)
{
	struct user_injection there;
	char dest[64];
	const char *const words[] = { "--hook", mangle_hook_name(mangle_place_hook(at->place)),
				      "--object", dest, "--name", name, "--spec", spec,
				      section ? "--section" : NULL, section, NULL };
	json_t *doc = NULL;
	unsigned int n = 0;
	int rc;

	snprintf(dest, sizeof(dest), "/run/ovslab-userprog-%d.o", (int)getpid());
	rc = agent_put(job, lab, at->node, path, dest, false, err);
	if (rc == 0)
		rc = inject_guest_call(job, lab, at->node, "userprog", "attach", words, &doc, err);
	if (rc == 0)
		rc = read_programs(at->node, doc, &there, 1, &n, err);
	if (rc == 0 && n == 0)
		rc = err_set(err, STATUS_BENCH, EBADMSG, "%s: the helper attached nothing", at->node->name);
	json_decref(doc);
	if (rc == 0)
		*ret = there.prog;
	return rc;
}

static int check_size(const char *path, const char *name, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");

	if (!f || fseek(f, 0, SEEK_END))
		return err_set(err, STATUS_USAGE, errno, "%s: %s", name, strerror(errno));
	if (ftell(f) > (long)USERPROG_OBJECT_MAX)
		return err_too_large(err, name, USERPROG_OBJECT_MAX);
	return 0;
}

static int attach(const struct job *job, const struct lab *lab, const struct inject_at *at,
		  const char *path, const struct user_request *request, struct userprog *ret,
		  struct err *err)
{
	const char *slash = strrchr(request->file, '/');
	char name[NAME_MAX + 1], spec[USERPROG_SPEC_MAX];
	int rc;

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : request->file);
	utf8_clean(name, strlen(name));
	userprog_spec(request->file, request->section, request->defines, spec, sizeof(spec));
	utf8_clean(spec, strlen(spec));
	rc = check_size(path, name, err);
	if (rc < 0)
		return rc;
	if (inject_at_guest(at->place))
		return attach_in_guest(job, lab, at, path, name, request->section, spec, ret, err);
	return attach_on_tap(lab, at, path, name, request->section, spec, ret, err);
}

static int attach_marked(const struct job *job, const struct lab *lab, const struct inject_at *at,
			 const char *path, const struct user_request *request,
			 struct user_injection *ret, struct err *err)
{
	int rc = marks_set(lab, at->node, inject_at_guest(at->place), MARK, err);

	if (rc == 0)
		rc = attach(job, lab, at, path, request, &ret->prog, err);
	if (rc == -EINTR)
		err_hint(err, "it may be attached by now: see 'ovslab -n %s inject show'", lab->name);
	if (rc < 0)
		return inject_at_guest(at->place) ? rc : err_wrap(err, rc, "%s", at->name);
	memcpy(ret->place, at->name, sizeof(ret->place));
	return 0;
}

int inject_user_attach(const struct job *job, const struct lab *lab, const char *place,
		       const struct user_request *request, struct user_injection *ret,
		       char **ret_said, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct object object = { .ours = false };
	struct inject_at at;
	int rc = inject_at_find(lab, place, &at, err);

	*ret_said = NULL;
	if (rc == 0)
		rc = find_object(job, lab, request, &object, ret_said, err);
	if (rc < 0)
		return rc;
	rc = inject_turn(job, lab, &turn, err) ?:
	     attach_marked(job, lab, &at, object.path, request, ret, err);
	if (object.ours)
		unlink(object.path);
	return rc;
}

/* ---- list and clear ------------------------------------------------------------------ */

static int list_guest(const struct job *job, const struct lab *lab, const struct lab_node *node,
		      struct user_injection *ret, unsigned int *n, struct err *err)
{
	static const char *const none[] = { NULL };
	json_t *doc = NULL;
	int rc = inject_guest_call(job, lab, node, "userprog", "show", none, &doc, err);

	if (rc == 0)
		rc = read_programs(node, doc, ret, 3, n, err);
	json_decref(doc);
	return rc;
}

static int list_tap(const struct lab *lab, const struct lab_node *node, struct user_injection *ret,
		    unsigned int *n, struct err *err)
{
	static const enum mangle_place places[] = { PLACE_TAP_XDP, PLACE_TAP_EGRESS };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct inject_at at = inject_at_of(node, places[i]);
		struct userprog_place there = host_place(lab, &at);
		int rc = userprog_query(&there, &ret[*n].prog, err);

		if (rc == -ENOENT)
			continue;
		if (rc < 0)
			return rc;
		memcpy(ret[*n].place, at.name, sizeof(ret[*n].place));
		(*n)++;
	}
	return 0;
}

int inject_user_list(const struct job *job, const struct lab *lab, struct user_injection *ret,
		     unsigned int *ret_n, struct err *err)
{
	unsigned int n = 0;
	int rc = 0;

	for (unsigned int i = 0; i < lab->n_vms && rc == 0; i++) {
		const struct lab_node *node = &lab->nodes[i];

		if (!vm_alive(node))	/* its tap, and all that was on it, went with it */
			continue;
		if (marks_has(lab, node, true, MARK))
			rc = list_guest(job, lab, node, ret, &n, err);
		if (rc == 0 && marks_has(lab, node, false, MARK))
			rc = list_tap(lab, node, ret, &n, err);
	}
	if (rc == 0)
		*ret_n = n;
	return rc;
}

static int clear_one(const struct job *job, const struct lab *lab, const void *entry, struct err *err)
{
	const struct user_injection *injection = entry;
	const char *const words[] = { "--hook", mangle_hook_name(injection->prog.hook), NULL };
	struct userprog_place there;
	struct inject_at at;
	json_t *doc = NULL;
	int rc = inject_at_find(lab, injection->place, &at, err);

	if (rc < 0)
		return rc;
	if (inject_at_guest(at.place)) {
		rc = inject_guest_call(job, lab, at.node, "userprog", "clear", words, &doc, err);
		json_decref(doc);
		return rc;
	}
	there = host_place(lab, &at);
	return userprog_detach(&there, err);
}

int inject_user_clear(const struct job *job, const struct lab *lab, const char *place,
		      unsigned int *ret_n, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct user_injection list[INJECT_USER_MAX];
	struct inject_entries entries = { list, sizeof(*list), .clear = clear_one };
	struct inject_at at;
	int rc = inject_at_only(lab, place, &at, &place, err) ?: inject_turn(job, lab, &turn, err);

	if (rc == 0)
		rc = inject_user_list(job, lab, list, &entries.n, err);
	return rc ?: inject_clear_entries(job, lab, place, &entries, ret_n, err);
}

int inject_user_lines(const struct job *job, const struct lab *lab, struct user_line *ret,
		      unsigned int *ret_n, struct err *err)
{
	struct user_injection programs[INJECT_USER_MAX];
	struct netem_injection qdiscs[INJECT_NETEM_MAX];
	unsigned int n_programs = 0, n_qdiscs = 0, n = 0;
	int rc = inject_user_list(job, lab, programs, &n_programs, err);

	if (rc == 0)
		rc = inject_netem_list(job, lab, qdiscs, &n_qdiscs, err);
	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < n_programs; i++, n++) {
		memcpy(ret[n].place, programs[i].place, sizeof(ret[n].place));
		memcpy(ret[n].spec, programs[i].prog.spec, sizeof(ret[n].spec));
	}
	for (unsigned int i = 0; i < n_qdiscs; i++, n++) {
		memcpy(ret[n].place, qdiscs[i].place, sizeof(ret[n].place));
		snprintf(ret[n].spec, sizeof(ret[n].spec), "%.255s", qdiscs[i].spec);
	}
	*ret_n = n;
	return 0;
}

json_t *inject_user_to_json(const struct user_injection *injection)
{
	const struct userprog *p = &injection->prog;

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "kind", "bpf", "place", injection->place,
			 "spec", p->spec, "section", p->section, "function", p->function, "mode",
			 mangle_mode_name(p->mode), "tag", p->tag, "prog_id", (json_int_t)p->prog_id,
			 "runs", (json_int_t)p->runs);
}
