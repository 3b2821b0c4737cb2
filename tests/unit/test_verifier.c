// SPDX-License-Identifier: GPL-2.0
/*
 * test_verifier.c - logs of the BPF verifier: the reason, and the part that matters
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "core/verifier.h"
#include "verifier_logs.h"

static void real_logs(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(verifier_logs); i++) {
		const struct verifier_log *l = &verifier_logs[i];
		struct verifier_finding found;

		print_message("    %s\n", l->name);
		verifier_explain(l->log, &found);
		assert_non_null(found.reason);
		assert_non_null(strstr(found.reason, l->reason));
		assert_non_null(found.hint);
		assert_non_null(strstr(found.excerpt, l->source));
		assert_non_null(strstr(found.excerpt, l->insn));
		assert_int_equal(*l->source != '\0', strncmp(found.excerpt, "; ", 2) == 0);
		assert_null(strstr(found.excerpt, "processed"));
		assert_null(strstr(found.excerpt, "R10=fp0 fp-8"));
	}
}

/* The excerpt to the letter: source, instruction, complaint. */
static void excerpt(void **state)
{
	struct verifier_finding found;

	verifier_explain("0: R1=ctx(off=0,imm=0) R10=fp0\n"
			 "; void *data = (void *)(long)skb->data;\n"
			 "0: (61) r1 = *(u32 *)(r1 +76)         ; R1_w=pkt(off=0,r=0,imm=0)\n"
			 "; \n"
			 "; return eth->h_proto == 8;\n"
			 "1: (71) r2 = *(u8 *)(r1 +12)\n"
			 "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)\n"
			 "R1 offset is outside of the packet\n"
			 "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0\n", &found);
	assert_string_equal(found.excerpt,
			    "; return eth->h_proto == 8;\n"
			    "1: (71) r2 = *(u8 *)(r1 +12)\n"
			    "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)\n"
			    "R1 offset is outside of the packet\n");
	assert_non_null(strstr(found.hint, "data_end"));
}

/* Without the trace, as the kernel writes it where the whole would be too long. */
static void no_trace(void **state)
{
	struct verifier_finding found;

	verifier_explain("BPF program is too large. Processed 1000001 insn\n"
			 "processed 1000001 insns (limit 1000000) max_states_per_insn 4\n", &found);
	assert_non_null(strstr(found.reason, "too complex"));
	assert_string_equal(found.excerpt, "BPF program is too large. Processed 1000001 insn\n");
}

static void of_libbpf(void **state)
{
	static const struct {
		const char *log, *reason;
	} cases[] = {
		{ "libbpf: elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+\n",
		  "old way" },
		{ "libbpf: BTF is required, but is missing or corrupted.\n", "no BTF" },
		{ "libbpf: failed to find BTF for extern 'nowhere' [29] section: -2\n", "neither in it" },
		{ "libbpf: extern (func ksym) 'x': not found in kernel or module BTFs\n"
		  "libbpf: failed to load object 'user'\n", "this kernel does not have" },
		{ "libbpf: elf: user is not a valid eBPF object file\n", "not compiled for BPF" },
		{ "libbpf: elf: 'user' is not a proper ELF object\n", "no object file" },
		{ "libbpf: map 'z': failed to create: Invalid argument(-22)\n"
		  "libbpf: failed to load object 'user'\n", "one of its maps" },
		{ "libbpf: sec 'tc': program 'g' is static and not supported\n", "static" },
		{ "failed to resolve CO-RE relocation <byte_off> [28] struct sk_buff.no_such_field\n",
		  "does not have" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct verifier_finding found;

		verifier_explain(cases[i].log, &found);
		assert_non_null(found.reason);
		assert_non_null(strstr(found.reason, cases[i].reason));
	}
}

/* What is not in the table: no reason is made up, the complaint is shown. */
static void unknown(void **state)
{
	struct verifier_finding found;

	verifier_explain("0: (95) exit\nthe moon is in the wrong phase\nprocessed 1 insns\n", &found);
	assert_null(found.reason);
	assert_null(found.hint);
	assert_string_equal(found.excerpt, "0: (95) exit\nthe moon is in the wrong phase\n");
	verifier_explain("", &found);
	assert_null(found.reason);
	assert_string_equal(found.excerpt, "");
	verifier_explain("\n\n\n", &found);
	assert_string_equal(found.excerpt, "");
}

/* A kernel is trusted, a guest's is not: any bytes, any length of line. */
static void bounds(void **state)
{
	static char log[1 << 20];
	struct verifier_finding found;

	memset(log, 'x', sizeof(log) - 1);
	verifier_explain(log, &found);
	assert_true(strlen(found.excerpt) < VERIFIER_EXCERPT_MAX);
	for (size_t i = 0; i < sizeof(log) - 1; i++)
		log[i] = i % 7 ? '0' + i % 10 : '\n';
	verifier_explain(log, &found);
	for (size_t i = 1; i < 40; i++) {	/* every beginning of a line that looks like one */
		snprintf(log, i, "12345: (71) r2 = *(u8 *)(r1 +12)\n; source");
		verifier_explain(log, &found);
		assert_true(strlen(found.excerpt) <= i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_logs), cmocka_unit_test(excerpt), cmocka_unit_test(no_trace),
		cmocka_unit_test(of_libbpf), cmocka_unit_test(unknown), cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
