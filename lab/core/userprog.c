// SPDX-License-Identifier: GPL-2.0
/*
 * userprog.c - a BPF program of the user's own: names, text and JSON
 */
#include "core/userprog.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

enum userprog_section userprog_section(const char *name)
{
	static const struct {
		const char *word;
		enum userprog_section section;
	} words[] = {
		{ "tc", USERPROG_SECTION_TC },
		{ "classifier", USERPROG_SECTION_TC },
		{ "action", USERPROG_SECTION_TC },
		{ "xdp", USERPROG_SECTION_XDP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(name, words[i].word, len) == 0 && !isalpha((unsigned char)name[len]))
			return words[i].section;
	}
	return USERPROG_SECTION_OTHER;
}

bool userprog_same(const struct userprog *a, const struct userprog *b)
{
	return a->prog_id == b->prog_id && a->load_time_ns == b->load_time_ns;
}

int userprog_define_check(const char *define, struct err *err)
{
	size_t len = strspn(define, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	if (len && !isdigit((unsigned char)define[0]) && (define[len] == '=' || !define[len]))
		return 0;
	return err_set(err, STATUS_USAGE, EINVAL, "option '-D': '%.100s' is not NAME or NAME=VALUE", define);
}

void userprog_spec(const char *file, const char *section, const char *const *defines,
		   char *buf, size_t size)
{
	const char *slash = strrchr(file, '/');
	size_t used = snprintf(buf, size, "bpf %s%s%s", slash ? slash + 1 : file,
			       section ? " --section " : "", section ? section : "");

	for (; defines && *defines && used < size; defines++)
		used += snprintf(buf + used, size - used, " -D %s", *defines);
}

json_t *userprog_to_json(const struct userprog *p)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "spec", p->spec, "section",
			 p->section, "function", p->function, "tag", p->tag, "hook",
			 mangle_hook_name(p->hook), "mode", mangle_mode_name(p->mode), "prog_id",
			 (json_int_t)p->prog_id, "load_time_ns", (json_int_t)p->load_time_ns,
			 "runs", (json_int_t)p->runs);
}

static bool take_text(const json_t *doc, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text && (size_t)snprintf(buf, size, "%s", text) < size;
}

static bool take_where(const json_t *doc, struct userprog *p)
{
	const char *hook = json_string_value(json_object_get(doc, "hook"));
	const char *mode = json_string_value(json_object_get(doc, "mode"));

	p->hook = hook ? mangle_hook_find(hook) : 0;
	return p->hook && mode && mangle_mode_find(mode, &p->mode);
}

static bool take_number(const json_t *doc, const char *key, uint64_t max, uint64_t *ret)
{
	const json_t *number = json_object_get(doc, key);
	json_int_t value = json_integer_value(number);

	*ret = value;
	return json_is_integer(number) && value >= 0 && (uint64_t)value <= max;
}

int userprog_from_json(const json_t *doc, struct userprog *ret)
{
	struct userprog p = { .prog_id = 0 };
	uint64_t id;

	if (!take_where(doc, &p) || !take_text(doc, "spec", p.spec, sizeof(p.spec)) ||
	    !take_text(doc, "section", p.section, sizeof(p.section)) ||
	    !take_text(doc, "function", p.function, sizeof(p.function)) ||
	    !take_text(doc, "tag", p.tag, sizeof(p.tag)) ||
	    !take_number(doc, "prog_id", UINT32_MAX, &id) ||
	    !take_number(doc, "load_time_ns", INT64_MAX, &p.load_time_ns) ||
	    !take_number(doc, "runs", INT64_MAX, &p.runs))
		return -EBADMSG;
	p.prog_id = id;
	*ret = p;
	return 0;
}
