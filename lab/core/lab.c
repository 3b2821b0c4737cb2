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
const char *const lab_switch_names[] = { "auto", "host", "vm", NULL };
const char *const lab_datapath_names[] = { "auto", "kernel", "userspace", NULL };
const char *const lab_offloads_names[] = { "auto", "on", "off", NULL };
const char *const lab_accel_names[] = { "auto", "kvm", "tcg", NULL };
const char *const lab_wire_names[] = { "bridge", "redirect", NULL };
const char *const lab_suites[] = { LAB_SUITES, NULL };

bool lab_suite_known(const char *suite)
{
	for (const char *const *s = lab_suites; *s; s++)
		if (strcmp(*s, suite) == 0)
			return true;
	return false;
}

enum member_type { M_STRING, M_UINT, M_PID, M_I64, M_U64, M_DOUBLE, M_CHOICE, M_BOOL };

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
	{ "trial", MEMBER(lab, M_STRING, trial) },
	{ "why_switch", MEMBER(lab, M_STRING, why_switch) },
	{ "why_datapath", MEMBER(lab, M_STRING, why_datapath) },
	{ "why_accel", MEMBER(lab, M_STRING, why_accel) },
	{ "ovs_version", MEMBER(lab, M_STRING, ovs.version) },
	{ "placed_irq", MEMBER(lab, M_STRING, placement.irq) },
	{ "placed_handlers", MEMBER(lab, M_STRING, placement.handlers) },
	{ "image", MEMBER(lab, M_STRING, image) },
	{ "saved", MEMBER(lab, M_STRING, saved) },
	{ "restored", MEMBER(lab, M_BOOL, restored) },
	{ "vms", MEMBER(lab, M_UINT, n_vms) },
	{ .key = NULL },
};

/* What runs in the switch, but for its version, which older files have beside it. */
static const struct member ovs_members[] = {
	{ "package", MEMBER(lab_ovs, M_STRING, package) },
	{ "kernel", MEMBER(lab_ovs, M_STRING, kernel) },
	{ "kernel_build", MEMBER(lab_ovs, M_STRING, kernel_build) },
	{ "dispatch", MEMBER(lab_ovs, M_STRING, dispatch) },
	{ "handlers", MEMBER(lab_ovs, M_UINT, handlers) },
	{ "revalidators", MEMBER(lab_ovs, M_UINT, revalidators) },
	{ "cpus", MEMBER(lab_ovs, M_STRING, cpus) },
	{ .key = NULL },
};

static const struct member bench_members[] = {
	{ "switch", MEMBER(lab_bench, M_CHOICE, place), .names = lab_switch_names },
	{ "datapath", MEMBER(lab_bench, M_CHOICE, datapath), .names = lab_datapath_names },
	{ "offloads", MEMBER(lab_bench, M_CHOICE, offloads), .names = lab_offloads_names },
	{ "accel", MEMBER(lab_bench, M_CHOICE, accel), .names = lab_accel_names },
	{ "vcpus", MEMBER(lab_bench, M_UINT, vcpus) },
	{ "memory_mib", MEMBER(lab_bench, M_UINT, memory_mib) },
	{ "kernel", MEMBER(lab_bench, M_STRING, kernel) },
	{ "initrd", MEMBER(lab_bench, M_STRING, initrd) },
	{ "pins", MEMBER(lab_bench, M_STRING, pins) },
	{ "ovs", MEMBER(lab_bench, M_STRING, ovs) },
	{ "ovs_kernel", MEMBER(lab_bench, M_STRING, ovs_kernel) },
	{ "switch_vcpus", MEMBER(lab_bench, M_UINT, switch_vcpus) },
	{ "switch_memory_mib", MEMBER(lab_bench, M_UINT, switch_memory_mib) },
	{ "wire", MEMBER(lab_bench, M_CHOICE, wire), .names = lab_wire_names },
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

static const struct member wire_members[] = {
	{ "name", MEMBER(lab_wire, M_STRING, name) },
	{ "tap", MEMBER(lab_wire, M_STRING, tap) },
	{ "switch_tap", MEMBER(lab_wire, M_STRING, switch_tap) },
	{ "mac", MEMBER(lab_wire, M_STRING, mac) },
	{ "port", MEMBER(lab_wire, M_STRING, port) },
	{ "ofport", MEMBER(lab_wire, M_UINT, ofport) },
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
	*lab = (struct lab){ .n_nodes = 2, .n_vms = 2 };
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

void lab_add_switch(struct lab *lab)
{
	snprintf(lab->nodes[lab->n_vms].name, sizeof(lab->nodes[0].name), "%s",
		 LAB_SWITCH_NAME);
	lab->n_nodes = lab->n_vms + 1;
	lab->n_wires = lab->n_vms;
	for (unsigned int i = 0; i < lab->n_wires; i++) {
		const struct lab_node *node = &lab->nodes[i];
		struct lab_wire *wire = &lab->wires[i];

		wire->ofport = node->ofport;
		snprintf(wire->tap, sizeof(wire->tap), "%s", node->tap);
		snprintf(wire->name, sizeof(wire->name), "wire-%s", node->name);
		snprintf(wire->port, sizeof(wire->port), "to-%s", node->name);
		snprintf(wire->switch_tap, sizeof(wire->switch_tap), "tap-s%u", i + 1);
		snprintf(wire->mac, sizeof(wire->mac), "52:54:00:12:01:%02x", i + 1);
	}
}

const struct lab_node *lab_switch_node(const struct lab *lab)
{
	return lab->n_nodes > lab->n_vms ? &lab->nodes[lab->n_vms] : NULL;
}

const char *lab_ports(const struct lab *lab, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (unsigned int i = 0; i < lab->n_wires && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s", i ? "," : "", lab->wires[i].port);
	return buf;
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
	for (unsigned int i = 0; i < lab->n_vms; i++)
		if (strcmp(lab->nodes[i].tap, tap) == 0)
			return &lab->nodes[i];
	return NULL;
}

const struct lab_node *lab_tap_holder(const struct lab *lab, const char *tap)
{
	for (unsigned int i = 0; i < lab->n_wires; i++)
		if (strcmp(lab->wires[i].switch_tap, tap) == 0)
			return lab_switch_node(lab);
	return lab_tap_owner(lab, tap);
}

static bool member_equal(const struct member *m, const void *a, const void *b)
{
	const char *x = (const char *)a + m->offset, *y = (const char *)b + m->offset;

	return m->type == M_STRING ? strcmp(x, y) == 0 : memcmp(x, y, m->size) == 0;
}

const char *lab_difference(const struct lab *lab, const struct lab_bench *asked)
{
	for (const struct member *m = bench_members; m->key; m++)
		if (!member_equal(m, &lab->asked, asked) && !member_equal(m, &lab->bench, asked))
			return m->key;
	return NULL;
}

/* ---- sources and pins, as the user writes them ------------------------------ */

static int bad_source(const char *text, bool kernel, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL, "'%.200s' does not say where %s comes from", text,
		kernel ? "the switch's kernel" : "Open vSwitch");
	err_hint(err, kernel ? "write debian:SUITE or file:KERNEL,MODULES-DIR" :
		 "write debian:SUITE or dir:TREE, a tree made by 'make install DESTDIR=TREE'");
	return -EINVAL;
}

/* What follows @prefix, if it is there and not empty. */
static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 && text[len] ? text + len : NULL;
}

static bool copy(char *buf, size_t size, const char *text, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return true;
}

int lab_source_parse(const char *text, bool kernel, struct lab_source *ret, struct err *err)
{
	const char *suite = after(text, "debian:"), *dir = after(text, "dir:");
	const char *file = after(text, "file:"), *comma = file ? strchr(file, ',') : NULL;
	bool good = false;

	*ret = (struct lab_source){ 0 };
	if (suite) {
		ret->kind = LAB_FROM_DEBIAN;
		good = copy(ret->suite, sizeof(ret->suite), suite, strlen(suite));
	} else if (dir && !kernel) {
		ret->kind = LAB_FROM_DIR;
		good = copy(ret->path, sizeof(ret->path), dir, strlen(dir));
	} else if (comma && kernel) {
		ret->kind = LAB_FROM_FILE;
		good = copy(ret->path, sizeof(ret->path), file, comma - file) &&
		       copy(ret->modules, sizeof(ret->modules), comma + 1, strlen(comma + 1));
	}
	return good ? 0 : bad_source(text, kernel, err);
}

const char *lab_pin(const char *pins, const char *node, char *buf, size_t size)
{
	size_t len = strlen(node);

	for (const char *p = pins; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strncmp(p, node, len) == 0 && p[len] == '=' &&
		    copy(buf, size, p + len + 1, strcspn(p + len + 1, " ")))
			return buf;
	return NULL;
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
	case M_BOOL:
		return json_boolean(*(const bool *)p);
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
	bad |= json_object_set_new(doc, "ovs", struct_to_json(ovs_members, &lab->ovs));
	bad |= json_object_set_new(doc, "wires",
				   array_to_json(wire_members, lab->wires, sizeof(lab->wires[0]),
						 lab->n_wires));
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
	if (m->type == M_BOOL) {
		*(bool *)p = json_is_true(v);
		return json_is_boolean(v) ? 0 : -EBADMSG;
	}
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

/* A file from before the switch could be a VM has none of this. */
static int switch_from_json(struct lab *lab, const json_t *doc, struct err *err)
{
	const json_t *ovs = json_object_get(doc, "ovs"), *wires = json_object_get(doc, "wires");
	int rc = ovs ? struct_from_json(ovs_members, ovs, &lab->ovs, err) : 0;

	if (rc == 0 && wires)
		rc = array_from_json(wire_members, wires, lab->wires, sizeof(lab->wires[0]),
				     LAB_WIRES_MAX, &lab->n_wires, err);
	if (lab->n_vms == 0)
		lab->n_vms = lab->n_nodes;
	if (rc == 0 && lab->n_nodes - lab->n_vms > 1)	/* also when it is the larger one */
		rc = err_set(err, STATUS_BENCH, EBADMSG, "member 'vms' is wrong");
	return rc;
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
		rc = switch_from_json(&lab, doc, err);
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
