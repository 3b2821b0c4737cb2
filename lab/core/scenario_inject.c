// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_inject.c - the injections of a scenario: lines as 'ovslab inject' takes them
 *
 * The options are core/mangle.c's. Here is what the command itself adds to them: --at,
 * with the places of any lab.
 */
#include "core/scenario_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/mangle.h"
#include "core/nearest.h"

#define LINE_MAX_BYTES 250
#define WORDS_MAX 40

struct words {
	char copy[LINE_MAX_BYTES + 1];
	const char *v[WORDS_MAX];
	int n;
	const char *at;			/* value of --at; NULL */
};

static int split(const char *text, struct words *ret, struct err *err)
{
	char *save;

	if (strlen(text) > LINE_MAX_BYTES)
		return err_set(err, STATUS_USAGE, EINVAL, "longer than %d bytes", LINE_MAX_BYTES);
	strcpy(ret->copy, text);
	for (char *w = strtok_r(ret->copy, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		if (strncmp(w, "--at=", 5) == 0)
			ret->at = w + 5;
		else if (strcmp(w, "--at") == 0 && !(ret->at = strtok_r(NULL, " \t\n", &save)))
			return err_set(err, STATUS_USAGE, EINVAL, "--at: no place after it");
		else if (strcmp(w, "--at") != 0 && ret->n == WORDS_MAX)
			return err_set(err, STATUS_USAGE, EINVAL, "more than %d words", WORDS_MAX);
		else if (strcmp(w, "--at") != 0)
			ret->v[ret->n++] = w;
	}
	return ret->n ? 0 : err_set(err, STATUS_USAGE, EINVAL, "no mangler is named");
}

static int check_kind(const char *name, struct err *err)
{
	struct nearest near = { .word = name };

	if (mangle_kind_find(name))
		return 0;
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++)
		nearest_offer(&near, kind->name);
	err_set(err, STATUS_USAGE, EINVAL, "'%.40s' is no kind of mangler%s%s%s", name,
		near.best ? "; did you mean '" : "", near.best ? near.best : "", near.best ? "'?" : "");
	if (!near.best)
		err_hint(err, "'ovslab help inject' has them");
	return -EINVAL;
}

/* NODE:HOOK or tap-NODE:HOOK, of the nodes that every lab has */
static int take_place(const char *text, struct mangle_spec *spec, struct err *err)
{
	bool tap = strncmp(text, "tap-", 4) == 0;
	const char *node = text + (tap ? 4 : 0), *colon = strchr(node, ':');
	enum mangle_hook hook = colon ? mangle_hook_find(colon + 1) : 0;
	bool known = hook && colon - node == 3 && (!strncmp(node, "vm1", 3) || !strncmp(node, "vm2", 3));

	spec->place = known ? mangle_place_at(!tap, hook) : 0;
	if (spec->place)
		return mangle_spec_check(spec, err);
	if (known)
		return err_set(err, STATUS_USAGE, EINVAL, "--at: %.40s: " MANGLE_NO_TAP_INGRESS, text);
	err_set(err, STATUS_USAGE, EINVAL, "--at: '%.40s' is no place", text);
	err_hint(err, "places are vm1:egress, vm1:ingress, vm1:xdp, tap-vm1:xdp, tap-vm1:egress, and those of vm2");
	return -EINVAL;
}

int scenario_inject_parse(const char *text, struct mangle_spec *ret, char *ret_place,
			  struct err *err)
{
	struct words words = { .n = 0 };
	int rc = split(text, &words, err);

	if (rc == 0)
		rc = check_kind(words.v[0], err);
	if (rc == 0)
		rc = mangle_spec_parse(words.n, words.v, ret, err);
	if (rc == 0 && !words.at)
		words.at = ret->kind->default_place;
	if (rc == 0)
		rc = take_place(words.at, ret, err);
	if (rc == 0)
		snprintf(ret_place, SCENARIO_PLACE_MAX, "%s", words.at);
	return rc;
}

int scenario_inject_check(const char *text, char *ret_where, struct err *err)
{
	char place[SCENARIO_PLACE_MAX];
	struct mangle_spec spec;
	int rc = scenario_inject_parse(text, &spec, place, err);

	if (rc == 0)
		snprintf(ret_where, SCENARIO_WHERE_MAX, "%.20s at %s", spec.kind->name, place);
	return rc;
}
