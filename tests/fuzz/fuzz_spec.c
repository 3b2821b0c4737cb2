// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_spec.c - any text as the spec of a mangler
 *
 * Guests answer with such text, and programs in the kernel carry it. What is accepted must
 * be canonical after one turn: text, words and stage then stay the same.
 */
#include <string.h>

#include "core/mangle.h"
#include "core/match.h"
#include "fuzz.h"

static void check_stage(const struct stage *s)
{
	const struct trigger *t = &s->trigger;

	must(s->kind > STAGE_NONE && s->kind <= STAGE_REORDER);
	must((t->ratio != 0) + (t->every != 0) + (t->nth != 0) ==
	     !(s->flags & STAGE_CLEAR_ALL));
	must(!t->to || t->from < t->to);
	must(!t->until_ns);
	must(memchr(s->spec, '\0', sizeof(s->spec)));
	must(s->match.frag <= MATCH_FRAG_NOT_LATER);
	for (int i = 0; i < 16; i++)
		must(!(s->match.src[i] & ~s->match.src_mask[i]) &&
		     !(s->match.dst[i] & ~s->match.dst_mask[i]));
}

static void check_match(const struct match *m)
{
	char text[STAGE_SPEC_MAX];
	struct match again;
	int n = match_format(m, text, sizeof(text));

	must(n >= 0 && strlen(text) == (size_t)n);
	if (n == 0) {
		must(!m->on);
		return;
	}
	must(match_parse(text, &again, NULL) == 0);
	must(!memcmp(&again, m, sizeof(again)));
}

static void check_spec(const struct mangle_spec *spec)
{
	struct mangle_spec again;
	struct mangle_argv words;

	check_stage(&spec->stage);
	check_match(&spec->stage.match);
	must(mangle_spec_check(spec, NULL) == 0 || spec->given & MANGLE_BIT(UNITS));
	mangle_spec_argv(spec, &words);
	must(words.argc >= 1 && words.argc <= MANGLE_WORDS_MAX && !words.argv[words.argc]);
	must(mangle_spec_parse(words.argc, words.argv, &again, NULL) == 0);
	must(!memcmp(&again, spec, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mangle_spec spec;
	struct err err = { 0 };
	char text[1024];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (mangle_spec_parse_text(text, &spec, &err) == 0)
		check_spec(&spec);
	else
		must(err.status == STATUS_USAGE && err.msg[0]);
	err_reset(&err);
	return 0;
}
