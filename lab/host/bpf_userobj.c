// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_userobj.c - an object file of the user's own: which program of it, and into the kernel
 *
 * Linked into the host's command and into the guest's static helper.
 *
 * libbpf 1.x knows programs by their sections and refuses names that it does not know;
 * older loaders took any ("action", "tc-mine"). So the type is set here, by the place
 * that the program goes to, unless the section says that it is for something else.
 */
#include "host/bpf_userobj.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/userprog.h"
#include "core/util.h"
#include "core/verifier.h"
#include "host/bpf_load.h"

#define LOG_MAX (16u << 20)		/* of the verifier; touched only as far as it is written */
#define LOG_ERRORS_ONLY 4		/* the kernel's BPF_LOG_STATS: no trace, but complaints */
#define LIST_MAX 400

struct bytes {
	void *at;
	size_t len;
};

/* ---- the file ---- */

static int read_file(const struct userobj *o, struct bytes *ret, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(o->path, "re");
	_cleanup_free_ char *buf = malloc(USERPROG_OBJECT_MAX + 1);
	size_t n;

	if (!f)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", o->name, strerror(errno));
	if (!buf)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	n = fread(buf, 1, USERPROG_OBJECT_MAX + 1, f);
	if (ferror(f))
		return err_set(err, STATUS_USAGE, EIO, "%s cannot be read", o->name);
	if (n > USERPROG_OBJECT_MAX)
		return err_too_large(err, o->name, USERPROG_OBJECT_MAX);
	if (n < 4 || memcmp(buf, "\177ELF", 4) != 0) {
		err_set(err, STATUS_USAGE, EINVAL, "%s is no object file", o->name);
		err_hint(err, "clang -O2 -g -target bpf -c FILE.c makes one");
		return -EINVAL;
	}
	*ret = (struct bytes){ take_ptr(buf), n };
	return 0;
}

/* A failure before the verifier: libbpf's messages have the reason. */
static int not_opened(const struct userobj *o, int rc, struct err *err)
{
	struct verifier_finding found;
	char text[128];

	libbpf_strerror(rc, text, sizeof(text));	/* some numbers are its own */
	verifier_explain(bpf_log(), &found);
	err_set(err, STATUS_USAGE, rc, "%s cannot be loaded: %s", o->name,
		found.reason ? found.reason : text);
	if (found.hint)
		err_hint(err, "%s", found.hint);
	err_evidence(err, "libbpf", bpf_log());
	return rc < 0 ? rc : -rc;
}

static int open_bytes(const struct userobj *o, const struct bytes *bytes, struct bpf_object **ret,
		      struct err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "user");
	struct bpf_object *obj;

	bpf_catch_log();
	obj = bpf_object__open_mem(bytes->at, bytes->len, &opts);
	if (!obj)
		return not_opened(o, -errno, err);
	*ret = obj;
	return 0;
}

/* ---- which program ---- */

static const char *hook_word(bool xdp)
{
	return xdp ? "XDP" : "tc";
}

/* Is the program for that hook? Of those in other sections the user must say so. */
static bool suits(const struct userobj *o, const struct bpf_program *prog)
{
	enum userprog_section section = userprog_section(bpf_program__section_name(prog));

	if (section == USERPROG_SECTION_OTHER)
		return o->section && bpf_program__type(prog) == BPF_PROG_TYPE_UNSPEC;
	return (section == USERPROG_SECTION_XDP) == o->xdp;
}

static bool named(const struct userobj *o, const struct bpf_program *prog)
{
	return !o->section || strcmp(bpf_program__section_name(prog), o->section) == 0 ||
	       strcmp(bpf_program__name(prog), o->section) == 0;
}

static void list_programs(struct bpf_object *obj, char *buf, size_t size)
{
	struct bpf_program *prog;
	size_t used = 0;

	buf[0] = '\0';
	bpf_object__for_each_program(prog, obj)
		if (used < size)
			used += snprintf(buf + used, size - used, "%s%s (section %s)", used ? ", " : "",
					 bpf_program__name(prog), bpf_program__section_name(prog));
}

static int none_fits(const struct userobj *o, struct bpf_object *obj, bool exists, struct err *err)
{
	char list[LIST_MAX];

	list_programs(obj, list, sizeof(list));
	if (!*list)
		err_set(err, STATUS_USAGE, ENOENT, "%s has no program", o->name);
	else if (o->section && !exists)
		err_set(err, STATUS_USAGE, ENOENT, "%s has no section and no function '%s'", o->name,
			o->section);
	else
		err_set(err, STATUS_USAGE, ENOENT, "%s has no program for %s%s%s%s", o->name,
			hook_word(o->xdp), o->section ? " in '" : "", o->section ? o->section : "",
			o->section ? "'" : "");
	err_hint(err, "it has: %s; tc wants a section such as \"tc\" or \"classifier\", XDP \"xdp\"",
		 *list ? list : "nothing");
	return -ENOENT;
}

static int several_fit(const struct userobj *o, struct bpf_object *obj, struct err *err)
{
	char list[LIST_MAX];

	list_programs(obj, list, sizeof(list));
	err_set(err, STATUS_USAGE, EINVAL, "%s has several programs for %s", o->name, hook_word(o->xdp));
	err_hint(err, "--section takes the name of a section or a function: %s", list);
	return -EINVAL;
}

static int pick(const struct userobj *o, struct bpf_object *obj, struct bpf_program **ret,
		struct err *err)
{
	struct bpf_program *prog, *found = NULL;
	bool exists = false;

	bpf_object__for_each_program(prog, obj) {
		exists |= named(o, prog);
		if (!named(o, prog) || !suits(o, prog))
			continue;
		if (found)
			return several_fit(o, obj, err);
		found = prog;
	}
	if (!found)
		return none_fits(o, obj, exists, err);
	*ret = found;
	return 0;
}

/* That one program, for its place; no pin, whatever the object asks for. */
static void prepare(const struct userobj *o, struct bpf_object *obj, struct bpf_program *chosen)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, prog == chosen);
	bpf_object__for_each_map(map, obj)
		if (bpf_map__pin_path(map))
			bpf_map__set_pin_path(map, NULL);
	bpf_program__set_type(chosen, o->xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS);
	bpf_program__set_expected_attach_type(chosen, 0);
}

/* ---- into the kernel ---- */

static int refused(const struct userobj *o, const struct bpf_program *prog, int rc, const char *log,
		   struct err *err)
{
	struct verifier_finding found;

	if (rc == -EPERM && !*log)
		return bpf_failed(err, rc, "cannot load %s", o->name);
	if (!*log)
		return not_opened(o, rc, err);
	verifier_explain(log, &found);
	err_set(err, STATUS_USAGE, rc, "the kernel refuses %s, function %s: %s", o->name,
		bpf_program__name(prog), found.reason ? found.reason : "see what it says");
	if (found.hint)
		err_hint(err, "%s", found.hint);
	err_evidence(err, "verifier", *found.excerpt ? found.excerpt : bpf_log());
	return rc;
}

/* @log stays empty if the verifier had no say in it. */
static int load_chosen(const struct userobj *o, struct bpf_object *obj, struct bpf_program *prog,
		       unsigned int log_level, char *log, struct err *err)
{
	int rc;

	prepare(o, obj, prog);
	log[0] = '\0';
	bpf_program__set_log_buf(prog, log, LOG_MAX);
	bpf_program__set_log_level(prog, log_level);
	bpf_catch_log();
	rc = bpf_object__load(obj);
	if (rc == -ENOSPC && !log_level)	/* to be tried again */
		return rc;
	return rc ? refused(o, prog, rc, log, err) : 0;
}

static int try_load(const struct userobj *o, const struct bytes *bytes, unsigned int log_level,
		    char *log, struct bpf_object **ret_obj, struct bpf_program **ret_prog,
		    struct err *err)
{
	struct bpf_object *obj = NULL;
	struct bpf_program *prog = NULL;
	int rc = open_bytes(o, bytes, &obj, err);

	if (!rc)
		rc = pick(o, obj, &prog, err);
	if (!rc)
		rc = load_chosen(o, obj, prog, log_level, log, err);
	if (rc) {
		bpf_object__close(obj);
		return rc;
	}
	*ret_obj = obj;
	*ret_prog = prog;
	return 0;
}

int userobj_load(const struct userobj *o, struct bpf_object **ret_obj,
		 struct bpf_program **ret_prog, struct err *err)
{
	_cleanup_free_ char *log = malloc(LOG_MAX);
	struct bytes bytes = { 0 };
	int rc;

	if (!log)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	rc = read_file(o, &bytes, err);
	if (!rc)
		rc = try_load(o, &bytes, 0, log, ret_obj, ret_prog, err);
	if (rc == -ENOSPC)		/* the trace is too long: without it, the complaint fits */
		rc = try_load(o, &bytes, LOG_ERRORS_ONLY, log, ret_obj, ret_prog, err);
	free(bytes.at);
	return rc;
}
