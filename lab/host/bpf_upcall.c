// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_upcall.c - the program that notes which packets go through vswitchd
 */
#include "host/bpf_upcall.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/upcall.skel.h"
#include "core/util.h"
#include "host/bpf_load.h"

#define TRACEPOINT "/sys/kernel/tracing/events/openvswitch/ovs_dp_upcall"
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static int path_in(const char *dir, const char *name, char *buf, size_t size, struct err *err)
{
	if (path_join(buf, size, dir, name) < 0)
		return err_set(err, STATUS_BENCH, ENAMETOOLONG, "%s/%s: too long a path", dir, name);
	return 0;
}

/* ---- start -------------------------------------------------------------------- */

static int can_run(struct err *err)
{
	struct utsname kernel;

	uname(&kernel);
	if (access(TRACEPOINT, F_OK) < 0)
		return err_set(err, STATUS_BENCH, EOPNOTSUPP,
			       "the kernel's datapath (%s) has no tracepoint ovs_dp_upcall, which "
			       "Linux has from 5.14 on", kernel.release);
	if (access(KERNEL_BTF, F_OK) < 0)
		return err_set(err, STATUS_BENCH, EOPNOTSUPP, "the kernel (%s) has no BTF",
			       kernel.release);
	return 0;
}

static int pin_maps(struct upcall_bpf *skel, const char *dir, struct err *err)
{
	struct bpf_map *const maps[] = { skel->maps.notes, skel->maps.noted };
	char path[PATH_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(maps); i++) {
		rc = path_in(dir, bpf_map__name(maps[i]), path, sizeof(path), err);
		if (rc == 0 && bpf_map__pin(maps[i], path))
			rc = bpf_failed(err, errno, "cannot pin %s", path);
	}
	return rc;
}

static int attach(struct upcall_bpf *skel, const char *dir, struct err *err)
{
	struct bpf_link *link = bpf_program__attach(skel->progs.ovslab_upcall);
	char path[PATH_MAX];
	int rc;

	if (!link)
		return bpf_failed(err, errno, "cannot attach to the tracepoint ovs_dp_upcall");
	rc = path_in(dir, "link", path, sizeof(path), err);
	if (rc == 0 && bpf_link__pin(link, path))
		rc = bpf_failed(err, errno, "cannot pin %s", path);
	bpf_link__destroy(link);	/* what is pinned stays */
	return rc;
}

int bpf_upcall_start(const char *dir, struct err *err)
{
	struct upcall_bpf *skel;
	int rc = can_run(err);

	if (rc < 0)
		return rc;
	bpf_catch_log();
	skel = upcall_bpf__open();
	if (!skel)
		return bpf_failed(err, errno, "cannot open the program that notes upcalls");
	rc = bpf_load(skel->obj, "program that notes upcalls", err) ?: pin_maps(skel, dir, err) ?:
	     attach(skel, dir, err);
	upcall_bpf__destroy(skel);
	return rc;
}

/* ---- take ----------------------------------------------------------------------- */

static int open_map(const char *dir, const char *name, int *ret, struct err *err)
{
	char path[PATH_MAX];
	int rc = path_in(dir, name, path, sizeof(path), err);

	if (rc < 0)
		return rc;
	*ret = bpf_obj_get(path);
	return *ret < 0 ? err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno)) : 0;
}

static size_t copy_whole(const struct upcall_note *notes, uint64_t after, uint64_t noted,
			 struct upcall_note *to, size_t room)
{
	size_t n = 0;

	for (uint64_t at = after; at < noted && at < UPCALLS_MAX && n < room; at++) {
		if (__atomic_load_n(&notes[at].number, __ATOMIC_ACQUIRE) != at + 1)
			break;
		to[n++] = notes[at];
	}
	return n;
}

static int detach(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int rc = path_in(dir, "link", path, sizeof(path), err);

	if (rc == 0 && unlink(path) < 0 && errno != ENOENT)
		rc = err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	return rc;
}

int bpf_upcall_take(const char *dir, uint64_t after, struct upcall_note *to, size_t room,
		    size_t *ret_n, uint64_t *ret_noted, struct err *err)
{
	_cleanup_close_ int notes_fd = -1, noted_fd = -1;
	const size_t size = UPCALLS_MAX * sizeof(struct upcall_note);
	const uint32_t only = 0;
	struct upcall_note *notes;
	int rc = detach(dir, err) ?: open_map(dir, "notes", &notes_fd, err) ?:
		 open_map(dir, "noted", &noted_fd, err);

	if (rc < 0)
		return rc;
	if (bpf_map_lookup_elem(noted_fd, &only, ret_noted))
		return err_set(err, STATUS_BENCH, errno, "counted upcalls: %s", strerror(errno));
	notes = mmap(NULL, size, PROT_READ, MAP_SHARED, notes_fd, 0);
	if (notes == MAP_FAILED)
		return err_set(err, STATUS_BENCH, errno, "noted upcalls: %s", strerror(errno));
	*ret_n = copy_whole(notes, after, *ret_noted, to, room);
	munmap(notes, size);
	return 0;
}
