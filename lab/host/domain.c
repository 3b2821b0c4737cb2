// SPDX-License-Identifier: GPL-2.0
/*
 * domain.c - a node as libvirt's domain XML
 *
 * Pure text from the lab's description: knows nothing of connections.
 */
#include "host/domain.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#include "host/lazy.h"
#include "host/ovs.h"
#include "host/proc.h"

#define QEMU_NS "http://libvirt.org/schemas/domain/qemu/1.0"
#define AGENT_CHANNEL "org.qemu.guest_agent.0"

#define XML_CALLS(CALL)				\
	CALL(xmlBufferContent)			\
	CALL(xmlBufferCreate)			\
	CALL(xmlBufferFree)			\
	CALL(xmlFreeTextWriter)			\
	CALL(xmlNewTextWriterMemory)		\
	CALL(xmlTextWriterEndDocument)		\
	CALL(xmlTextWriterEndElement)		\
	CALL(xmlTextWriterStartElement)		\
	CALL(xmlTextWriterWriteAttribute)	\
	CALL(xmlTextWriterWriteElement)		\
	CALL(xmlTextWriterWriteString)

static struct {
	XML_CALLS(LAZY_MEMBER)
} xml;

/* It brings ICU along. Between the two sonames these calls did not change. */
static int load_libxml(struct err *err)
{
#define ROW(name) { #name, &xml.name },
	static const struct lazy_call calls[] = { XML_CALLS(ROW) { 0 } };
#undef ROW
	static struct lazy_library library = {
		.title = "libxml2", .package = "libxml2",
		.files = { "libxml2.so.2", "libxml2.so.16" }, .calls = calls,
	};

	return lazy_load(&library, err);
}

#define X(s) ((const xmlChar *)(s))

char *domain_path(const struct lab *lab, const char *node, const char *format,
		  char *buf, size_t size)
{
	size_t n = snprintf(buf, size, "%s/", lab->dir);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (n < size)
		snprintf(buf + n, size - n, format, node);
#pragma GCC diagnostic pop
	return buf;
}

/* <name attr='value' .../> or, with open, its start; rows end with NULL */
static void element(xmlTextWriter *w, const char *name, const char *const attrs[])
{
	xml.xmlTextWriterStartElement(w, X(name));
	for (; attrs && attrs[0]; attrs += 2)
		xml.xmlTextWriterWriteAttribute(w, X(attrs[0]), X(attrs[1]));
}

#define OPEN(w, name, ...) element(w, name, (const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })
#define CLOSE(w) xml.xmlTextWriterEndElement(w)
#define EMPTY(...) do { OPEN(__VA_ARGS__); CLOSE(w); } while (0)
#define TEXT(w, name, text) xml.xmlTextWriterWriteElement(w, X(name), X(text))

/*
 * libvirt restores a domain under the identity with which it was saved, also in
 * another lab; each lab has a libvirt root of its own, so nodes of the same name
 * do not meet. The first six bytes of the node's name follow "ovslab".
 */
static void write_uuid(xmlTextWriter *w, const struct lab_node *node)
{
	char name[sizeof(node->name)] = "";
	char text[40];

	snprintf(name, sizeof(name), "%s", node->name);
	snprintf(text, sizeof(text), "6f76736c-6162-4000-8000-%02x%02x%02x%02x%02x%02x",
		 (unsigned char)name[0], (unsigned char)name[1], (unsigned char)name[2],
		 (unsigned char)name[3], (unsigned char)name[4], (unsigned char)name[5]);
	TEXT(w, "uuid", text);
}

static void write_os(xmlTextWriter *w, const struct domain_boot *boot)
{
	OPEN(w, "os");
	OPEN(w, "type", "arch", "x86_64", "machine", "q35");
	xml.xmlTextWriterWriteString(w, X("hvm"));
	CLOSE(w);
	TEXT(w, "kernel", boot->kernel);
	TEXT(w, "initrd", boot->initrd);
	TEXT(w, "cmdline", boot->cmdline);
	CLOSE(w);
}

/* Offloads off: AF_PACKET ports of a userspace datapath then see plain frames. */
static void write_nic_driver(xmlTextWriter *w)
{
	OPEN(w, "driver");
	EMPTY(w, "host", "csum", "off", "gso", "off", "tso4", "off", "tso6", "off", "ecn", "off",
	      "ufo", "off", "mrg_rxbuf", "off");
	EMPTY(w, "guest", "csum", "off", "tso4", "off", "tso6", "off", "ecn", "off", "ufo", "off");
	CLOSE(w);
}

/* What a tap is plugged into when it appears; a redirect is put on it afterwards. */
static void write_plug(xmlTextWriter *w, const struct lab *lab, const char *wire)
{
	if (!wire) {
		EMPTY(w, "source", "bridge", OVS_BRIDGE);
		EMPTY(w, "virtualport", "type", "openvswitch");
	} else if (lab->bench.wire == LAB_WIRE_BRIDGE) {
		EMPTY(w, "source", "bridge", wire);
	}
}

/* @wire: the wire's name, or NULL for a port of the host's switch */
static void write_nic(xmlTextWriter *w, const struct lab *lab, const char *tap, const char *mac,
		      const char *wire)
{
	bool plugged = !wire || lab->bench.wire == LAB_WIRE_BRIDGE;

	OPEN(w, "interface", "type", plugged ? "bridge" : "ethernet");
	EMPTY(w, "mac", "address", mac);
	write_plug(w, lab, wire);
	EMPTY(w, "target", "dev", tap);
	EMPTY(w, "model", "type", "virtio");
	if (lab->bench.offloads == LAB_OFFLOADS_OFF)
		write_nic_driver(w);
	CLOSE(w);
}

/* A node has one NIC; the switch's VM one for each wire, in the order of its ports. */
static void write_nics(xmlTextWriter *w, const struct lab *lab, const struct lab_node *node)
{
	bool is_switch = node == lab_switch_node(lab);

	for (unsigned int i = 0; i < lab->n_wires; i++) {
		const struct lab_wire *wire = &lab->wires[i];

		if (is_switch)
			write_nic(w, lab, wire->switch_tap, wire->mac, wire->name);
		else if (strcmp(wire->tap, node->tap) == 0)
			write_nic(w, lab, node->tap, node->mac, wire->name);
	}
	if (lab->n_wires == 0)
		write_nic(w, lab, node->tap, node->mac, NULL);
}

static void write_console(xmlTextWriter *w, const struct lab *lab, const struct lab_node *node)
{
	char path[PATH_MAX];

	OPEN(w, "serial", "type", "unix");
	EMPTY(w, "source", "mode", "bind", "path",
	      domain_path(lab, node->name, DOMAIN_CONSOLE_SOCKET, path, sizeof(path)));
	EMPTY(w, "log", "file",
	      domain_path(lab, node->name, DOMAIN_CONSOLE_LOG, path, sizeof(path)), "append", "on");
	EMPTY(w, "target", "port", "0");
	CLOSE(w);
}

static void write_agent(xmlTextWriter *w, const struct lab *lab, const struct lab_node *node)
{
	char path[PATH_MAX];

	OPEN(w, "channel", "type", "unix");
	EMPTY(w, "source", "mode", "bind", "path",
	      domain_path(lab, node->name, DOMAIN_AGENT_SOCKET, path, sizeof(path)));
	EMPTY(w, "target", "type", "virtio", "name", AGENT_CHANNEL);
	CLOSE(w);
}

/*
 * What libvirt has no element for. It gives QEMU a clean environment, so the
 * owner mark must be asked for; and it has QEMU stop and wait at the guest's
 * power-off until it is told to go, but nobody is attached who would tell it.
 * After a restore QEMU, and the guest at its request, would tell the network for
 * a second where they are now, by dozens of frames that nobody asked for.
 */
static void write_qemu(xmlTextWriter *w, const struct lab *lab)
{
	OPEN(w, "qemu:commandline");
	EMPTY(w, "qemu:arg", "value", "-action");
	EMPTY(w, "qemu:arg", "value", "shutdown=poweroff");
	EMPTY(w, "qemu:arg", "value", "-global");
	EMPTY(w, "qemu:arg", "value", "migration.announce-rounds=0");
	EMPTY(w, "qemu:env", "name", PROC_OWNER_ENV, "value", lab->id);
	CLOSE(w);
}

/* Memory and CPUs; pinned are all threads of QEMU, the virtual CPUs' and its own. */
static void write_size(xmlTextWriter *w, const struct lab *lab, const struct lab_node *node)
{
	bool is_switch = node == lab_switch_node(lab);
	const struct lab_bench *bench = &lab->bench;
	char number[24], cpus[LAB_PINS_MAX];

	OPEN(w, "memory", "unit", "MiB");
	snprintf(number, sizeof(number), "%u", is_switch ? bench->switch_memory_mib : bench->memory_mib);
	xml.xmlTextWriterWriteString(w, X(number));
	CLOSE(w);
	snprintf(number, sizeof(number), "%u", is_switch ? bench->switch_vcpus : bench->vcpus);
	OPEN(w, "vcpu");
	if (lab_pin(bench->pins, node->name, cpus, sizeof(cpus)))
		xml.xmlTextWriterWriteAttribute(w, X("cpuset"), X(cpus));
	xml.xmlTextWriterWriteString(w, X(number));
	CLOSE(w);
}

static void write_domain(xmlTextWriter *w, const struct lab *lab, const struct lab_node *node,
			 const struct domain_boot *boot)
{
	bool kvm = lab->bench.accel == LAB_ACCEL_KVM;

	OPEN(w, "domain", "type", kvm ? "kvm" : "qemu", "xmlns:qemu", QEMU_NS);
	TEXT(w, "name", node->name);
	write_uuid(w, node);
	write_size(w, lab, node);
	write_os(w, boot);
	OPEN(w, "features");
	EMPTY(w, "acpi");
	CLOSE(w);
	EMPTY(w, "cpu", "mode", kvm ? "host-passthrough" : "maximum");
	/* a guest that panics or reboots is a dead node, and 'up' must say so */
	TEXT(w, "on_poweroff", "destroy");
	TEXT(w, "on_reboot", "destroy");
	TEXT(w, "on_crash", "destroy");
	OPEN(w, "devices");
	write_nics(w, lab, node);
	write_console(w, lab, node);
	write_agent(w, lab, node);
	EMPTY(w, "memballoon", "model", "none");
	CLOSE(w);
	write_qemu(w, lab);
	CLOSE(w);
}

int domain_xml(const struct lab *lab, const struct lab_node *node,
	       const struct domain_boot *boot, char **ret, struct err *err)
{
	int rc = load_libxml(err);
	xmlBuffer *buf = rc == 0 ? xml.xmlBufferCreate() : NULL;
	xmlTextWriter *w = buf ? xml.xmlNewTextWriterMemory(buf, 0) : NULL;
	char *text = NULL;

	if (w) {
		write_domain(w, lab, node, boot);
		xml.xmlTextWriterEndDocument(w);
		xml.xmlFreeTextWriter(w);
		text = strdup((const char *)xml.xmlBufferContent(buf));
	}
	if (buf)
		xml.xmlBufferFree(buf);
	if (rc == 0 && !text)
		rc = err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	if (rc == 0)
		*ret = text;
	return rc;
}
