// SPDX-License-Identifier: GPL-2.0
/*
 * saved.c - one saved lab: files and manifest
 */
#include "host/saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"

#define MANIFEST_MAX 65536		/* bytes */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

bool saved_key_valid(const char *key)
{
	return strlen(key) == DIGEST_SIZE - 1 && strspn(key, "0123456789abcdef") == DIGEST_SIZE - 1;
}

/* The name of a file in the folder, never a path out of it. */
static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < sizeof(((struct saved_file *)NULL)->name) && name[0] != '.' &&
	       strspn(name, NAME_CHARS) == len && strcmp(name, SAVED_MANIFEST) != 0;
}

static const struct saved_file *find_file(const struct saved *s, const char *name)
{
	for (unsigned int i = 0; i < s->n_files; i++)
		if (strcmp(s->files[i].name, name) == 0)
			return &s->files[i];
	return NULL;
}

/* A plain file of the folder: a link or a device is as good as none. */
static int open_file(int dir, const char *name, struct stat *ret)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret) < 0)
		return -errno;
	return S_ISREG(ret->st_mode) ? take_fd(&fd) : -EINVAL;
}

/* ---- the manifest ------------------------------------------------------------- */

json_t *saved_to_json(const struct saved *s)
{
	json_t *files = json_array();

	for (unsigned int i = 0; i < s->n_files; i++)
		json_array_append_new(files, json_pack("{s:s,s:I,s:s}", "name", s->files[i].name,
						       "bytes", (json_int_t)s->files[i].bytes,
						       "xxh3_128", s->files[i].xxh3_128));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:o}", "schema", SAVED_SCHEMA,
			 "key", s->key, "created_at", s->created_at, "what", s->what, "accel", s->accel,
			 "ovslab_version", s->ovslab_version, "qemu_version", s->qemu_version,
			 "libvirt_version", s->libvirt_version, "bytes", (json_int_t)s->bytes,
			 "files", files);
}

static int bad(struct err *err, const char *what)
{
	return err_set(err, STATUS_BENCH, EBADMSG, "its manifest %s", what);
}

static int get_text(const json_t *doc, const char *key, char *buf, size_t size, struct err *err)
{
	const char *text = json_string_value(json_object_get(doc, key));
	char what[64];

	if (text && strlen(text) < size) {
		snprintf(buf, size, "%s", text);
		utf8_clean(buf, strlen(buf));
		return 0;
	}
	snprintf(what, sizeof(what), "has no '%s' that is understood", key);
	return bad(err, what);
}

static int get_bytes(const json_t *doc, uint64_t *ret, struct err *err)
{
	const json_t *n = json_object_get(doc, "bytes");

	if (!json_is_integer(n) || json_integer_value(n) < 0)
		return bad(err, "has no 'bytes' that is understood");
	*ret = (uint64_t)json_integer_value(n);
	return 0;
}

static int get_file(const json_t *doc, struct saved *s, struct err *err)
{
	struct saved_file file = { .bytes = 0 };
	int rc = get_text(doc, "name", file.name, sizeof(file.name), err);

	if (rc == 0)
		rc = get_bytes(doc, &file.bytes, err);
	if (rc == 0)
		rc = get_text(doc, "xxh3_128", file.xxh3_128, sizeof(file.xxh3_128), err);
	if (rc == 0 && (!name_valid(file.name) || find_file(s, file.name)))
		rc = bad(err, "names a file that cannot be one of the folder");
	if (rc == 0)
		s->files[s->n_files++] = file;
	return rc;
}

static int get_files(const json_t *doc, struct saved *s, struct err *err)
{
	const json_t *files = json_object_get(doc, "files"), *file;
	uint64_t total = 0;
	size_t i;

	if (!json_is_array(files) || json_array_size(files) == 0 ||
	    json_array_size(files) > SAVED_FILES_MAX)
		return bad(err, "has no list of files that is understood");
	json_array_foreach(files, i, file) {
		int rc = get_file(file, s, err);

		if (rc < 0)
			return rc;
		if (__builtin_add_overflow(total, s->files[i].bytes, &total))
			return bad(err, "names more bytes than there can be");
	}
	return total == s->bytes ? 0 : bad(err, "does not add up");
}

static int from_json(const json_t *doc, struct saved *s, struct err *err)
{
	const struct {
		const char *name;
		char *buf;
		size_t size;
	} texts[] = {
		{ "key", s->key, sizeof(s->key) },
		{ "created_at", s->created_at, sizeof(s->created_at) },
		{ "what", s->what, sizeof(s->what) },
		{ "accel", s->accel, sizeof(s->accel) },
		{ "ovslab_version", s->ovslab_version, sizeof(s->ovslab_version) },
		{ "qemu_version", s->qemu_version, sizeof(s->qemu_version) },
		{ "libvirt_version", s->libvirt_version, sizeof(s->libvirt_version) },
	};
	const char *schema = json_string_value(json_object_get(doc, "schema"));
	int rc = schema && strcmp(schema, SAVED_SCHEMA) == 0 ? 0 :
		 bad(err, "is of no schema that is known here");

	for (size_t i = 0; i < ARRAY_SIZE(texts) && rc == 0; i++)
		rc = get_text(doc, texts[i].name, texts[i].buf, texts[i].size, err);
	if (rc == 0)
		rc = get_bytes(doc, &s->bytes, err);
	return rc == 0 ? get_files(doc, s, err) : rc;
}

static int load(int dir, json_t **ret, struct err *err)
{
	_cleanup_free_ char *text = malloc(MANIFEST_MAX + 1);
	_cleanup_close_ int fd = -1;
	json_error_t jerr;
	struct stat st;
	ssize_t n;

	fd = open_file(dir, SAVED_MANIFEST, &st);
	if (fd < 0)
		return bad(err, fd == -ENOENT ? "is missing" : "is no plain file");
	n = text ? read(fd, text, MANIFEST_MAX + 1) : -1;
	if (n < 0)
		return err_set(err, STATUS_HOST, errno, "its manifest: %s", strerror(errno));
	if (n > MANIFEST_MAX)
		return bad(err, "is too long");
	*ret = json_loadb(text, n, JSON_REJECT_DUPLICATES, &jerr);
	return *ret ? 0 : bad(err, "is no JSON document");
}

int saved_read(int dir, const char *key, struct saved *ret, struct err *err)
{
	struct saved s = { .n_files = 0 };
	json_t *doc = NULL;
	int rc = load(dir, &doc, err);

	if (rc == 0)
		rc = from_json(doc, &s, err);
	json_decref(doc);
	if (rc == 0 && strcmp(s.key, key) != 0)
		rc = bad(err, "is that of another saved lab");
	if (rc == 0)
		*ret = s;
	return rc;
}

/* ---- the files ------------------------------------------------------------------ */

static int damaged(struct err *err, const char *name, const char *why)
{
	return err_set(err, STATUS_BENCH, EBADMSG, "%s %s", name, why);
}

static int verify_file(int dir, const struct saved_file *file, struct err *err)
{
	char sum[DIGEST_SIZE] = "";
	struct stat st;
	_cleanup_close_ int fd = open_file(dir, file->name, &st);
	int rc;

	if (fd < 0)
		return damaged(err, file->name, fd == -ENOENT ? "is missing" : "is no plain file");
	if ((uint64_t)st.st_size != file->bytes)
		return damaged(err, file->name, "has another size");
	rc = digest_fd(fd, file->bytes, sum);
	if (rc < 0 && rc != -ESTALE)
		return err_set(err, STATUS_HOST, rc, "%s: %s", file->name, strerror(-rc));
	return rc < 0 || strcmp(sum, file->xxh3_128) != 0 ?
		damaged(err, file->name, "is not what was written") : 0;
}

int saved_verify(int dir, const struct saved *s, struct err *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < s->n_files && rc == 0; i++)
		rc = verify_file(dir, &s->files[i], err);
	return rc;
}

/* ---- sealing ---------------------------------------------------------------------- */

static int seal_failed(struct err *err, int rc, const char *name)
{
	err_set(err, STATUS_BENCH, rc, "saving %s: %s", name, strerror(-rc));
	if (rc == -ENOSPC)
		err_hint(err, "make room on the file system of the cache: 'ovslab image prune'");
	return rc;
}

static int seal_file(int dir, const char *name, struct saved *s, struct err *err)
{
	struct saved_file *file = &s->files[s->n_files];
	struct stat st;
	_cleanup_close_ int fd = -1;
	int rc;

	if (!name_valid(name) || s->n_files == SAVED_FILES_MAX)
		return seal_failed(err, -EINVAL, name);
	fd = open_file(dir, name, &st);
	rc = fd < 0 ? fd : fsync(fd) < 0 ? -errno : digest_fd(fd, st.st_size, file->xxh3_128);
	if (rc < 0)
		return seal_failed(err, rc, name);
	memcpy(file->name, name, strlen(name) + 1);
	file->bytes = st.st_size;
	s->bytes += file->bytes;
	s->n_files++;
	return 0;
}

static int seal_files(int dir, struct saved *s, struct err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!stream)
		return seal_failed(err, -errno, "the lab");
	s->n_files = 0;
	s->bytes = 0;
	while (rc == 0 && (entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = seal_file(dir, entry->d_name, s, err);
	closedir(stream);
	return rc;
}

static int write_manifest(int dir, const struct saved *s)
{
	_cleanup_fclose_ FILE *f = NULL;
	json_t *doc = saved_to_json(s);
	int fd = openat(dir, SAVED_MANIFEST, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int rc = 0;

	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		rc = -errno;
	else if (!doc)
		rc = -EINVAL;
	else if (json_dumpf(doc, f, JSON_INDENT(2)) < 0 || fflush(f) != 0 || fsync(fd) < 0)
		rc = errno ? -errno : -EIO;
	json_decref(doc);
	return rc;
}

int saved_seal(int dir, struct saved *s, struct err *err)
{
	time_t now = time(NULL);
	struct tm tm;
	int rc;

	strftime(s->created_at, sizeof(s->created_at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	snprintf(s->ovslab_version, sizeof(s->ovslab_version), "%s", OVSLAB_VERSION);
	rc = seal_files(dir, s, err);
	if (rc < 0)
		return rc;
	rc = write_manifest(dir, s);
	if (rc == 0 && fsync(dir) < 0)
		rc = -errno;
	return rc < 0 ? seal_failed(err, rc, SAVED_MANIFEST) : 0;
}
