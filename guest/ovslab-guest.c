// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest.c - the helper inside a VM: one command, one JSON document
 *
 * It is run through the guest agent. A failure is {"error": ..., "hint": ...}
 * on standard output and the exit status of the ovslab command.
 */
#include "guest/ovslab-guest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/util.h"

#define TURN_LOCK GUEST_RUN_DIR "/inject.lock"
#define TURN_SECONDS 20

int guest_run_dir(struct err *err)
{
	if (mkdir(GUEST_RUN_DIR, 0755) && errno != EEXIST)
		return err_set(err, STATUS_BENCH, errno, "cannot make %s: %s",
			       GUEST_RUN_DIR, strerror(errno));
	return 0;
}

int guest_turn(int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = -1;
	int64_t limit = now_ns() + TURN_SECONDS * INT64_C(1000000000);
	int rc = guest_run_dir(err);

	if (rc)
		return rc;
	fd = open(TURN_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", TURN_LOCK, strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK || now_ns() > limit)
			return err_set(err, STATUS_BENCH, EAGAIN,
				       "another command is changing what is loaded here");
		poll(NULL, 0, 20);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int guest_write(const char *path, const char *text, struct err *err)
{
	char temp[256];
	FILE *f;
	int bad;

	snprintf(temp, sizeof(temp), "%s.%d", path, getpid());
	f = fopen(temp, "we");
	if (!f)
		return err_set(err, STATUS_BENCH, errno, "cannot write %s: %s",
			       path, strerror(errno));
	bad = fputs(text, f) < 0;
	bad |= fclose(f) != 0;
	if (!bad && !rename(temp, path))
		return 0;
	err_set(err, STATUS_BENCH, EIO, "cannot write %s: %s", path, strerror(errno));
	unlink(temp);
	return -EIO;
}

/* ---- options ---- */

static int parse_number(const struct guest_opt *opt, const char *text,
			struct err *err)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < opt->min ||
	    value > opt->max)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64,
			       opt->name, text, opt->min, opt->max);
	*(uint64_t *)opt->to = value;
	return 0;
}

static int set_option(const struct guest_opt *opt, const char *text, struct err *err)
{
	if (opt->type == OPT_NUMBER)
		return parse_number(opt, text, err);
	*(const char **)opt->to = text;
	return 0;
}

int guest_options(int argc, char **argv, const struct guest_opt *opts,
		  struct err *err)
{
	for (int i = 0; i < argc; i++) {
		const struct guest_opt *opt = opts;
		int rc;

		while (opt->name && strcmp(opt->name, argv[i]))
			opt++;
		if (!opt->name)
			return err_set(err, STATUS_USAGE, EINVAL,
				       "unknown option '%s'", argv[i]);
		if (opt->type == OPT_FLAG) {
			*(bool *)opt->to = true;
			continue;
		}
		if (++i == argc)
			return err_set(err, STATUS_USAGE, EINVAL,
				       "%s needs a value", opt->name);
		rc = set_option(opt, argv[i], err);
		if (rc)
			return rc;
	}
	return 0;
}

int guest_need_dev(const char *dev, struct err *err)
{
	return dev ? 0 : err_set(err, STATUS_USAGE, EINVAL, "--dev DEV is missing");
}

int guest_hook(const char *text, enum mangle_hook *ret, struct err *err)
{
	enum mangle_hook hook = text ? mangle_hook_find(text) : 0;

	if (!hook)
		return err_set(err, STATUS_USAGE, EINVAL, text ?
			       "--hook: neither egress nor ingress nor xdp" : "--hook HOOK is missing");
	*ret = hook;
	return 0;
}

/* ---- commands ---- */

static int guest_version(int argc, char **argv, json_t **ret, struct err *err)
{
	struct utsname host;

	uname(&host);
	*ret = json_pack("{s:s, s:s, s:s, s:s}", "schema", "ovslab.guest-version/1",
			 "version", OVSLAB_VERSION, "kernel", host.release,
			 "machine", host.machine);
	return *ret ? 0 : -ENOMEM;
}

static const struct command {
	const char *name, *usage;
	int (*run)(int argc, char **argv, json_t **ret, struct err *err);
} commands[] = {
	{ "version", "version", guest_version },
	{ "mangle", "mangle attach KIND [SPEC...] --dev DEV [--hook HOOK] | mangle show --dev DEV"
	  " | mangle clear --dev DEV [--hook HOOK] [--kind KIND]"
	  " | mangle log --dev DEV --hook HOOK [--from SERIAL] [--max N] [--finished]", guest_mangle },
	{ "userprog", "userprog attach --dev DEV --hook HOOK --object FILE --name NAME --spec TEXT [--section NAME] | userprog show --dev DEV | userprog clear --dev DEV [--hook HOOK]", guest_userprog },
	{ "serve", "serve --port P [--daemon] [--connections N] [--seconds S] [--ready-file FILE]", guest_serve },
	{ "stop", "stop --port P", guest_stop },
	{ "conns", "conns --connect ADDR:PORT --connections N --bytes B [--parallel P] [--seconds S]", guest_conns },
	{ "connect", "connect --connect ADDR:PORT [--attempts N] [--limit S] [--seconds S]", guest_connect },
	{ "counters", "counters", guest_counters },
	{ "bursts", "bursts --connect ADDR:PORT [--hello | --flows F --packets N --payload B --first-port P --run R --cycle C]", guest_bursts },
	{ "sink", "sink --port P [--seconds S]", guest_sink },
	{ "switch", "switch [--rundir DIR] [--nics NIC,...]", guest_switch },
	{ "place", "place [--rundir DIR] [--nics NIC,... --irq CPU] [--handlers CPU,...] [--reset]", guest_place },
	{ "stall", "stall --stop|--continue [--rundir DIR]", guest_stall },
	{ "upcalls", "upcalls start [--abandoned MASK] | take [--after NUMBER] | end [all: --user N]", guest_upcalls },
	{ "clock", "clock [--set-ns NS [--at-ns NS]]", guest_clock },
};

static int usage(struct err *err, const char *what)
{
	char all[2048] = "";
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands) && used < sizeof(all); i++)
		used += snprintf(all + used, sizeof(all) - used, "%s\n",
				 commands[i].usage);
	err_set(err, STATUS_USAGE, EINVAL, "%s", what);
	err_evidence(err, "commands", all);
	return -EINVAL;
}

static int run(int argc, char **argv, json_t **ret, struct err *err)
{
	if (argc < 2)
		return usage(err, "which command?");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, argv[1]))
			return commands[i].run(argc - 2, argv + 2, ret, err);
	return usage(err, "unknown command");
}

static json_t *error_json(const struct err *err, int rc)
{
	json_t *doc = json_pack("{s:s}", "error",
				*err->msg ? err->msg : strerror(-rc));

	if (*err->hint)
		json_object_set_new(doc, "hint", json_string(err->hint));
	if (err->evidence)
		json_object_set_new(doc, "evidence", json_string(err->evidence));
	return doc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	json_t *doc = NULL;
	int rc = run(argc, argv, &doc, &err);
	int status = rc ? err.status ?: STATUS_BENCH : STATUS_OK;

	if (rc) {
		json_decref(doc);
		doc = error_json(&err, rc);
	}
	if (doc && (json_dumpf(doc, stdout, JSON_REAL_PRECISION(12)) ||
		    putchar('\n') == EOF || fflush(stdout)))
		status = STATUS_BENCH;
	json_decref(doc);
	err_reset(&err);
	return status;
}
