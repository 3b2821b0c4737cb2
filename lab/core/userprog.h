/* SPDX-License-Identifier: GPL-2.0 */
/*
 * userprog.h - a BPF program of the user's own: where it sits, what is known of it
 *
 * Plain data, and its form as JSON: what the helper in a guest answers, what is kept
 * on disk of it, and what 'inject show --json' prints.
 */
#ifndef OVSLAB_CORE_USERPROG_H
#define OVSLAB_CORE_USERPROG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mangle.h"

#define USERPROG_OBJECT_MAX (4u << 20)	/* bytes of an object, and of a source */
#define USERPROG_SPEC_MAX 400
#define USERPROG_DEFINES_MAX 32

/* What a section's name says of the programs in it. */
enum userprog_section { USERPROG_SECTION_TC, USERPROG_SECTION_XDP, USERPROG_SECTION_OTHER };

struct userprog {
	char spec[USERPROG_SPEC_MAX];	/* "bpf tcp_psh.c -D RATIO=10" */
	char section[64], function[64];
	char tag[17];			/* the kernel's hash of its instructions, in hex */
	uint32_t prog_id;
	uint64_t load_time_ns;		/* since boot of the machine that it runs on */
	enum mangle_hook hook;
	enum mangle_mode mode;
	uint64_t runs;			/* 0 unless kernel.bpf_stats_enabled is 1 there */
};

/**
 * userprog_section() - by the name: "tc", "classifier", "action", "xdp" and what begins
 * so ("tc/egress", "classifier/x", "xdp.frags", "xdp_prog"), but not "tcp"
 */
enum userprog_section userprog_section(const char *name);

/** userprog_same() - the very same program: ids are used again, load times are not */
bool userprog_same(const struct userprog *a, const struct userprog *b);

/**
 * userprog_define_check() - NAME or NAME=VALUE, as cc -D takes it
 *
 * Return: 0, or -EINVAL (STATUS_USAGE) with the reason.
 */
int userprog_define_check(const char *define, struct err *err);

/** userprog_spec() - "bpf FILE [--section NAME] [-D DEFINE]..."; @defines may be NULL */
void userprog_spec(const char *file, const char *section, const char *const *defines,
		   char *buf, size_t size);

/** userprog_to_json() - a new reference; NULL when out of memory or if a text is not UTF-8 */
json_t *userprog_to_json(const struct userprog *prog);

/** userprog_from_json() - Return: 0, or -EBADMSG; *@ret only written on success */
int userprog_from_json(const json_t *doc, struct userprog *ret);

#endif
