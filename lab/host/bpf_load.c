// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_load.c - load BPF objects, and recognise our programs in the kernel
 */
#include "host/bpf_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

/* The end of what libbpf said: the verifier gives its reason last. */
static char log_tail[2048];

static void log_keep(const char *text)
{
	size_t len = strlen(text), used = strlen(log_tail);
	size_t room = sizeof(log_tail) - 1;

	if (len > room) {
		text += len - room;
		len = room;
	}
	if (used + len > room) {
		size_t drop = used + len - room;

		memmove(log_tail, log_tail + drop, used - drop);
		used -= drop;
	}
	memcpy(log_tail + used, text, len);
	log_tail[used + len] = '\0';
}

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	_cleanup_free_ char *text = NULL;
	int n;

	if (level == LIBBPF_DEBUG)
		return 0;
	n = vasprintf(&text, fmt, ap);
	if (n < 0)
		text = NULL;
	else
		log_keep(text);
	return n;
}

void bpf_catch_log(void)
{
	log_tail[0] = '\0';
	libbpf_set_print(on_print);
}

const char *bpf_log(void)
{
	return log_tail;
}

int bpf_failed(struct err *err, int rc, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	rc = rc > 0 ? -rc : rc;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err_set(err, rc == -EPERM ? STATUS_HOST : STATUS_BENCH, rc, "%s: %s",
		what, strerror(-rc));
	if (rc == -EPERM)
		err_hint(err, "run it as root (it needs CAP_BPF and CAP_NET_ADMIN)");
	err_evidence(err, "libbpf", log_tail);
	return rc;
}

int bpf_load(struct bpf_object *obj, const char *what, struct err *err)
{
	int rc;

	bpf_catch_log();
	rc = bpf_object__load(obj);
	if (rc)
		return bpf_failed(err, rc, "the kernel refuses the %s", what);
	return 0;
}

void bpf_prog_name(uint32_t prog_id, char buf[16])
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog_id);

	buf[0] = '\0';
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(buf, 16, "%s", info.name);
}

bool bpf_prog_is_ours(uint32_t prog_id)
{
	char name[16];

	bpf_prog_name(prog_id, name);
	return !strncmp(name, BPF_NAME_PREFIX, strlen(BPF_NAME_PREFIX));
}

int bpf_ifindex(const char *dev, struct err *err)
{
	unsigned int ifindex = if_nametoindex(dev);

	if (!ifindex)
		return err_set(err, STATUS_BENCH, ENODEV,
			       "there is no network device '%s'", dev);
	return ifindex;
}
