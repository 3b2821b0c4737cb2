/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cmd_inject_user.h - what 'inject bpf' and 'inject netem' made, for 'inject show' and 'clear'
 */
#ifndef OVSLAB_CMD_INJECT_USER_H
#define OVSLAB_CMD_INJECT_USER_H

#include "cmd.h"
#include "run/inject_netem.h"
#include "run/inject_user.h"

struct user_rows {
	struct user_injection programs[INJECT_USER_MAX];
	unsigned int n_programs;
	struct netem_injection qdiscs[INJECT_NETEM_MAX];
	unsigned int n_qdiscs;
};

/** user_rows_kind() - is it one of the two words, "bpf" and "netem"? */
bool user_rows_kind(const char *word);

int user_rows_list(const struct session *s, const struct lab *lab, struct user_rows *ret,
		   struct err *err);

/** user_rows_clear() - remove those of @kind (NULL: both) at @place (NULL: everywhere) */
int user_rows_clear(const struct session *s, const struct lab *lab, const char *kind,
		    const char *place, unsigned int *ret_n, struct err *err);

/** user_rows_json() - the members "programs" and "qdiscs" of the document @doc */
void user_rows_json(json_t *doc, const struct user_rows *rows);

/** user_rows_print() - as tables; nothing where there is nothing */
int user_rows_print(const struct user_rows *rows);

#endif
