/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clang.h - BPF programs in C, compiled on this host
 */
#ifndef OVSLAB_HOST_CLANG_H
#define OVSLAB_HOST_CLANG_H

#include "core/err.h"
#include "host/wait.h"

/**
 * clang_compile() - compile a file for BPF, with BTF
 * @source:	FILE.c
 * @defines:	"NAME" or "NAME=VALUE" each, NULL-terminated; NULL for none
 * @object:	where the object goes
 * @ret_said:	clang's warnings, to be freed; NULL if it had none
 *
 * Found without asking for them: the headers of the kernel and of libbpf, those beside
 * the source, and ovslab's own as "bpf/pkt.h", from the source tree or from where
 * 'make install' put them.
 *
 * Return: 0; -EINVAL (STATUS_USAGE) with clang's messages as evidence; -ENOENT
 * (STATUS_HOST) if there is no clang; -ETIMEDOUT, -EINTR.
 */
int clang_compile(const struct job *job, const char *source, const char *const *defines,
		  const char *object, char **ret_said, struct err *err);

#endif
