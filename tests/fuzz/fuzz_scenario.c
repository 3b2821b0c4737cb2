// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_scenario.c - any bytes as a scenario file
 *
 * It has mistakes, or is a scenario; a mistake has a place in the file and says something,
 * on one line. What is a scenario can be set, and what was set is read.
 */
#include <string.h>

#include "core/scenario.h"
#include "fuzz.h"

static void see_mistakes(const struct mistakes *m, size_t size)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mistake *one = &m->v[i];

		must(one->line >= 1 && one->column >= 1);
		must(one->line <= size + 2 && one->column <= size + 2);
		must(one->text[0] && !strpbrk(one->text, "\n\t\x1b"));
		must(i == 0 || m->v[i - 1].line <= one->line);
	}
}

static void see_setup(const struct scenario_setup *setup)
{
	must(setup && setup->bench.switch_vcpus >= 1 && setup->bench.switch_vcpus <= LAB_VCPUS_MAX);
	for (size_t i = 0; i < setup->openflow.n; i++)
		must(strstr(setup->openflow.v[i], "actions=") && setup->openflow.v[i][0] != '-');
	for (size_t i = 0; i < setup->other_config.n; i++)
		must(setup->other_config.v[i].key[0] && setup->other_config.v[i].value[0]);
}

static void see_scenario(struct scenario *s)
{
	const char *cell;

	must(s->name[0] && s->summary[0] && s->traffic.from != s->traffic.to);
	see_setup(scenario_setup_of(s, NULL));
	for (size_t i = 0; i < s->matrix.n; i++)
		see_setup(scenario_setup_of(s, s->matrix.v[i].name));
	for (size_t i = 0; s->has_variants && i < 2; i++)
		see_setup(scenario_setup_of(s, s->variants[i].name));
	for (size_t i = 0; i < s->expect.n; i++)
		must(!s->expect.v[i].variant || scenario_setup_of(s, s->expect.v[i].variant));
	must(!s->score.given || s->score.better != SCENARIO_BETTER_AUTO);
	must(scenario_set(s, "ovs=dir:/x", NULL) == 0);
	must(scenario_set(s, "kernel=sid", NULL) == 0);
	must(!scenario_own(s, &cell));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mistakes m = { .n = 0 };
	struct scenario *s = NULL;
	int rc = scenario_read((const char *)data, size, &s, &m);

	must((rc == 0) == (s != NULL));
	must((rc == 0) == (m.n == 0));
	see_mistakes(&m, size);
	if (s)
		see_scenario(s);
	scenario_free(s);
	return 0;
}
