/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verifier.h - why the kernel refuses a BPF program, in plain words
 *
 * Works on the text of the verifier's log (or of libbpf's messages, where the
 * program did not get that far). The words are those of a table; the log's own
 * lines that matter go with them as evidence.
 */
#ifndef OVSLAB_CORE_VERIFIER_H
#define OVSLAB_CORE_VERIFIER_H

#define VERIFIER_EXCERPT_MAX 1536

struct verifier_finding {
	const char *reason;	/* continues "the kernel refuses it: "; NULL if unknown */
	const char *hint;	/* what to do about it; NULL if unknown */
	char excerpt[VERIFIER_EXCERPT_MAX];	/* whole lines; "" if there are none */
};

/**
 * verifier_explain() - find the reason in a log
 * @log:	as the kernel or libbpf wrote it, of any length
 *
 * The excerpt has the source line if the log names one (the object has BTF), the
 * instruction at which the verifier stopped, and what it said there.
 */
void verifier_explain(const char *log, struct verifier_finding *ret);

#endif
