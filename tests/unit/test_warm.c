// SPDX-License-Identifier: GPL-2.0
/*
 * test_warm.c - the store of saved labs: what is damaged is never given out, what
 * is in use is never removed, and a killed command leaves nothing for long
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "core/util.h"
#include "host/labdir.h"
#include "host/warm.h"

#define KEY_A "0123456789abcdef0123456789abcdef"
#define KEY_B "ffffffffffffffffffffffffffffffff"
#define KEY_C "00000000000000000000000000000000"
#define BYTES 100000

static char cache[64];

static int set_up(void **state)
{
	strcpy(cache, "/tmp/test_warm.XXXXXX");
	assert_non_null(mkdtemp(cache));
	setenv("OVSLAB_CACHEDIR", cache, 1);
	unsetenv(WARM_MAX_ENV);
	return 0;
}

static int tear_down(void **state)
{
	return tree_remove(cache);
}

/* ---- helpers ---------------------------------------------------------------- */

static const char *in_store(const char *key, const char *file)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/warm/%s%s%s", cache, key, *file ? "/" : "", file);
	return path;
}

static bool there(const char *key)
{
	return access(in_store(key, ""), F_OK) == 0;
}

/* Folders of the store that have no key for a name. */
static int leftovers(void)
{
	DIR *dir = opendir(in_store("", ""));
	struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, ".new.", 5) == 0 || strncmp(entry->d_name, ".old.", 5) == 0;
	closedir(dir);
	return n;
}

static void put_file(const char *dir, const char *name, size_t bytes, char fill)
{
	char path[PATH_MAX + 64], *data = malloc(bytes + 1);

	memset(data, fill, bytes);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, data, bytes, NULL), 0);
	free(data);
}

static void begin(const char *key, struct warm *w)
{
	assert_int_equal(warm_begin(key, BYTES, w, NULL), 0);
	put_file(w->dir, "vm1.save", BYTES, 'a');
	put_file(w->dir, "vm1.console.log", 10, 'c');
	strcpy(w->saved.what, "vm1, Open vSwitch 3.1.0");
	strcpy(w->saved.accel, "tcg");
	strcpy(w->saved.qemu_version, "7.2");
	strcpy(w->saved.libvirt_version, "9.0.0");
}

static void save(const char *key)
{
	struct warm w;

	begin(key, &w);
	assert_int_equal(warm_publish(&w, NULL), 0);
	assert_string_equal(w.dir, in_store(key, ""));
	warm_release(&w);
}

static int find(const char *key)
{
	struct warm w;
	int rc = warm_find(key, &w, NULL);

	if (rc == 0)
		warm_release(&w);
	return rc;
}

/* Last use, in days before now. */
static void used(const char *key, int days)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - days * 86400L } };

	t[1] = t[0];
	assert_int_equal(utimensat(AT_FDCWD, in_store(key, "manifest.json"), t, 0), 0);
}

static size_t prune(struct warm_prune how, struct warm_gone *first)
{
	struct warm_gone *gone;
	size_t n;

	assert_int_equal(warm_prune(&how, &gone, &n, NULL), 0);
	if (n > 0)
		*first = gone[0];
	free(gone);
	return n;
}

/* ---- in order ------------------------------------------------------------------ */

static void test_save_and_find(void **state)
{
	struct err err = { 0 };
	struct warm w;

	assert_int_equal(warm_find(KEY_A, &w, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "0123456789ab"));
	save(KEY_A);
	assert_int_equal(leftovers(), 0);
	used(KEY_A, 5);
	assert_int_equal(warm_find(KEY_A, &w, &err), 0);
	assert_int_equal(w.saved.n_files, 2);
	assert_int_equal(w.saved.bytes, BYTES + 10);
	assert_string_equal(w.saved.what, "vm1, Open vSwitch 3.1.0");
	assert_string_equal(w.saved.ovslab_version, OVSLAB_VERSION);
	assert_string_equal(w.dir, in_store(KEY_A, ""));
	warm_release(&w);
	warm_release(&w);
	assert_int_equal(find("../" KEY_A), -EINVAL);
	assert_int_equal(find(KEY_B), -ENOENT);
	err_reset(&err);
}

static void test_list(void **state)
{
	struct warm_item *items;
	size_t n;

	assert_int_equal(warm_list(&items, &n, NULL), 0);
	assert_int_equal(n, 0);
	free(items);
	save(KEY_A);
	save(KEY_B);
	used(KEY_A, 2);
	assert_int_equal(truncate(in_store(KEY_B, "vm1.save"), 5), 0);
	assert_int_equal(warm_list(&items, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(items[0].saved.key, KEY_B);
	assert_non_null(strstr(items[0].broken, "vm1.save"));
	assert_string_equal(items[1].saved.key, KEY_A);
	assert_string_equal(items[1].broken, "");
	assert_true(items[1].used_ns / 1000000000 <= time(NULL) - 2 * 86400);
	free(items);
}

/* A use is a use: it is not the oldest any more. */
static void test_find_touches(void **state)
{
	struct warm_item *items;
	size_t n;

	save(KEY_A);
	save(KEY_B);
	used(KEY_A, 9);
	assert_int_equal(find(KEY_A), 0);
	assert_int_equal(warm_list(&items, &n, NULL), 0);
	assert_string_equal(items[0].saved.key, KEY_A);
	free(items);
}

/* ---- damage ---------------------------------------------------------------------- */

/* Not given out, said to be damaged with @why in it, and gone. */
static void assert_damaged(const char *why)
{
	struct err err = { 0 };
	struct warm w;

	assert_int_equal(warm_find(KEY_A, &w, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "0123456789ab is damaged"));
	if (!strstr(err.msg, why))
		fail_msg("'%s' lacks '%s'", err.msg, why);
	assert_false(there(KEY_A));
	assert_int_equal(leftovers(), 0);
	assert_int_equal(warm_find(KEY_A, &w, NULL), -ENOENT);
	err_reset(&err);
}

/* Save anew, and put nothing, a link or a pipe where a file was. */
static void replace_file(int (*make)(const char *path), const char *why)
{
	save(KEY_A);
	assert_int_equal(unlink(in_store(KEY_A, "vm1.console.log")), 0);
	assert_int_equal(make(in_store(KEY_A, "vm1.console.log")), 0);
	assert_damaged(why);
}

static int make_nothing(const char *path)
{
	return 0;
}

static int make_link(const char *path)
{
	return symlink("vm1.save", path);
}

static int make_pipe(const char *path)
{
	return mkfifo(path, 0644);
}

static void test_damaged_files(void **state)
{
	int fd;

	save(KEY_A);
	assert_int_equal(truncate(in_store(KEY_A, "vm1.save"), BYTES - 1), 0);
	assert_damaged("vm1.save has another size");
	save(KEY_A);
	assert_int_equal(truncate(in_store(KEY_A, "vm1.save"), BYTES + 1), 0);
	assert_damaged("vm1.save has another size");
	save(KEY_A);
	fd = open(in_store(KEY_A, "vm1.save"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "b", 1, BYTES / 2), 1);
	close(fd);
	assert_damaged("vm1.save is not what was written");
	replace_file(make_nothing, "vm1.console.log is missing");
	replace_file(make_link, "vm1.console.log is no plain file");
	replace_file(make_pipe, "vm1.console.log is no plain file");
}

static void test_damaged_folder(void **state)
{
	save(KEY_A);
	assert_int_equal(tree_remove(in_store(KEY_A, "")), 0);
	assert_int_equal(mkdir(in_store(KEY_A, ""), 0755), 0);
	assert_damaged("manifest is missing");
	assert_int_equal(file_write(in_store(KEY_A, ""), "x", 1, NULL), 0);
	assert_damaged("no folder");
	assert_int_equal(symlink("/tmp", in_store(KEY_A, "")), 0);
	assert_damaged("no folder");
	assert_int_equal(access("/tmp", F_OK), 0);
}

static json_t *manifest(void)
{
	json_t *doc = json_load_file(in_store(KEY_A, "manifest.json"), 0, NULL);

	assert_non_null(doc);
	return doc;
}

/* Save anew, with @value at a member of the manifest or of its first file. */
static void damage(const char *member, json_t *value, bool of_file, const char *why)
{
	json_t *doc, *at;

	save(KEY_A);
	doc = manifest();
	at = of_file ? json_array_get(json_object_get(doc, "files"), 0) : doc;
	if (value)
		json_object_set_new(at, member, value);
	else
		json_object_del(at, member);
	assert_int_equal(json_dump_file(doc, in_store(KEY_A, "manifest.json"), 0), 0);
	json_decref(doc);
	assert_damaged(why);
}

static json_t *many_files(void)
{
	json_t *files = json_array();

	for (int i = 0; i <= SAVED_FILES_MAX; i++)
		json_array_append_new(files, json_pack("{s:s,s:i,s:s}", "name", "f", "bytes", 0,
						       "xxh3_128", KEY_A));
	return files;
}

static void test_damaged_manifest(void **state)
{
	static const char *const texts[] = { "key", "created_at", "what", "accel", "ovslab_version",
					     "qemu_version", "libvirt_version" };
	char long_text[300];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		damage(texts[i], NULL, false, texts[i]);
		damage(texts[i], json_integer(1), false, texts[i]);
		damage(texts[i], json_string(long_text), false, texts[i]);
	}
	damage("schema", NULL, false, "schema");
	damage("schema", json_string("ovslab.saved/2"), false, "schema");
	damage("schema", json_string("ovslab.image/1"), false, "schema");
	damage("key", json_string(KEY_B), false, "of another");
	damage("bytes", json_integer(-1), false, "bytes");
	damage("bytes", json_integer(5), false, "does not add up");
	damage("bytes", json_real(BYTES + 10), false, "bytes");
	damage("files", json_array(), false, "files");
	damage("files", json_integer(3), false, "files");
	damage("files", many_files(), false, "files");
	damage("files", json_pack("[i,s,n]", 1, "a"), false, "name");
}

static void test_damaged_file_rows(void **state)
{
	static const char *const names[] = { "", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden",
					     "manifest.json", "vm1.save\n", "a b" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		damage("name", json_string(names[i]), true, "cannot be one of the folder");
	damage("name", json_string("none"), true, "none is missing");
	damage("name", json_integer(1), true, "name");
	damage("bytes", json_integer(INT64_MAX), true, "does not add up");
	damage("bytes", json_integer(-5), true, "bytes");
	damage("bytes", json_string("5"), true, "bytes");
	damage("xxh3_128", json_string(KEY_B), true, "is not what was written");
	damage("xxh3_128", json_string(""), true, "is not what was written");
	damage("xxh3_128", NULL, true, "xxh3_128");
}

static void test_twice_the_same_file(void **state)
{
	json_t *doc, *files;

	save(KEY_A);
	doc = manifest();
	files = json_object_get(doc, "files");
	json_array_append(files, json_array_get(files, 0));
	assert_int_equal(json_dump_file(doc, in_store(KEY_A, "manifest.json"), 0), 0);
	json_decref(doc);
	assert_damaged("cannot be one of the folder");
}

static void damage_text(const char *text, size_t len, const char *why)
{
	save(KEY_A);
	assert_int_equal(file_write(in_store(KEY_A, "manifest.json"), text, len, NULL), 0);
	assert_damaged(why);
}

static void test_damaged_text(void **state)
{
	char *huge = malloc(70000), *deep = malloc(60000);

	memset(huge, ' ', 70000);
	memcpy(huge, "{}", 2);
	memset(deep, '[', 60000);
	damage_text("", 0, "no JSON");
	damage_text("{", 1, "no JSON");
	damage_text("[]", 2, "schema");
	damage_text("{\"schema\":\"ovslab.saved/1\",\"schema\":\"ovslab.saved/1\"}", 53, "no JSON");
	damage_text("\0\0\0", 3, "no JSON");
	damage_text(huge, 70000, "too long");
	damage_text(deep, 60000, "no JSON");
	free(huge);
	free(deep);
}

/* What ends up on a terminal steers it not. */
static void test_clean_words(void **state)
{
	struct warm w;
	json_t *doc;

	save(KEY_A);
	doc = manifest();
	json_object_set_new(doc, "what", json_string("vm1\033[31m red"));
	assert_int_equal(json_dump_file(doc, in_store(KEY_A, "manifest.json"), 0), 0);
	json_decref(doc);
	assert_int_equal(warm_find(KEY_A, &w, NULL), 0);
	assert_null(strchr(w.saved.what, '\033'));
	warm_release(&w);
}

/* ---- makers ------------------------------------------------------------------------ */

static void test_given_up(void **state)
{
	struct warm w;

	begin(KEY_A, &w);
	assert_int_equal(leftovers(), 1);
	warm_release(&w);
	assert_int_equal(leftovers(), 0);
	assert_int_equal(find(KEY_A), -ENOENT);
}

/* The slower one can restore from his own until he lets go. */
static void test_two_makers(void **state)
{
	struct warm a, b;

	begin(KEY_A, &a);
	begin(KEY_A, &b);
	assert_int_equal(warm_publish(&a, NULL), 0);
	assert_int_equal(warm_publish(&b, NULL), 0);
	assert_string_equal(a.dir, in_store(KEY_A, ""));
	assert_string_not_equal(b.dir, a.dir);
	assert_int_equal(access(b.dir, F_OK), 0);
	assert_int_equal(find(KEY_A), 0);
	warm_release(&b);
	assert_int_equal(leftovers(), 0);
	warm_release(&a);
	assert_int_equal(find(KEY_A), 0);
}

static void test_damaged_one_is_replaced(void **state)
{
	save(KEY_A);
	assert_int_equal(unlink(in_store(KEY_A, "manifest.json")), 0);
	save(KEY_A);
	assert_int_equal(find(KEY_A), 0);
}

/* Files that a manifest must not name do not get into one. */
static void test_odd_files(void **state)
{
	struct err err = { 0 };
	char path[PATH_MAX + 16];
	struct warm w;

	begin(KEY_A, &w);
	snprintf(path, sizeof(path), "%s/sub", w.dir);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_true(warm_publish(&w, &err) < 0);
	assert_non_null(strstr(err.msg, "sub"));
	warm_release(&w);
	assert_int_equal(find(KEY_A), -ENOENT);
	assert_int_equal(leftovers(), 0);
	err_reset(&err);
}

static void test_no_room(void **state)
{
	struct err err = { 0 };
	struct warm w;

	assert_int_equal(warm_begin(KEY_A, UINT64_MAX, &w, &err), -ENOSPC);
	assert_non_null(strstr(err.hint, "prune"));
	assert_int_equal(leftovers(), 0);
	err_reset(&err);
}

/* In a child that is killed in the middle. */
static void killed_maker(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct warm w;

		begin(KEY_A, &w);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(leftovers(), 1);
}

static void test_killed_maker(void **state)
{
	struct warm_gone gone;
	struct warm w;

	killed_maker();
	assert_int_equal(find(KEY_A), -ENOENT);
	begin(KEY_B, &w);
	assert_int_equal(leftovers(), 1);	/* the new one alone */
	assert_int_equal(prune((struct warm_prune){ .all = true }, &gone), 0);
	assert_int_equal(access(w.dir, F_OK), 0);
	warm_release(&w);
	killed_maker();
	assert_int_equal(prune((struct warm_prune){ .dry_run = true }, &gone), 1);
	assert_int_equal(leftovers(), 1);
	assert_int_equal(prune((struct warm_prune){ .all = false }, &gone), 1);
	assert_string_equal(gone.key, "");
	assert_int_equal(gone.bytes, BYTES + 10);
	assert_int_equal(leftovers(), 0);
}

/* ---- the bound -------------------------------------------------------------------- */

static void test_bound(void **state)
{
	struct warm a;

	setenv(WARM_MAX_ENV, "250000", 1);
	save(KEY_A);
	save(KEY_B);
	used(KEY_A, 1);
	used(KEY_B, 2);
	save(KEY_C);
	assert_true(there(KEY_A));
	assert_false(there(KEY_B));
	assert_true(there(KEY_C));
	assert_int_equal(warm_find(KEY_A, &a, NULL), 0);
	used(KEY_A, 3);
	save(KEY_B);		/* A is the oldest, and held */
	assert_true(there(KEY_A));
	assert_false(there(KEY_C));
	warm_release(&a);
}

static void test_bound_of_nothing(void **state)
{
	struct err err = { 0 };
	struct warm w;

	setenv(WARM_MAX_ENV, "0", 1);
	assert_int_equal(warm_begin(KEY_A, 0, &w, &err), -EDQUOT);
	setenv(WARM_MAX_ENV, "lots", 1);
	assert_int_equal(warm_begin(KEY_A, 0, &w, &err), -EINVAL);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_non_null(strstr(err.msg, "lots"));
	err_reset(&err);
}

/* Larger than the bound by itself: there for its maker, and gone with him. */
static void test_larger_than_bound(void **state)
{
	struct warm w;

	setenv(WARM_MAX_ENV, "50K", 1);
	begin(KEY_A, &w);
	assert_int_equal(warm_publish(&w, NULL), 0);
	assert_true(there(KEY_A));
	warm_release(&w);
	assert_false(there(KEY_A));
}

/* ---- pruning ------------------------------------------------------------------------- */

static void test_prune_why(void **state)
{
	const struct warm_prune now = { .idle_ns = 30 * 86400 * INT64_C(1000000000),
					.qemu_version = "7.2", .libvirt_version = "9.0.0" };
	struct warm_prune other = now;
	struct warm_gone gone;

	save(KEY_A);
	assert_int_equal(prune(now, &gone), 0);
	used(KEY_A, 31);
	assert_int_equal(prune(now, &gone), 1);
	assert_string_equal(gone.why, "not used for 31 days");
	assert_string_equal(gone.key, KEY_A);
	assert_int_equal(gone.bytes, BYTES + 10);
	assert_false(there(KEY_A));
	save(KEY_A);
	other.qemu_version = "8.0";
	assert_int_equal(prune(other, &gone), 1);
	assert_string_equal(gone.why, "saved by QEMU 7.2");
	save(KEY_A);
	other = (struct warm_prune){ .all = true, .dry_run = true };
	assert_int_equal(prune(other, &gone), 1);
	assert_true(there(KEY_A));
	assert_int_equal(unlink(in_store(KEY_A, "vm1.save")), 0);
	assert_int_equal(prune(now, &gone), 1);
	assert_non_null(strstr(gone.why, "vm1.save"));
	assert_int_equal(gone.bytes > 10, 1);
}

static void test_prune_leaves_what_is_in_use(void **state)
{
	struct warm_prune all = { .all = true };
	struct warm_gone gone;
	struct warm w;

	save(KEY_A);
	assert_int_equal(warm_find(KEY_A, &w, NULL), 0);
	assert_int_equal(prune(all, &gone), 1);
	assert_true(gone.busy);
	assert_true(there(KEY_A));
	assert_int_equal(saved_verify(w.lock, &w.saved, NULL), 0);
	warm_release(&w);
	assert_int_equal(prune(all, &gone), 1);
	assert_false(gone.busy);
	assert_false(there(KEY_A));
}

/* In a child: save and prune until killed. No assertion, which is the parent's. */
static pid_t start_churn(void)
{
	struct warm_prune all = { .all = true };
	pid_t pid = fork();

	while (pid == 0) {
		struct warm_gone *gone;
		struct warm w;
		size_t n;

		begin(KEY_A, &w);
		warm_publish(&w, NULL);
		warm_release(&w);
		warm_prune(&all, &gone, &n, NULL);
		free(gone);
	}
	return pid;
}

static void test_discard(void **state)
{
	struct warm mine, other;

	save(KEY_A);
	assert_int_equal(warm_find(KEY_A, &mine, NULL), 0);
	assert_int_equal(warm_find(KEY_A, &other, NULL), 0);
	warm_discard(&mine);
	assert_int_equal(saved_verify(other.lock, &other.saved, NULL), 0);
	assert_true(there(KEY_A));
	warm_release(&mine);
	warm_discard(&other);
	assert_false(there(KEY_A));
	assert_int_equal(leftovers(), 0);
	warm_release(&other);
	begin(KEY_A, &mine);
	warm_discard(&mine);
	assert_int_equal(access(mine.dir, F_OK), 0);
	warm_release(&mine);
	assert_int_equal(leftovers(), 0);
}

/* Another saves and prunes all the time: what is found is whole while it is held. */
static void test_find_while_pruned(void **state)
{
	time_t end = time(NULL) + 3;
	pid_t pid = start_churn();
	int found = 0;

	while (time(NULL) < end) {
		struct warm w;
		int rc = warm_find(KEY_A, &w, NULL);

		if (rc == 0) {
			assert_int_equal(saved_verify(w.lock, &w.saved, NULL), 0);
			assert_true(there(KEY_A));
			warm_release(&w);
			found++;
		} else {
			assert_int_equal(rc, -ENOENT);
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(found > 0);
}

/* Killed at any moment of saving and removing: nothing damaged is found. */
static void test_killed_anywhere(void **state)
{
	for (int i = 0; i < 60; i++) {
		struct timespec pause = { .tv_nsec = i * 173000 };
		pid_t pid = start_churn();
		int rc;

		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		rc = find(KEY_A);
		assert_true(rc == 0 || rc == -ENOENT);
	}
	save(KEY_B);
	assert_int_equal(leftovers(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_save_and_find),
		TEST(test_list),
		TEST(test_find_touches),
		TEST(test_damaged_files),
		TEST(test_damaged_folder),
		TEST(test_damaged_manifest),
		TEST(test_damaged_file_rows),
		TEST(test_twice_the_same_file),
		TEST(test_damaged_text),
		TEST(test_clean_words),
		TEST(test_given_up),
		TEST(test_two_makers),
		TEST(test_damaged_one_is_replaced),
		TEST(test_odd_files),
		TEST(test_no_room),
		TEST(test_killed_maker),
		TEST(test_bound),
		TEST(test_bound_of_nothing),
		TEST(test_larger_than_bound),
		TEST(test_prune_why),
		TEST(test_prune_leaves_what_is_in_use),
		TEST(test_discard),
		TEST(test_find_while_pruned),
		TEST(test_killed_anywhere),
	};

	alarm(120);		/* a lock that is never free is a failure too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
