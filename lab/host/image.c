// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - guest images: found, built, listed, composed
 *
 * Theory of operation: the key is computed by images/build itself, so that
 * there is one definition of what the recipe is. A folder of the cache that has
 * a manifest is complete, because the script's last step is the rename.
 *
 * The kernel unpacks concatenated archives one after the other. The userland
 * goes last, and what is before it is uncompressed and padded: what follows a
 * compressed archive is found only by some decompressors, and lz4's is not
 * among them. A file of a later archive replaces one of an earlier, so layers
 * keep to paths of their own.
 */
#include "host/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/util.h"
#include "host/cachedir.h"
#include "host/cpio.h"
#include "host/datadir.h"
#include "host/labdir.h"
#include "host/proc.h"

#define BUILD_LIMIT_MS (30 * 60 * 1000)
#define LAYER_LIMIT_MS (5 * 60 * 1000)
#define KEY_LIMIT_MS 20000
#define STOP_GRACE_MS 5000

const char *const image_role_names[] = { IMAGE_ROLES, NULL };

void image_release(struct image *image)
{
	json_decref(image->manifest);
	image->manifest = NULL;
}

/* A script of the recipe, how it is called, and what its failure is told as. */
struct script {
	const char *name, *what;
	char path[PATH_MAX];
	const char *argv[8];
	int out;			/* descriptor for its stdout; 0 = dropped */
};

static int find_script(struct script *script, struct err *err)
{
	script->argv[0] = "bash";
	script->argv[1] = script->path;
	return datadir_find(script->name, script->path, sizeof(script->path), err);
}

/* images/build for that image; its argv has room for one more, at [6]. */
static int find_build(const struct image_spec *spec, struct script *ret, struct err *err)
{
	*ret = (struct script){
		.name = "images/build", .what = "the guest image",
		.argv = { [2] = "--role", image_role_names[spec->role], "--suite", spec->suite },
	};
	return find_script(ret, err);
}

/* ---- what the cache has --------------------------------------------------- */

int image_key(const struct image_spec *spec, char *ret, size_t size, struct err *err)
{
	struct proc_opts opts = { .limit_ms = KEY_LIMIT_MS, .die_with_us = true };
	_cleanup_free_ char *out = NULL;
	struct script script;
	int rc = find_build(spec, &script, err);

	script.argv[6] = "--key";
	if (rc == 0)
		rc = proc_output(NULL, &opts, script.argv, &out, err);
	if (rc < 0)
		return rc == -ENOENT ? -ENODATA : rc;
	out[strcspn(out, "\n")] = '\0';
	if (!*out || snprintf(ret, size, "%s", out) >= (int)size)
		return err_set(err, STATUS_HOST, EINVAL, "'%s --key' gave no usable key",
			       script.path);
	return 0;
}

static bool file_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* The manifest, if it is one of ours. */
static json_t *load_manifest(const char *dir)
{
	_cleanup_free_ char *path = NULL;
	const char *schema;
	json_t *doc;

	if (asprintf(&path, "%s/manifest.json", dir) < 0)
		return NULL;
	doc = json_load_file(path, 0, NULL);
	schema = json_string_value(json_object_get(doc, "schema"));
	if (schema && strcmp(schema, IMAGE_SCHEMA) == 0)
		return doc;
	json_decref(doc);
	return NULL;
}

/* What the manifest says; those of earlier recipes name no role. */
static struct image_spec spec_of(const json_t *manifest)
{
	const char *role = json_string_value(json_object_get(manifest, "role"));
	const char *suite = json_string_value(json_object_get(manifest, "suite"));
	struct image_spec spec = { .role = IMAGE_NODE };

	if (role && strcmp(role, image_role_names[IMAGE_SWITCH]) == 0)
		spec.role = IMAGE_SWITCH;
	snprintf(spec.suite, sizeof(spec.suite), "%s", suite ? suite : "unknown");
	return spec;
}

/* Fill @ret from the cache: -ENOENT if no complete image has that key. */
static int load(const char *key, struct image *ret)
{
	struct image image = { 0 };

	snprintf(image.key, sizeof(image.key), "%s", key);
	if (snprintf(image.dir, sizeof(image.dir), "%s/images/%s", cachedir(), key) >=
	    (int)(sizeof(image.dir) - sizeof("/manifest.json")))
		return -ENAMETOOLONG;
	snprintf(image.kernel, sizeof(image.kernel), "%.4000s/vmlinuz", image.dir);
	snprintf(image.modules, sizeof(image.modules), "%.4000s/modules", image.dir);
	snprintf(image.initrd, sizeof(image.initrd), "%.4000s/initrd", image.dir);
	if (file_there(image.kernel) && file_there(image.initrd))
		image.manifest = load_manifest(image.dir);
	image.spec = spec_of(image.manifest);
	*ret = image;
	return image.manifest ? 0 : -ENOENT;
}

/* The command that makes an image: the options that are not its defaults. */
static void hint_build(const struct image_spec *spec, struct err *err)
{
	bool node = spec->role == IMAGE_NODE, suite = spec->suite[0];

	err_hint(err, "run 'ovslab image build%s%s%s'",
		 !node ? " --role switch" : suite ? " --role node" : "",
		 suite ? " --suite " : "", spec->suite);
}

int image_find(const struct image_spec *spec, struct image *ret, struct err *err)
{
	char key[IMAGE_KEY_MAX];
	int rc = image_key(spec, key, sizeof(key), err);

	if (rc < 0)
		return rc;
	rc = load(key, ret);
	if (rc < 0) {
		err_set(err, STATUS_HOST, rc, "the %s image is not built yet",
			spec->role == IMAGE_SWITCH ? "switch's" : "guest");
		hint_build(spec, err);
		return rc;
	}
	ret->current = true;
	return 0;
}

/* The cache's folders have keys for names; the script's temporary ones a dot. */
static int is_key(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strlen(entry->d_name) < IMAGE_KEY_MAX;
}

/*
 * An image is in use while the recipe gives its key for its role and suite. Where
 * the recipe does not say, none is known to be old.
 */
static int learn_current(struct image *images, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		char key[IMAGE_KEY_MAX];
		int rc = image_key(&images[i].spec, key, sizeof(key), err);

		if (rc < 0)
			return err_wrap(err, rc, "which images the recipe gives");
		images[i].current = strcmp(images[i].key, key) == 0;
	}
	return 0;
}

int image_list(struct image **ret, size_t *ret_n, struct err *err)
{
	_cleanup_free_ char *dir = NULL;
	struct dirent **entries = NULL;
	struct image *images;
	size_t n = 0;
	int found, rc;

	if (asprintf(&dir, "%s/images", cachedir()) < 0)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	found = scandir(dir, &entries, is_key, alphasort);
	if (found < 0 && errno != ENOENT)
		return err_set(err, STATUS_HOST, errno, "%s: %s", dir, strerror(errno));
	images = calloc(found > 0 ? found : 1, sizeof(*images));
	for (int i = 0; i < found; i++) {
		if (images && load(entries[i]->d_name, &images[n]) == 0)
			n++;
		free(entries[i]);
	}
	free(entries);
	if (!images)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	rc = learn_current(images, n, err);
	if (rc < 0) {
		image_list_free(images, n);
		return rc;
	}
	*ret = images;
	*ret_n = n;
	return 0;
}

void image_list_free(struct image *images, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image_release(&images[i]);
	free(images);
}

/* ---- running the recipe's scripts -------------------------------------------- */

/* The script's stderr, cut into lines: phases, and at the end cause and cure. */
struct script_log {
	const struct job *job;
	char line[1024];
	size_t len;
	char error[512], hint[512];
	char tail[4096];		/* everything else: the evidence */
};

static void tail_add(struct script_log *log, const char *line)
{
	size_t len = strlen(log->tail), more = strlen(line) + 1;

	if (len + more >= sizeof(log->tail)) {
		memmove(log->tail, log->tail + len / 2, len - len / 2 + 1);
		len = strlen(log->tail);
	}
	snprintf(log->tail + len, sizeof(log->tail) - len, "%s\n", line);
}

static void log_line(struct script_log *log, const char *line)
{
	if (strncmp(line, "image: ", 7) == 0)
		job_progress(log->job, "image", "%s", line + 7);
	else if (strncmp(line, "error: ", 7) == 0)
		snprintf(log->error, sizeof(log->error), "%.500s", line + 7);
	else if (strncmp(line, "hint: ", 6) == 0)
		snprintf(log->hint, sizeof(log->hint), "%.500s", line + 6);
	else
		tail_add(log, line);
}

static void log_bytes(struct script_log *log, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n' && log->len < sizeof(log->line) - 1) {
			log->line[log->len++] = data[i];
			continue;
		}
		log->line[log->len] = '\0';
		log_line(log, log->line);
		log->len = 0;
	}
}

/* Until the script closes its stderr. */
static int follow(int fd, int64_t limit, struct script_log *log)
{
	char buf[4096];
	ssize_t n;
	int rc;

	for (;;) {
		rc = wait_fd(fd, POLLIN, limit);
		if (rc < 0)
			return rc;
		n = read(fd, buf, sizeof(buf));
		if (n == 0)
			return 0;
		if (n > 0)
			log_bytes(log, buf, n);
		else if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

/* Its exit status is one of ours: 2, 3, 4; a signal has no message. */
static int script_failed(const struct script *script, int status, const struct script_log *log,
			 struct err *err)
{
	int ours = WEXITSTATUS(status);

	if (WIFSIGNALED(status))
		return err_set(err, STATUS_BENCH, ECHILD, "%s for %s was ended by signal %d",
			       script->name, script->what, WTERMSIG(status));
	err_set(err, ours == STATUS_HOST || ours == STATUS_USAGE ? ours : STATUS_BENCH, ECHILD,
		"%s%s", log->error[0] ? log->error : script->name, log->error[0] ? "" : " failed");
	err_hint(err, "%s", log->hint);
	err_evidence(err, script->name, log->tail);
	return -ECHILD;
}

/* Start the script with its stderr in a pipe; the reading end is returned. */
static int start_script(const struct script *script, struct proc_id *ret, struct err *err)
{
	struct proc_opts opts = { .out = script->out, .die_with_us = true, .own_group = true };
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
	opts.err = fds[1];
	rc = proc_start(&opts, script->argv, ret, err);
	close(fds[1]);
	if (rc == 0)
		return fds[0];
	close(fds[0]);
	return rc;
}

static int run_script(const struct job *job, const struct script *script, int limit_ms,
		      struct err *err)
{
	struct script_log log = { .job = job };
	int64_t limit = job_limit(job, limit_ms);
	_cleanup_close_ int fd = -1;
	struct proc_id id;
	int rc, status = 0;

	fd = start_script(script, &id, err);
	if (fd < 0)
		return fd;
	rc = follow(fd, limit, &log);
	if (rc == 0)
		rc = proc_wait(&id, limit, &status);
	if (rc < 0) {
		proc_stop(&id, STOP_GRACE_MS);
		return wait_failed(err, rc, "%s to be built", script->what);
	}
	return status ? script_failed(script, status, &log, err) : 0;
}

int image_build(const struct job *job, const struct image_spec *spec, struct image *ret,
		struct err *err)
{
	struct script script;
	int rc = find_build(spec, &script, err);

	if (rc == 0)
		rc = run_script(job, &script, BUILD_LIMIT_MS, err);
	return rc < 0 ? rc : image_find(spec, ret, err);
}

/* ---- what a guest boots ------------------------------------------------------ */

/* The file guest/NAME as ovslab/NAME. */
static int add_guest_file(struct cpio *c, const char *name, struct err *err)
{
	char sub[64], path[64], src[PATH_MAX];
	int rc;

	snprintf(sub, sizeof(sub), "guest/%s", name);
	snprintf(path, sizeof(path), "ovslab/%s", name);
	rc = datadir_find(sub, src, sizeof(src), err);
	return rc < 0 ? rc : cpio_file(c, path, 0755, src, err);
}

static int write_overlay(FILE *f, enum image_role role, struct err *err)
{
	char helper[PATH_MAX], path[PATH_MAX];
	struct cpio c;
	int rc = datadir_helper("ovslab-guest", helper, sizeof(helper), err);

	if (rc < 0)
		return rc;
	cpio_begin(&c, f);
	cpio_dir(&c, "ovslab", 0755);
	rc = add_guest_file(&c, "init", err);
	if (rc == 0 && role == IMAGE_SWITCH && datadir_find("guest/switch", path, sizeof(path), NULL) == 0)
		rc = add_guest_file(&c, "switch", err);
	if (rc == 0)
		rc = cpio_file(&c, "ovslab/ovslab-guest", 0755, helper, err);
	if (rc == 0 && (rc = cpio_end(&c)) < 0)
		err_set(err, STATUS_BENCH, rc, "writing the guest's overlay: %s", strerror(-rc));
	return rc;
}

/* What images/layer makes of a folder of the user's own, at the end of @dest. */
static int append_layer(const struct job *job, const char *kind, const char *dir, int dest,
			struct err *err)
{
	struct script script = {
		.name = "images/layer", .what = "the layer over the guest image",
		.argv = { [2] = kind, dir }, .out = dest,
	};
	int rc = find_script(&script, err);

	return rc < 0 ? rc : run_script(job, &script, LAYER_LIMIT_MS, err);
}

static int append_parts(const struct job *job, const struct image_compose *what, int dest,
			struct err *err)
{
	int rc = 0;

	if (what->ovs_tree)
		rc = append_layer(job, "ovs", what->ovs_tree, dest, err);
	if (rc == 0 && what->modules_dir)
		rc = append_layer(job, "kernel", what->modules_dir, dest, err);
	else if (rc == 0)
		rc = file_append(dest, what->kernel->modules, err);
	return rc < 0 ? rc : file_append(dest, what->userland->initrd, err);
}

int image_compose(const struct job *job, const struct image_compose *what, const char *dest,
		  struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(dest, "we");
	int rc;

	if (!f)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", dest, strerror(errno));
	rc = write_overlay(f, what->userland->spec.role, err);
	if (rc == 0)
		rc = append_parts(job, what, fileno(f), err);
	if (rc < 0) {
		unlink(dest);
		if (rc == -ENOSPC)
			err_hint(err, "free some space on the disk of %.300s", dest);
		if (rc == -ECHILD)	/* images/layer has said all */
			return rc;
		return err_wrap(err, rc, "composing the guest's initramfs %s", dest);
	}
	return 0;
}

/*
 * Measured under TCG (images/README.md): skipping the self-tests of the crypto
 * manager saves 0.3 s of 2.9 s, not zeroing pages on allocation 0.2 s.
 * mitigations=off, tsc=reliable, nokaslr, audit=0 and fewer security modules made no
 * difference beyond the noise.
 *
 * no_timer_check is for a busy host: where a vCPU of TCG does not run for some ticks,
 * the kernel concludes that the IO-APIC's timer does not work, and panics. Under KVM
 * it never checks.
 */
const char *image_cmdline(void)
{
	return "console=ttyS0 quiet panic=-1 no_timer_check cryptomgr.notests init_on_alloc=0";
}
