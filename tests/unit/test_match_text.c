// SPDX-License-Identifier: GPL-2.0
/*
 * test_match_text.c - matches in ovs-ofctl's syntax: to fields, to text, and refusals
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/match.h"
#include "core/util.h"

static struct match must_parse(const char *text)
{
	struct match m = { 0 };
	struct err err = { 0 };

	if (match_parse(text, &m, &err) != 0)
		fail_msg("'%s': %s", text, err.msg);
	return m;
}

/* Text and what it is printed as; the second is parsed to the same match. */
static const struct { const char *text, *canonical; } there_rows[] = {
	{ "tcp,tp_dst=9000", NULL },
	{ "tp_dst=9000,tcp", "tcp,tp_dst=9000" },
	{ "tcp,nw_src=10.0.0.1,tp_dst=5201,tcp_flags=+ack-psh",
	  "tcp,nw_src=10.0.0.1,tp_dst=5201,tcp_flags=-psh+ack" },
	{ "ip", NULL }, { "ipv6", NULL }, { "tcp6", NULL }, { "udp", NULL }, { "udp6", NULL },
	{ "icmp", NULL }, { "icmp6", NULL },
	{ "ip,tcp", "tcp" }, { "tcp,ip", "tcp" }, { "dl_type=0x0800,nw_proto=6", "tcp" },
	{ "eth_type=0x86dd,ip_proto=58", "icmp6" }, { "tcp,nw_proto=6,dl_type=2048", "tcp" },
	{ "ip,nw_proto=132", NULL }, { "ipv6,nw_proto=0", NULL },
	{ "ip,nw_proto=58", NULL }, { "ipv6,nw_proto=1", NULL },
	{ "ip,ip_src=192.168.1.77/24", "ip,nw_src=192.168.1.0/24" },
	{ "ip,nw_dst=192.168.1.77/255.255.0.255", "ip,nw_dst=192.168.0.77/255.255.0.255" },
	{ "ip,nw_dst=1.2.3.4/32", "ip,nw_dst=1.2.3.4" },
	{ "ip,nw_dst=1.2.3.4/0", "ip" },
	{ "ip,nw_dst=1.2.3.4/0.0.0.0", "ip" },
	{ "udp6,ipv6_dst=fd00::1", "udp6,ipv6_dst=fd00::1" },
	{ "ipv6,ipv6_src=FD00:0:0::77/64,ipv6_dst=::/1", "ipv6,ipv6_src=fd00::/64,ipv6_dst=::/1" },
	{ "ipv6,ipv6_src=fd00::77/ffff::ff", "ipv6,ipv6_src=fd00::77/ffff::ff" },
	{ "tcp,tcp_src=80,tcp_dst=0x50", "tcp,tp_src=80,tp_dst=80" },
	{ "udp,udp_src=0xf00f/0xf000", "udp,tp_src=0xf000/0xf000" },
	{ "udp,udp_dst=53/0xffff", "udp,tp_dst=53" },
	{ "udp,udp_dst=53/0", "udp" },
	{ "tcp,tcp_flags=+syn", NULL }, { "tcp,tcp_flags=+SYN-ack", "tcp,tcp_flags=+syn-ack" },
	{ "tcp,tcp_flags=+fin+syn+rst+psh+ack+urg+ece+cwr+ns", NULL },
	{ "tcp,tcp_flags=0x18/0x18", "tcp,tcp_flags=+psh+ack" },
	{ "tcp,tcp_flags=24", "tcp,tcp_flags=0x018/0xfff" },
	{ "ip,nw_tos=184", NULL }, { "ip,ip_dscp=46", "ip,nw_tos=184" },
	{ "ipv6,nw_ecn=3", NULL }, { "ip,ip_ecn=0,ip_dscp=0", "ip,nw_tos=0,nw_ecn=0" },
	{ "ip,nw_ttl=0", NULL }, { "ip,nw_ttl=255", NULL },
	{ "ip,ip_frag=no", NULL }, { "ip,ip_frag=yes", NULL }, { "ip,nw_frag=first", "ip,ip_frag=first" },
	{ "ipv6,ip_frag=later", NULL }, { "tcp,ip_frag=not_later,tp_src=1", "tcp,ip_frag=not_later,tp_src=1" },
	{ "icmp,icmp_type=8,icmp_code=0", NULL },
	{ "icmp6,icmpv6_type=135,icmpv6_code=0", "icmp6,icmp_type=135,icmp_code=0" },
	{ "icmp6,icmp_type=128", NULL },
	{ "dl_src=02:00:00:00:00:01", NULL }, { "eth_dst=FF:ff:00:00:00:00", "dl_dst=ff:ff:00:00:00:00" },
	{ "dl_dst=01:23:45:67:89:ab/01:00:00:00:00:00", "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00" },
	{ "dl_vlan=10", NULL }, { "dl_vlan=0,ip", "ip,dl_vlan=0" }, { "dl_vlan_pcp=5", NULL },
	{ "dl_vlan_pcp=5,dl_vlan=10", "dl_vlan=10,dl_vlan_pcp=5" },
	{ "dl_vlan=0xffff", "vlan_tci=0x0000/0x1000" }, { "vlan_tci=0x0000/0x1000", NULL },
	{ "vlan_tci=0x100a/0x1fff", "dl_vlan=10" }, { "vlan_tci=0xb00a", "dl_vlan=10,dl_vlan_pcp=5" },
	{ "vlan_tci=0", "vlan_tci=0x0000/0xffff" },
	{ "payload>0", NULL }, { "tcp,payload>0", NULL }, { "payload>0,ip", "ip,payload>0" },
};

static void there_and_back(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(there_rows); i++) {
		const char *expected = there_rows[i].canonical ?: there_rows[i].text;
		struct match m, again;
		char text[400];

		m = must_parse(there_rows[i].text);
		assert_int_equal(match_format(&m, text, sizeof(text)), strlen(expected));
		assert_string_equal(text, expected);
		again = must_parse(text);
		assert_memory_equal(&m, &again, sizeof(m));
		assert_int_equal(match_format(&m, text, strlen(expected)), -ENOSPC);
	}
}

/* Separators are commas and blanks, any number of them, as in ovs-ofctl. */
static void separators(void **state)
{
	struct match a = must_parse("tcp,tp_dst=9000"), b = must_parse(" tcp ,, tp_dst=9000,\n");

	assert_memory_equal(&a, &b, sizeof(a));
}

static void values(void **state)
{
	struct match m = must_parse("tcp,nw_src=10.1.2.3/16,tp_dst=0x1234/0xff00,tcp_flags=+ack-psh");
	static const uint8_t src[4] = { 10, 1, 0, 0 }, mask[4] = { 255, 255, 0, 0 };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x1f };

	assert_int_equal(m.on, MATCH_FAMILY | MATCH_PROTO | MATCH_SRC | MATCH_DPORT | MATCH_TCP_FLAGS);
	assert_int_equal(m.family, 4);
	assert_int_equal(m.proto, 6);
	assert_memory_equal(m.src, src, 4);
	assert_memory_equal(m.src_mask, mask, 4);
	assert_int_equal(m.dport, 0x1200);
	assert_int_equal(m.dport_mask, 0xff00);
	assert_int_equal(m.tcp_flags, 0x10);
	assert_int_equal(m.tcp_flags_mask, 0x18);
	m = must_parse("ipv6,ipv6_dst=fd00::1/128,nw_tos=184,nw_ecn=1,nw_ttl=3,ip_frag=first,dl_vlan=5,"
		       "dl_src=02:00:00:00:00:1f");
	assert_int_equal(m.dst[0], 0xfd);
	assert_int_equal(m.dst[15], 1);
	assert_int_equal(m.dst_mask[15], 0xff);
	assert_int_equal(m.tos, 185);
	assert_int_equal(m.tos_mask, 0xff);
	assert_int_equal(m.ttl, 3);
	assert_int_equal(m.frag, MATCH_FRAG_FIRST);
	assert_int_equal(m.vlan_tci, 0x1005);
	assert_int_equal(m.vlan_tci_mask, 0x1fff);
	assert_memory_equal(m.eth_src, mac, 6);
	m = must_parse("icmp6,icmpv6_type=135,icmpv6_code=1");
	assert_int_equal(m.proto, 58);
	assert_int_equal(m.icmp_type, 135);
	assert_int_equal(m.icmp_code, 1);
	m = must_parse("udp,tp_src=7/0");
	assert_int_equal(m.on, MATCH_FAMILY | MATCH_PROTO);
}

static const struct { const char *text, *says; } refusals[] = {
	{ "", "it names no field" }, { " , ", "it names no field" },
	{ "tcp,tp_dts=80", "character 5: unknown field 'tp_dts' (did you mean 'tp_dst'?)" },
	{ "tcq", "character 1: unknown field 'tcq' (did you mean 'tcp'?)" },
	{ "tcp,payload>1", "character 5: unknown field 'payload>1' (did you mean 'payload>0'?)" },
	{ "in_port=1", "unknown field 'in_port'" },
	{ "ct_state=+trk", "unknown field 'ct_state'" },
	{ "arp", "'arp': only IP packets are mangled" },
	{ "dl_type=0x0806", "'0x0806': only IP packets are mangled" },
	{ "dl_type=0x10000", "dl_type: '0x10000' is out of range: 0 to 65535" },
	{ "tcp,tp_dst = 9000", "tp_dst needs a value: tp_dst=..." },
	{ "tcp=1", "'tcp' takes no value" },
	{ "tcp,tcp", "character 5: 'tcp' is there twice" },
	{ "ip,tcp,tcp", "'tcp' is there twice" },
	{ "tcp,udp", "character 5: 'udp' contradicts 'tcp' at character 1" },
	{ "ip,ipv6", "'ipv6' contradicts 'ip'" },
	{ "tcp,tcp6", "'tcp6' contradicts 'tcp'" },
	{ "ipv6,tcp", "'tcp' contradicts 'ipv6'" },
	{ "tcp,nw_proto=17", "'nw_proto' contradicts 'tcp' at character 1" },
	{ "ip,nw_proto=17,tcp", "'tcp' contradicts 'nw_proto' at character 4" },
	{ "ip,dl_type=0x86dd", "'dl_type' contradicts 'ip'" },
	{ "tcp,nw_proto=6,nw_proto=6", "'nw_proto' is there twice" },
	{ "tcp,nw_proto=6,ip_proto=6", "'ip_proto' is the same field as 'nw_proto' at character 5" },
	{ "tcp,tp_dst=1,tp_dst=2", "character 14: 'tp_dst' is there twice" },
	{ "tcp,tp_dst=1,tcp_dst=1", "'tcp_dst' is the same field as 'tp_dst' at character 5" },
	{ "ip,nw_src=1.1.1.1,ip_src=1.1.1.1", "'ip_src' is the same field as 'nw_src'" },
	{ "ip,nw_tos=4,ip_dscp=1", "'ip_dscp' is the same field as 'nw_tos'" },
	{ "payload>0,payload>0", "'payload>0' is there twice" },
	{ "tp_dst=80", "character 1: tp_dst needs tcp, udp, tcp6 or udp6 beside it" },
	{ "ip,tp_dst=80", "tp_dst needs tcp, udp, tcp6 or udp6 beside it" },
	{ "icmp,tp_src=80", "tp_src needs tcp, udp" },
	{ "udp,tcp_dst=80", "tcp_dst needs tcp or tcp6 beside it" },
	{ "tcp,udp_dst=80", "udp_dst needs udp or udp6 beside it" },
	{ "udp,tcp_flags=+ack", "tcp_flags needs tcp or tcp6 beside it" },
	{ "nw_src=1.2.3.4", "nw_src needs ip (or tcp, udp, icmp) beside it" },
	{ "tcp6,nw_src=1.2.3.4", "nw_src needs ip (or tcp, udp, icmp) beside it" },
	{ "tcp,ipv6_src=::1", "ipv6_src needs ipv6 (or tcp6, udp6, icmp6) beside it" },
	{ "nw_proto=6", "nw_proto needs ip or ipv6" },
	{ "nw_tos=4", "nw_tos needs ip or ipv6" }, { "nw_ttl=4", "nw_ttl needs ip or ipv6" },
	{ "ip_frag=yes", "ip_frag needs ip or ipv6" },
	{ "tcp,icmp_type=8", "icmp_type needs icmp or icmp6" },
	{ "icmp,icmpv6_type=8", "icmpv6_type needs icmp6 beside it" },
	{ "icmp,payload>0", "payload>0 needs tcp, udp" },
	{ "ip,nw_src=1.2.3", "nw_src: '1.2.3' is no IPv4 address" },
	{ "ip,nw_src=1.2.3.4/33", "nw_src: '33' is neither a length (0 to 32) nor a mask" },
	{ "ip,nw_src=1.2.3.4/", "nw_src: '' is neither a length" },
	{ "ip,nw_src=::1", "nw_src: '::1' is no IPv4 address" },
	{ "ipv6,ipv6_src=1.2.3.4", "ipv6_src: '1.2.3.4' is no IPv6 address" },
	{ "ipv6,ipv6_src=::1/129", "'129' is neither a length (0 to 128) nor a mask" },
	{ "tcp,tp_dst=65536", "tp_dst: '65536' is out of range: 0 to 65535" },
	{ "tcp,tp_dst=http", "tp_dst: 'http' is not a number" },
	{ "tcp,tp_dst=", "tp_dst needs a value" }, { "tcp,tp_dst", "tp_dst needs a value" },
	{ "tcp,tp_dst=80/x", "tp_dst: 'x' is not a number" },
	{ "tcp,tcp_flags=+psg", "tcp_flags: 'psg' is no flag of TCP (did you mean 'psh'?)" },
	{ "tcp,tcp_flags=psh", "tcp_flags: 'psh' has no sign: +psh or -psh" },
	{ "tcp,tcp_flags=+", "tcp_flags: '' is no flag of TCP" },
	{ "tcp,tcp_flags=+psh-psh", "tcp_flags: 'psh' is there twice" },
	{ "tcp,tcp_flags=0x1000", "tcp_flags: '0x1000' is out of range: 0 to 4095" },
	{ "ip,nw_tos=256", "nw_tos: '256' is out of range: 0 to 252" },
	{ "ip,nw_tos=5", "nw_tos: '5' has bits of ECN: those are nw_ecn's" },
	{ "ip,ip_dscp=64", "ip_dscp: '64' is out of range: 0 to 63" },
	{ "ip,nw_ecn=4", "nw_ecn: '4' is out of range: 0 to 3" },
	{ "ip,nw_ttl=256", "nw_ttl: '256' is out of range: 0 to 255" },
	{ "ip,ip_frag=maybe", "ip_frag: 'maybe' is not no, yes, first, later or not_later" },
	{ "tcp,ip_frag=later,tp_dst=1", "character 19: later fragments have no tp_dst" },
	{ "icmp,icmp_type=256", "icmp_type: '256' is out of range: 0 to 255" },
	{ "dl_src=1:2:3:4:5:6", "dl_src: '1:2:3:4:5:6' is no Ethernet address" },
	{ "dl_src=02:00:00:00:00:01:02", "is no Ethernet address" },
	{ "dl_src=02:00:00:00:00:01/", "is no Ethernet address" },
	{ "dl_vlan=4096", "dl_vlan: '4096' is out of range: 0 to 4095" },
	{ "dl_vlan_pcp=8", "dl_vlan_pcp: '8' is out of range: 0 to 7" },
	{ "vlan_tci=0x10000", "vlan_tci: '0x10000' is out of range" },
	{ "vlan_tci=0x1000/0x1000,dl_vlan=1", "vlan_tci is the same field as 'dl_vlan'" },
	{ "dl_vlan=0xffff,dl_vlan_pcp=1", "without a tag there is no dl_vlan_pcp" },
	{ "tcp,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=1", "character 5: a field of" },
};

static void refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct match m = { .ttl = 99 };
		struct err err = { 0 };

		if (match_parse(refusals[i].text, &m, &err) != -EINVAL)
			fail_msg("'%s' is accepted", refusals[i].text);
		assert_int_equal(err.status, STATUS_USAGE);
		if (!strstr(err.msg, refusals[i].says))
			fail_msg("'%s': '%s' lacks '%s'", refusals[i].text, err.msg, refusals[i].says);
		assert_int_equal(m.ttl, 99);	/* untouched */
		err_reset(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(separators),
		cmocka_unit_test(values),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
