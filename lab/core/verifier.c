// SPDX-License-Identifier: GPL-2.0
/*
 * verifier.c - why the kernel refuses a BPF program, in plain words
 *
 * Theory of operation: a log is the trace of the instructions that were walked, with
 * "; source line" above them if the object has BTF, then the complaint, then
 * "processed N insns ...". The last instruction is where it stopped; the lines behind
 * it that are not register states are the complaint. It is looked up in the table,
 * the last line first, since that is the most precise one.
 */
#include "core/verifier.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

#define SAID_MAX 12			/* lines of the complaint that are looked at */
#define CHANGED_PACKET \
	"after a helper that may move the packet (bpf_skb_store_bytes, bpf_skb_pull_data, " \
	"bpf_xdp_adjust_head ...) read data and data_end again, and check again"

/* The first row whose text occurs in a line of the complaint: special ones go first. */
static const struct row {
	const char *text, *reason, *hint;
} rows[] = {
	/* the packet */
	{ "offset is outside of the packet",
	  "it reads or writes the packet beyond data_end without checking",
	  "before the access: if ((void *)(header + 1) > data_end) return ...; each header "
	  "needs a check of its own" },
	{ "invalid access to packet",
	  "it reads or writes the packet beyond data_end without checking",
	  "before the access: if ((void *)(header + 1) > data_end) return ...; each header "
	  "needs a check of its own" },
	{ "math between pkt pointer and register with unbounded min value",
	  "an offset into the packet has no bound that the verifier can see",
	  "keep it in an unsigned variable and limit it (off &= 0xff, or if (off > 255) return ...) "
	  "before it is added to a pointer" },
	{ "makes pkt pointer be out of bounds",
	  "an offset into the packet has no bound, or one that is larger than any packet",
	  "keep it in an unsigned variable and limit it (off &= 0xff, or if (off > 255) return ...) "
	  "before it is added to a pointer" },
	{ "min value is negative",
	  "an index or a size may be negative",
	  "make it unsigned, or check that it is not below 0" },
	{ "misaligned packet access", "it reads the packet at an odd address",
	  "read it byte by byte, or with __builtin_memcpy()" },
	{ "cannot write into packet", "programs of this kind may not write into the packet directly",
	  "use bpf_skb_store_bytes()" },
	/* pointers */
	{ "invalid mem access 'map_value_or_null'",
	  "it uses what a map lookup returned without a check for NULL",
	  "value = bpf_map_lookup_elem(...); if (!value) return ...;" },
	{ "on map_value_or_null prohibited",
	  "it uses what a map lookup returned without a check for NULL",
	  "value = bpf_map_lookup_elem(...); if (!value) return ...;" },
	{ "_or_null'", "it uses a pointer that may be NULL", "check it for NULL first" },
	{ "_or_null prohibited", "it uses a pointer that may be NULL", "check it for NULL first" },
	{ "invalid mem access 'scalar'",
	  "it follows something that is not known to be a pointer (any more)", CHANGED_PACKET },
	{ "invalid mem access 'inv'",
	  "it follows something that is not known to be a pointer (any more)", CHANGED_PACKET },
	{ "invalid mem access", "it follows a pointer that must not be followed", NULL },
	{ "32-bit pointer arithmetic prohibited",
	  "a pointer was put into 32 bits", "cast data and data_end as (void *)(long)ctx->data" },
	{ "pointer arithmetic", "it calculates with a pointer in a way that is not allowed",
	  "only numbers of a known range may be added to a pointer, or subtracted" },
	{ "on pointer prohibited", "it calculates with a pointer in a way that is not allowed",
	  "only numbers of a known range may be added to a pointer, or subtracted" },
	{ "pointer comparison prohibited", "it compares pointers that cannot be compared",
	  "only pointers into the packet can be, with data_end" },
	{ "with unbounded min value", "something is added to a pointer that has no known bound",
	  "keep it in an unsigned variable and limit it first" },
	/* memory */
	{ "invalid access to map value", "it reads or writes beyond the end of a map's value",
	  "check the index against the number of elements first" },
	{ "is outside of the allowed memory range", "an index may lie beyond the end of an array",
	  "check the index against the number of elements first" },
	{ "unbounded memory access", "an index or a size has no bound that the verifier can see",
	  "limit it: if (n > MAX) return ...; or n &= MAX - 1 where MAX is a power of 2" },
	{ "invalid zero-sized", "a size has no bound that the verifier can see, or may be 0",
	  "check it both ways: if (n < 1 || n > sizeof(buf)) return ...;" },
	{ "combined stack size", "its functions need more than 512 bytes of stack together",
	  "put large variables into a map (BPF_MAP_TYPE_PERCPU_ARRAY with one element)" },
	{ "invalid write to stack", "it writes beyond its stack of 512 bytes",
	  "put large variables into a map (BPF_MAP_TYPE_PERCPU_ARRAY with one element)" },
	{ "write to stack", "it writes at an index that may lie beyond the end of a variable",
	  "check the index against the size of the array first" },
	{ "invalid stack", "it uses memory beyond its stack of 512 bytes",
	  "put large variables into a map (BPF_MAP_TYPE_PERCPU_ARRAY with one element)" },
	{ "invalid indirect read from stack", "it hands over memory of which a part was never set",
	  "initialise the variable, also the gaps between its members: = { 0 }, or __builtin_memset()" },
	{ "from stack", "it reads a variable, or a part of it, that was never set",
	  "initialise it, also the gaps between its members: = { 0 }, or __builtin_memset()" },
	{ "R0 !read_ok", "it may end without a return value, or uses the result of a function that has none",
	  "every way through the program needs a return; clang's warnings show where" },
	{ "!read_ok", "it uses a variable that was never set, or one that a call has overwritten",
	  "initialise it; clang's warnings show where" },
	/* size and shape */
	{ "program is too large", "it is too complex: the verifier gave up after a million steps",
	  "shorten loops, or give them to bpf_loop(); make large functions __noinline" },
	{ "is too complex", "it is too complex: it has too many branches for the verifier",
	  "shorten loops, or give them to bpf_loop(); make large functions __noinline" },
	{ "infinite loop detected", "it has a loop of which the verifier sees no end",
	  "count to a constant: for (int i = 0; i < 16; i++)" },
	{ "back-edge from insn", "it has a loop of which the verifier sees no end",
	  "count to a constant: for (int i = 0; i < 16; i++), or unroll it with #pragma unroll" },
	{ "unreachable insn", "a part of it can never be reached", "remove the dead code" },
	{ "last insn is not an exit", "it runs off its end without a return",
	  "every way through the program needs a return; clang does so where a loop never ends" },
	{ "jump out of range", "it runs off its end without a return",
	  "every way through the program needs a return" },
	/* what it calls and asks for */
	{ "GPL-restricted function", "it calls a function of the kernel that is for GPL programs only, "
	  "and does not say that it is one", "add: char LICENSE[] SEC(\"license\") = \"GPL\";" },
	{ "GPL compatible", "it uses something that is for GPL programs only, and does not say that it is one",
	  "add: char LICENSE[] SEC(\"license\") = \"GPL\";" },
	{ "CO-RE relocation", "it uses a field or type that this kernel does not have", NULL },
	{ "195896080", "it uses a field or type that this kernel does not have", NULL },
	{ "program of this type cannot use helper", "it calls a helper that programs of its kind may not call",
	  "bpf-helpers(7) says which helper is for tc and which for XDP" },
	{ "unknown func", "it calls a helper that programs of its kind may not call, or that this kernel "
	  "does not have", "bpf-helpers(7) says which helper is for tc and which for XDP" },
	{ "invalid func", "it calls a helper that this kernel does not have",
	  "bpf-helpers(7) says with which kernel a helper came" },
	{ "calling kernel function", "it calls a function of the kernel that programs of its kind may not call",
	  NULL },
	{ "invalid bpf_context access", "it reads or writes a field of its context that programs of its kind "
	  "may not touch", "XDP has struct xdp_md, tc has struct __sk_buff: is the section right?" },
	{ "variable ctx access", "it calculates with the pointer to its context",
	  "read fields by their names, ctx->data and so on" },
	{ "dereference of modified ctx ptr", "it calculates with the pointer to its context",
	  "read fields by their names, ctx->data and so on" },
	{ "Unreleased reference", "it does not give back what it got (a socket, memory of a ring buffer) on "
	  "every way", "call bpf_sk_release(), bpf_ringbuf_submit() or ..._discard() before each return" },
	{ "bpf_spin_unlock", "it takes a lock and does not let go of it on every way",
	  "call bpf_spin_unlock() before each return" },
	{ "bpf_spin_lock", "it uses a lock in a way that is not allowed",
	  "take it, change the value, let go of it, and call nothing meanwhile" },
	{ "At program exit the register R0", "it returns a value that programs of its kind may not return",
	  "tc: TC_ACT_...; XDP: XDP_PASS, XDP_DROP, XDP_TX ..." },
	{ "is not pointing to valid bpf_map", "it uses a map that is not in the object",
	  "the map must be a global variable of the same file, in SEC(\".maps\")" },
	{ "unrecognized bpf_ld_imm64", "it uses a map or a variable that was not filled in", NULL },
	{ " expected=", "an argument of a helper is of another kind than the helper wants",
	  CHANGED_PACKET },
	/* libbpf, before the verifier */
	{ "legacy map definitions", "its maps are declared in the old way",
	  "use SEC(\".maps\") and __uint(type, ...): docs/EBPF.md has an example" },
	{ "BTF is required, but is missing", "it has no BTF, which its maps or variables need",
	  "compile it with clang -g (and a clang that writes BTF)" },
	{ "no static relocation", "it has a relocation that cannot be resolved", NULL },
	{ "failed to resolve extern", "it uses an extern variable or function that this kernel does not have",
	  NULL },
	{ "not found in kernel or module BTFs",
	  "it uses an extern variable or function that this kernel does not have", NULL },
	{ "failed to find BTF for extern", "it calls a function that is neither in it nor a helper",
	  "declare helpers by #include <bpf/bpf_helpers.h>; mark functions of your own static" },
	{ "unexpected relocation", "it refers to something that is not in the object", NULL },
	{ "bad map relo", "it refers to something that is neither a map nor a variable of the object", NULL },
	{ "is static and not supported", "the function in SEC() is static", "remove the word static" },
	{ "failed to create: ", "the kernel refuses one of its maps",
	  "look at the map's type, key, value and max_entries" },
	{ "is not a valid eBPF object file", "it was not compiled for BPF", "clang -O2 -g -target bpf -c FILE.c" },
	{ "unsupported eBPF", "it was not compiled for BPF", "clang -O2 -g -target bpf -c FILE.c" },
	{ "endianness mismatch", "it was compiled for another byte order", "clang -target bpf" },
	{ "is not a proper ELF object", "it is no object file", "clang -O2 -g -target bpf -c FILE.c" },
	{ "failed to get EHDR", "it is no object file", "clang -O2 -g -target bpf -c FILE.c" },
};

struct line {
	const char *at;
	size_t len;
};

static bool starts(const struct line *line, const char *text)
{
	return line->len >= strlen(text) && strncmp(line->at, text, strlen(text)) == 0;
}

static bool contains(const struct line *line, const char *text)
{
	return memmem(line->at, line->len, text, strlen(text)) != NULL;
}

/* "12: (71) r0 = ..." */
static bool is_insn(const struct line *line)
{
	size_t i = 0;

	while (i < line->len && isdigit((unsigned char)line->at[i]))
		i++;
	return i && i + 6 < line->len && line->at[i] == ':' && line->at[i + 1] == ' ' &&
	       line->at[i + 2] == '(' && isxdigit((unsigned char)line->at[i + 3]);
}

/* States of registers, statistics: what fills a log and tells nothing. */
static bool is_noise(const struct line *line)
{
	static const char *const begins[] = {
		"processed ", "verification time", "stack depth", "mark_precise", "from ", "last_idx",
		"regs=", "parent ", "func#", "cur state", "old state", "R0=", "R1=", "R0_w=", " R0",
		"Func#", "Validating ", "max_states", "frame", "caller:", "callee:", "libbpf: prog '",
		"-- BEGIN", "-- END", "libbpf: -- BEGIN", "libbpf: -- END", "; ",
		"propagating ", "returning ", "libbpf: failed to load object",
	};
	size_t i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(begins); k++)
		if (starts(line, begins[k]))
			return true;
	while (i < line->len && isdigit((unsigned char)line->at[i]))
		i++;
	return i == line->len || (i && line->at[i] == ':');	/* "0: R1=ctx() R10=fp0" */
}

/* The line that ends before @end; false at the log's beginning. */
static bool line_before(const char *log, const char *end, struct line *ret)
{
	const char *start;

	if (end == log)
		return false;
	if (end[-1] == '\n')
		end--;
	start = end;
	while (start > log && start[-1] != '\n')
		start--;
	*ret = (struct line){ start, end - start };
	return true;
}

static const struct row *row_of(const struct line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (contains(line, rows[i].text))
			return &rows[i];
	return NULL;
}

/* What the end of a log consists of. */
struct complaint {
	struct line source, insn;	/* .at is NULL if there is none */
	struct line said[SAID_MAX];	/* the last one first */
	unsigned int n;
};

static void find_source(const char *log, struct complaint *c)
{
	const char *end = c->insn.at;
	struct line line;

	while (line_before(log, end, &line)) {
		if (starts(&line, "; ") && line.len > 2 && !starts(&line, ";  @")) {
			c->source = line;
			return;
		}
		end = line.at;
	}
}

static void take_apart(const char *log, struct complaint *c)
{
	const char *end = log + strlen(log);
	struct line line;

	*c = (struct complaint){ 0 };
	while (line_before(log, end, &line) && c->n < SAID_MAX) {
		end = line.at;
		if (is_insn(&line)) {
			c->insn = line;
			find_source(log, c);
			return;
		}
		if (!is_noise(&line))
			c->said[c->n++] = line;
	}
}

static void add_line(char *buf, size_t size, const struct line *line)
{
	size_t used = strlen(buf);

	if (line->at && used + line->len + 2 <= size)
		snprintf(buf + used, size - used, "%.*s\n", (int)line->len, line->at);
}

void verifier_explain(const char *log, struct verifier_finding *ret)
{
	const struct row *row = NULL;
	struct complaint c;

	*ret = (struct verifier_finding){ 0 };
	take_apart(log, &c);
	for (unsigned int i = 0; i < c.n && !row; i++)
		row = row_of(&c.said[i]);
	if (row) {
		ret->reason = row->reason;
		ret->hint = row->hint;
	}
	add_line(ret->excerpt, sizeof(ret->excerpt), &c.source);
	add_line(ret->excerpt, sizeof(ret->excerpt), &c.insn);
	for (unsigned int i = c.n; i-- > 0;)
		add_line(ret->excerpt, sizeof(ret->excerpt), &c.said[i]);
}
