// SPDX-License-Identifier: GPL-2.0
/*
 * lab.c - the description of a lab, and its form on disk
 *
 * Both directions of the conversion walk the same tables of members.
 */
#include "core/lab.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

const char *const lab_status_names[] = { "starting", "ready", "failed", "stopping", NULL };
const char *const lab_datapath_names[] = { "auto", "kernel", "userspace", NULL };
const char *const lab_offloads_names[] = { "auto", "on", "off", NULL };
const char *const lab_accel_names[] = { "auto", "kvm", "tcg", NULL };

enum member_type { M_STRING, M_UINT, M_PID, M_I64, M_U64, M_DOUBLE, M_CHOICE };

struct member {
	const char *key;
	enum member_type type;
	size_t offset;
	size_t size;			/* M_STRING: of the buffer */
	const char *const *names;	/* M_CHOICE */
};

#define MEMBER(s, t, m) .type = (t), .offset = offsetof(struct s, m), \
			.size = sizeof(((struct s *)0)->m)

static const struct member lab_members[] = {
	{ "name", MEMBER(lab, M_STRING, name) },
	{ "id", MEMBER(lab, M_STRING, id) },
	{ "dir", MEMBER(lab, M_STRING, dir) },
	{ "status", MEMBER(lab, M_CHOICE, status), .names = lab_status_names },
	{ "created_s", MEMBER(lab, M_I64, created_s) },
	{ "creator_pid", MEMBER(lab, M_PID, creator) },
	{ "creator_start_ticks", MEMBER(lab, M_U64, creator_start) },
	{ "why_datapath", MEMBER(lab, M_STRING, why_datapath) },
	{ "why_accel", MEMBER(lab, M_STRING, why_accel) },
	{ "ovs_version", MEMBER(lab, M_STRING, ovs_version) },
	{ "image", MEMBER(lab, M_STRING, image) },
	{ .key = NULL },
};

static const struct member bench_members[] = {
	{ "datapath", MEMBER(lab_bench, M_CHOICE, datapath), .names = lab_datapath_names },
	{ "offloads", MEMBER(lab_bench, M_CHOICE, offloads), .names = lab_offloads_names },
	{ "accel", MEMBER(lab_bench, M_CHOICE, accel), .names = lab_accel_names },
	{ "vcpus", MEMBER(lab_bench, M_UINT, vcpus) },
	{ "memory_mib", MEMBER(lab_bench, M_UINT, memory_mib) },
	{ "kernel", MEMBER(lab_bench, M_STRING, kernel) },
	{ "initrd", MEMBER(lab_bench, M_STRING, initrd) },
	{ .key = NULL },
};

static const struct member node_members[] = {
	{ "name", MEMBER(lab_node, M_STRING, name) },
	{ "tap", MEMBER(lab_node, M_STRING, tap) },
	{ "mac", MEMBER(lab_node, M_STRING, mac) },
	{ "addr", MEMBER(lab_node, M_STRING, addr) },
	{ "addr6", MEMBER(lab_node, M_STRING, addr6) },
	{ "ofport", MEMBER(lab_node, M_UINT, ofport) },
	{ "pid", MEMBER(lab_node, M_PID, pid) },
	{ "pid_start_ticks", MEMBER(lab_node, M_U64, pid_start) },
	{ "kernel", MEMBER(lab_node, M_STRING, kernel) },
	{ .key = NULL },
};

static const struct member phase_members[] = {
	{ "name", MEMBER(lab_phase, M_STRING, name) },
	{ "seconds", MEMBER(lab_phase, M_DOUBLE, seconds) },
	{ .key = NULL },
};

bool lab_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > LAB_NAME_MAX || !isalnum((unsigned char)name[0]))
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return false;
	return true;
}

void lab_init(struct lab *lab, const char *name, const char *id)
{
	*lab = (struct lab){ .n_nodes = 2 };
	snprintf(lab->name, sizeof(lab->name), "%s", name);
	snprintf(lab->id, sizeof(lab->id), "%s", id);
	for (unsigned int i = 0; i < lab->n_nodes; i++) {
		struct lab_node *node = &lab->nodes[i];

		node->ofport = i + 1;
		snprintf(node->name, sizeof(node->name), "vm%u", i + 1);
		snprintf(node->tap, sizeof(node->tap), "tap-%s", node->name);
		/* RFC 2544 section C.2.2: 198.18.0.0/15 is for benchmarks */
		snprintf(node->addr, sizeof(node->addr), "198.18.0.%u", i + 1);
		snprintf(node->addr6, sizeof(node->addr6), "fd00:198:18::%u", i + 1);
		snprintf(node->mac, sizeof(node->mac), "52:54:00:12:00:%02x", i + 1);
	}
}

const struct lab_node *lab_node_find(const struct lab *lab, const char *name)
{
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		if (strcmp(lab->nodes[i].name, name) == 0)
			return &lab->nodes[i];
	return NULL;
}

const struct lab_node *lab_tap_owner(const struct lab *lab, const char *tap)
{
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		if (strcmp(lab->nodes[i].tap, tap) == 0)
			return &lab->nodes[i];
	return NULL;
}

bool lab_bench_equal(const struct lab_bench *a, const struct lab_bench *b)
{
	return a->datapath == b->datapath && a->offloads == b->offloads &&
	       a->accel == b->accel && a->vcpus == b->vcpus &&
	       a->memory_mib == b->memory_mib && strcmp(a->kernel, b->kernel) == 0 &&
	       strcmp(a->initrd, b->initrd) == 0;
}

void lab_add_phase(struct lab *lab, const char *name, double seconds)
{
	struct lab_phase *phase;

	if (lab->n_phases == LAB_PHASES_MAX)
		return;
	phase = &lab->phases[lab->n_phases++];
	snprintf(phase->name, sizeof(phase->name), "%s", name);
	phase->seconds = seconds;
}

/* ---- to JSON ------------------------------------------------------------- */

static json_t *member_to_json(const struct member *m, const void *base)
{
	const void *p = (const char *)base + m->offset;

	switch (m->type) {
	case M_STRING:
		return json_string(p);
	case M_UINT:
		return json_integer(*(const unsigned int *)p);
	case M_PID:
		return json_integer(*(const pid_t *)p);
	case M_I64:
		return json_integer(*(const int64_t *)p);
	case M_U64:
		return json_integer((json_int_t)*(const uint64_t *)p);
	case M_DOUBLE:
		return json_real(*(const double *)p);
	case M_CHOICE:
		return json_string(m->names[*(const unsigned int *)p]);
	}
	return NULL;
}

static json_t *struct_to_json(const struct member *members, const void *base)
{
	json_t *obj = json_object();

	for (const struct member *m = members; m->key; m++)
		if (json_object_set_new(obj, m->key, member_to_json(m, base)) < 0) {
			json_decref(obj);
			return NULL;
		}
	return obj;
}

static json_t *array_to_json(const struct member *members, const void *base,
			     size_t size, unsigned int n)
{
	json_t *arr = json_array();

	for (unsigned int i = 0; i < n; i++)
		if (json_array_append_new(arr, struct_to_json(members,
							      (const char *)base + i * size)) < 0) {
			json_decref(arr);
			return NULL;
		}
	return arr;
}

static json_t *steps_to_json(const struct lab *lab)
{
	json_t *arr = json_array();

	for (unsigned int i = 0; i < lab->n_steps; i++)
		json_array_append_new(arr, json_string(lab->steps[i]));
	return arr;
}

json_t *lab_to_json(const struct lab *lab)
{
	json_t *doc = json_object();
	int bad = 0;

	bad |= json_object_set_new(doc, "schema", json_string(LAB_SCHEMA));
	bad |= json_object_update_new(doc, struct_to_json(lab_members, lab));
	bad |= json_object_set_new(doc, "asked", struct_to_json(bench_members, &lab->asked));
	bad |= json_object_set_new(doc, "bench", struct_to_json(bench_members, &lab->bench));
	bad |= json_object_set_new(doc, "nodes",
				   array_to_json(node_members, lab->nodes, sizeof(lab->nodes[0]),
						 lab->n_nodes));
	bad |= json_object_set_new(doc, "phases",
				   array_to_json(phase_members, lab->phases,
						 sizeof(lab->phases[0]), lab->n_phases));
	bad |= json_object_set_new(doc, "steps", steps_to_json(lab));
	if (bad) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

/* ---- from JSON ----------------------------------------------------------- */

static int choice_from_json(const struct member *m, const json_t *v, void *p)
{
	const char *s = json_string_value(v);

	for (unsigned int i = 0; s && m->names[i]; i++)
		if (strcmp(m->names[i], s) == 0) {
			*(unsigned int *)p = i;
			return 0;
		}
	return -EBADMSG;
}

static int string_from_json(const struct member *m, const json_t *v, char *p)
{
	if (!json_is_string(v) || json_string_length(v) >= m->size ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return -EBADMSG;
	strcpy(p, json_string_value(v));
	return 0;
}

static int integer_from_json(const struct member *m, const json_t *v, void *p)
{
	json_int_t n = json_integer_value(v);
	json_int_t max = m->type == M_UINT ? UINT_MAX : m->type == M_PID ? INT_MAX : INT64_MAX;

	if (!json_is_integer(v) || n > max || (n < 0 && m->type != M_I64))
		return -EBADMSG;
	if (m->type == M_UINT)
		*(unsigned int *)p = (unsigned int)n;
	else if (m->type == M_PID)
		*(pid_t *)p = (pid_t)n;
	else
		*(int64_t *)p = n;
	return 0;
}

/*
 * A member that is not there keeps its zero: another version of ovslab wrote
 * the file, and this one must still be able to take the lab down.
 */
static int member_from_json(const struct member *m, const json_t *v, void *base)
{
	void *p = (char *)base + m->offset;

	if (!v)
		return 0;
	if (m->type == M_STRING)
		return string_from_json(m, v, p);
	if (m->type == M_CHOICE)
		return choice_from_json(m, v, p);
	if (m->type == M_DOUBLE) {
		if (!json_is_number(v))
			return -EBADMSG;
		*(double *)p = json_number_value(v);
		return 0;
	}
	return integer_from_json(m, v, p);
}

static int struct_from_json(const struct member *members, const json_t *obj,
			    void *base, struct err *err)
{
	if (!json_is_object(obj))
		return err_set(err, STATUS_BENCH, EBADMSG, "an object is missing or wrong");
	for (const struct member *m = members; m->key; m++)
		if (member_from_json(m, json_object_get(obj, m->key), base) < 0)
			return err_set(err, STATUS_BENCH, EBADMSG,
				       "member '%s' is wrong", m->key);
	return 0;
}

static int array_from_json(const struct member *members, const json_t *arr, void *base,
			   size_t size, unsigned int max, unsigned int *ret_n,
			   struct err *err)
{
	size_t i;
	json_t *v;

	if (!json_is_array(arr) || json_array_size(arr) > max)
		return err_set(err, STATUS_BENCH, EBADMSG, "a list is missing or too long");
	json_array_foreach(arr, i, v) {
		int rc = struct_from_json(members, v, (char *)base + i * size, err);

		if (rc < 0)
			return rc;
	}
	*ret_n = json_array_size(arr);
	return 0;
}

static int steps_from_json(struct lab *lab, const json_t *arr, struct err *err)
{
	size_t i;
	json_t *v;

	if (!json_is_array(arr) || json_array_size(arr) > LAB_STEPS_MAX)
		return err_set(err, STATUS_BENCH, EBADMSG, "member 'steps' is wrong");
	json_array_foreach(arr, i, v) {
		if (!json_is_string(v) || json_string_length(v) >= sizeof(lab->steps[0]))
			return err_set(err, STATUS_BENCH, EBADMSG, "member 'steps' is wrong");
		strcpy(lab->steps[lab->n_steps++], json_string_value(v));
	}
	return 0;
}

int lab_from_json(struct lab *ret, const json_t *doc, struct err *err)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));
	struct lab lab = { 0 };
	int rc;

	if (!schema || strcmp(schema, LAB_SCHEMA) != 0)
		return err_set(err, STATUS_BENCH, EBADMSG, "not a document of schema %s", LAB_SCHEMA);
	rc = struct_from_json(lab_members, doc, &lab, err);
	if (rc == 0)
		rc = struct_from_json(bench_members, json_object_get(doc, "asked"), &lab.asked, err);
	if (rc == 0)
		rc = struct_from_json(bench_members, json_object_get(doc, "bench"), &lab.bench, err);
	if (rc == 0)
		rc = array_from_json(node_members, json_object_get(doc, "nodes"), lab.nodes,
				     sizeof(lab.nodes[0]), LAB_NODES_MAX, &lab.n_nodes, err);
	if (rc == 0)
		rc = array_from_json(phase_members, json_object_get(doc, "phases"), lab.phases,
				     sizeof(lab.phases[0]), LAB_PHASES_MAX, &lab.n_phases, err);
	if (rc == 0)
		rc = steps_from_json(&lab, json_object_get(doc, "steps"), err);
	if (rc == 0 && (!lab.name[0] || !lab.id[0] || !lab.dir[0]))
		rc = err_set(err, STATUS_BENCH, EBADMSG, "name, id or dir is missing");
	if (rc == 0)
		*ret = lab;
	return rc;
}
