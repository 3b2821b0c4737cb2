/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verifier_logs.h - what kernels said of programs that they refused
 *
 * Recorded with clang 14 on kernels 6.1 and 6.18 (the latter names file and line).
 */
#ifndef TESTS_VERIFIER_LOGS_H
#define TESTS_VERIFIER_LOGS_H

struct verifier_log {
	const char *name, *reason;	/* a part of the reason */
	const char *source, *insn;	/* parts of the excerpt; "": it has none */
	const char *log;
};

static const struct verifier_log verifier_logs[] = {
	{ "unbounded, 6.1", "an offset into the packet has no bound",
	  "__u8 *p = data + off;", "r2 += r3",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; DATA;\n"
	  "0: (61) r2 = *(u32 *)(r1 +76) ; R1=ctx(off=0,imm=0) R2_w=pkt(off=0,r=0,imm=0)\n"
	  "; int off = (int)skb->mark;\n"
	  "1: (61) r3 = *(u32 *)(r1 +8) ; R1=ctx(off=0,imm=0) R3_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))\n"
	  "2: (67) r3 <<= 32 ; R3_w=scalar(smax=9223372032559808512,umax=18446744069414584320,var_off=(0x0; 0xffffffff00000000),s32_min=0,s32_max=0,u32_max=0)\n"
	  "3: (c7) r3 s>>= 32 ; R3_w=scalar(smin=-2147483648,smax=2147483647)\n"
	  "; __u8 *p = data + off;\n"
	  "4: (0f) r2 += r3\n"
	  "value -2147483648 makes pkt pointer be out of bounds\n"
	  "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "nullmap, 6.1", "without a check for NULL",
	  "*n += 1;", "*(u64 *)(r0 +0)",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; __u32 key = skb->mark;\n"
	  "0: (61) r1 = *(u32 *)(r1 +8) ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))\n"
	  "; __u32 key = skb->mark;\n"
	  "1: (63) *(u32 *)(r10 -4) = r1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "2: (bf) r2 = r10 ; R2_w=fp0 R10=fp0\n"
	  "; \n"
	  "3: (07) r2 += -4 ; R2_w=fp-4\n"
	  "; __u64 *n = bpf_map_lookup_elem(&seen, &key);\n"
	  "4: (18) r1 = 0xffff888006141c00 ; R1_w=map_ptr(off=0,ks=4,vs=8,imm=0)\n"
	  "6: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "; *n += 1;\n"
	  "7: (79) r1 = *(u64 *)(r0 +0)\n"
	  "R0 invalid mem access 'map_value_or_null'\n"
	  "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "stale, 6.1", "not known to be a pointer",
	  "return eth->h_proto;", "*(u8 *)(r6 +12)",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; DATA;\n"
	  "0: (61) r2 = *(u32 *)(r1 +80) ; R1=ctx(off=0,imm=0) R2_w=pkt_end(off=0,imm=0)\n"
	  "1: (61) r6 = *(u32 *)(r1 +76) ; R1=ctx(off=0,imm=0) R6_w=pkt(off=0,r=0,imm=0)\n"
	  "2: (b4) w3 = 1 ; R3_w=1\n"
	  "; __u8 b = 1;\n"
	  "3: (73) *(u8 *)(r10 -1) = r3 ; R3_w=1 R10=fp0 fp-8=m???????\n"
	  "4: (b4) w0 = -1 ; R0_w=4294967295\n"
	  "; if ((void *)(eth+1) > end)\n"
	  "5: (bf) r3 = r6 ; R3_w=pkt(off=0,r=0,imm=0) R6_w=pkt(off=0,r=0,imm=0)\n"
	  "6: (07) r3 += 14 ; R3_w=pkt(off=14,r=0,imm=0)\n"
	  "; if ((void *)(eth+1) > end)\n"
	  "7: (2d) if r3 > r2 goto pc+10 ; R2_w=pkt_end(off=0,imm=0) R3_w=pkt(off=14,r=14,imm=0)\n"
	  "8: (bf) r3 = r10 ; R3_w=fp0 R10=fp0\n"
	  "; \n"
	  "9: (07) r3 += -1 ; R3_w=fp-1\n"
	  "; bpf_skb_store_bytes(skb, 0, &b, 1, 0);\n"
	  "10: (b4) w2 = 0 ; R2_w=0\n"
	  "11: (b4) w4 = 1 ; R4_w=1\n"
	  "12: (b7) r5 = 0 ; R5_w=0\n"
	  "13: (85) call bpf_skb_store_bytes#9   ; R0=scalar()\n"
	  "; return eth->h_proto;\n"
	  "14: (71) r1 = *(u8 *)(r6 +12)\n"
	  "R6 invalid mem access 'scalar'\n"
	  "processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1\n" },
	{ "license, 6.1", "for GPL programs only",
	  "bpf_trace_printk(\"x\", 2);", "bpf_trace_printk#6",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; bpf_trace_printk(\"x\", 2);\n"
	  "0: (18) r1 = 0xffff88801ff63d10 ; R1_w=map_value(off=0,ks=4,vs=2,imm=0)\n"
	  "2: (b4) w2 = 2 ; R2_w=2\n"
	  "3: (85) call bpf_trace_printk#6\n"
	  "cannot call GPL-restricted function from non-GPL compatible program\n"
	  "processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "loop, 6.1", "sees no end",
	  "while (1) {", "goto pc-4",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; int f(struct __sk_buff *skb) {\n"
	  "0: (b4) w1 = 0 ; R1_w=0\n"
	  "; volatile int x = 0;\n"
	  "1: (63) *(u32 *)(r10 -4) = r1 ; R1_w=0 R10=fp0 fp-8=0000????\n"
	  "; x++;\n"
	  "2: (61) r1 = *(u32 *)(r10 -4) ; R1_w=P0 R10=fp0\n"
	  "3: (04) w1 += 1 ; R1_w=P1\n"
	  "4: (63) *(u32 *)(r10 -4) = r1 ; R1_w=P1 R10=fp0 fp-8=mmmm????\n"
	  "; while (1) {\n"
	  "5: (05) goto pc-4\n"
	  "; x++;\n"
	  "2: (61) r1 = *(u32 *)(r10 -4) ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0\n"
	  "3: (04) w1 += 1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))\n"
	  "4: (63) *(u32 *)(r10 -4) = r1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "; while (1) {\n"
	  "5: (05) goto pc-4\n"
	  "; x++;\n"
	  "2: (61) r1 = *(u32 *)(r10 -4) ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0\n"
	  "3: (04) w1 += 1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))\n"
	  "4: (63) *(u32 *)(r10 -4) = r1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "; while (1) {\n"
	  "5: (05) goto pc-4\n"
	  "; x++;\n"
	  "infinite loop detected at insn 2\n"
	  "processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1\n" },
	{ "helper, 6.1", "may not call",
	  "bpf_get_current_comm(b, 16);", "bpf_get_current_comm#16",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; int f(struct __sk_buff *skb) {\n"
	  "0: (bf) r1 = r10 ; R1_w=fp0 R10=fp0\n"
	  "; \n"
	  "1: (07) r1 += -16 ; R1_w=fp-16\n"
	  "; bpf_get_current_comm(b, 16);\n"
	  "2: (b4) w2 = 16 ; R2_w=16\n"
	  "3: (85) call bpf_get_current_comm#16\n"
	  "unknown func bpf_get_current_comm#16\n"
	  "processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "negsize, 6.1", "a size has no bound",
	  "return bpf_skb_store_bytes(skb, 0, b, n, 0);", "bpf_skb_store_bytes#9",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; int f(struct __sk_buff *skb) {\n"
	  "0: (b7) r2 = 0 ; R2_w=0\n"
	  "; char b[64] = {\n"
	  "1: (7b) *(u64 *)(r10 -8) = r2 ; R2_w=0 R10=fp0 fp-8_w=00000000\n"
	  "2: (7b) *(u64 *)(r10 -16) = r2 ; R2_w=0 R10=fp0 fp-16_w=00000000\n"
	  "3: (7b) *(u64 *)(r10 -24) = r2 ; R2_w=0 R10=fp0 fp-24_w=00000000\n"
	  "4: (7b) *(u64 *)(r10 -32) = r2 ; R2_w=0 R10=fp0 fp-32_w=00000000\n"
	  "5: (7b) *(u64 *)(r10 -40) = r2 ; R2_w=0 R10=fp0 fp-40_w=00000000\n"
	  "6: (7b) *(u64 *)(r10 -48) = r2 ; R2_w=0 R10=fp0 fp-48_w=00000000\n"
	  "7: (7b) *(u64 *)(r10 -56) = r2 ; R2_w=0 R10=fp0 fp-56_w=00000000\n"
	  "8: (7b) *(u64 *)(r10 -64) = r2 ; R2_w=0 R10=fp0 fp-64_w=00000000\n"
	  "; int n = skb->mark;\n"
	  "9: (61) r4 = *(u32 *)(r1 +8) ; R1=ctx(off=0,imm=0) R4_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))\n"
	  "10: (bf) r3 = r10 ; R3_w=fp0 R10=fp0\n"
	  "; \n"
	  "11: (07) r3 += -64 ; R3_w=fp-64\n"
	  "; return bpf_skb_store_bytes(skb, 0, b, n, 0);\n"
	  "12: (b4) w2 = 0 ; R2_w=0\n"
	  "13: (b7) r5 = 0 ; R5_w=0\n"
	  "14: (85) call bpf_skb_store_bytes#9\n"
	  "invalid zero-sized read\n"
	  "processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "spin, 6.1", "does not let go",
	  "}", "(95) exit",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; SEC(\"tc\") int f(struct __sk_buff *skb) {\n"
	  "0: (b4) w1 = 0 ; R1_w=0\n"
	  "; __u32 k = 0;\n"
	  "1: (63) *(u32 *)(r10 -4) = r1 ; R1_w=0 R10=fp0 fp-8=0000????\n"
	  "2: (bf) r2 = r10 ; R2_w=fp0 R10=fp0\n"
	  "; \n"
	  "3: (07) r2 += -4 ; R2_w=fp-4\n"
	  "; struct v *v = bpf_map_lookup_elem(&s, &k);\n"
	  "4: (18) r1 = 0xffff88801ff63400 ; R1_w=map_ptr(off=0,ks=4,vs=8,imm=0)\n"
	  "6: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "7: (bf) r6 = r0 ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R6_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "; if (!v)\n"
	  "8: (15) if r6 == 0x0 goto pc+5 ; R6_w=map_value(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "; bpf_spin_lock(&v->l);\n"
	  "9: (bf) r1 = r6 ; R1_w=map_value(id=1,off=0,ks=4,vs=8,imm=0) R6_w=map_value(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "10: (85) call bpf_spin_lock#93        ;\n"
	  "; v->n++;\n"
	  "11: (61) r1 = *(u32 *)(r6 +4) ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R6=map_value(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "12: (04) w1 += 1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))\n"
	  "13: (63) *(u32 *)(r6 +4) = r1 ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R6=map_value(id=1,off=0,ks=4,vs=8,imm=0)\n"
	  "; }\n"
	  "14: (b4) w0 = -1 ; R0_w=4294967295\n"
	  "15: (95) exit\n"
	  "bpf_spin_unlock is missing\n"
	  "processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1\n" },
	{ "mapindex, 6.1", "beyond the end of an array",
	  "v[skb->mark & 7]++;", "*(u64 *)(r0 +0)",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; int f(struct __sk_buff *skb) {\n"
	  "0: (bf) r6 = r1 ; R1=ctx(off=0,imm=0) R6_w=ctx(off=0,imm=0)\n"
	  "1: (b4) w1 = 0 ; R1_w=0\n"
	  "; __u32 k = 0;\n"
	  "2: (63) *(u32 *)(r10 -4) = r1 ; R1_w=0 R10=fp0 fp-8=0000????\n"
	  "3: (bf) r2 = r10 ; R2_w=fp0 R10=fp0\n"
	  "; \n"
	  "4: (07) r2 += -4 ; R2_w=fp-4\n"
	  "; __u64 *v = bpf_map_lookup_elem(&m, &k);\n"
	  "5: (18) r1 = 0xffff88801ff63400 ; R1_w=map_ptr(off=0,ks=4,vs=32,imm=0)\n"
	  "7: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=32,imm=0)\n"
	  "; if (!v)\n"
	  "8: (15) if r0 == 0x0 goto pc+7 ; R0_w=map_value(off=0,ks=4,vs=32,imm=0)\n"
	  "; v[skb->mark & 7]++;\n"
	  "9: (61) r1 = *(u32 *)(r6 +8) ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff)) R6_w=ctx(off=0,imm=0)\n"
	  "; v[skb->mark & 7]++;\n"
	  "10: (57) r1 &= 7 ; R1_w=scalar(umax=7,var_off=(0x0; 0x7))\n"
	  "11: (67) r1 <<= 3 ; R1_w=scalar(umax=56,var_off=(0x0; 0x38))\n"
	  "12: (0f) r0 += r1 ; R0_w=map_value(off=0,ks=4,vs=32,umax=56,var_off=(0x0; 0x38)) R1_w=scalar(umax=56,var_off=(0x0; 0x38))\n"
	  "; v[skb->mark & 7]++;\n"
	  "13: (79) r1 = *(u64 *)(r0 +0)\n"
	  "invalid access to map value, value_size=32 off=56 size=8\n"
	  "R0 max value is outside of the allowed memory range\n"
	  "processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "packet, 6.1", "beyond data_end",
	  "return eth->h_proto == 8 ? TC_ACT_OK : TC_ACT_UNSPEC;", "*(u8 *)(r1 +12)",
	  "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	  "; DATA;\n"
	  "0: (61) r1 = *(u32 *)(r1 +76) ; R1_w=pkt(off=0,r=0,imm=0)\n"
	  "; return eth->h_proto == 8 ? TC_ACT_OK : TC_ACT_UNSPEC;\n"
	  "1: (71) r2 = *(u8 *)(r1 +12)\n"
	  "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)\n"
	  "R1 offset is outside of the packet\n"
	  "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "packet2, 6.18", "beyond data_end",
	  "return tcp->psh;", "*(u16 *)(r1 +12)",
	  "0: R1=ctx() R10=fp0\n"
	  "; int f(struct __sk_buff *skb) { @ packet2.c:3\n"
	  "0: (b4) w0 = -1 ; R0=0xffffffff\n"
	  "; DATA; @ packet2.c:4\n"
	  "1: (61) r2 = *(u32 *)(r1 +80) ; R1=ctx() R2=pkt_end()\n"
	  "2: (61) r1 = *(u32 *)(r1 +76) ; R1=pkt(r=0)\n"
	  "; if ((void *)(ip + 1) > end) @ packet2.c:7\n"
	  "3: (bf) r3 = r1 ; R1=pkt(r=0) R3=pkt(r=0)\n"
	  "4: (07) r3 += 34 ; R3=pkt(off=34,r=0)\n"
	  "5: (2d) if r3 > r2 goto pc+8 ; R2=pkt_end() R3=pkt(off=34,r=34)\n"
	  "; struct tcphdr *tcp = (void *)ip + ip->ihl * 4; @ packet2.c:9\n"
	  "6: (71) r2 = *(u8 *)(r1 +14) ; R1=pkt(r=34) R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))\n"
	  "7: (64) w2 <<= 2 ; R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=1020,var_off=(0x0; 0x3fc))\n"
	  "8: (57) r2 &= 60 ; R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=60,var_off=(0x0; 0x3c))\n"
	  "; struct iphdr *ip = (void *)(eth+1); @ packet2.c:6\n"
	  "9: (07) r1 += 14 ; R1=pkt(off=14,r=34)\n"
	  "; struct tcphdr *tcp = (void *)ip + ip->ihl * 4; @ packet2.c:9\n"
	  "10: (0f) r1 += r2 ; R1=pkt(id=1,off=14,r=0,smin=smin32=0,smax=umax=smax32=umax32=60,var_off=(0x0; 0x3c)) R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=60,var_off=(0x0; 0x3c))\n"
	  "; return tcp->psh; @ packet2.c:10\n"
	  "11: (69) r0 = *(u16 *)(r1 +12)\n"
	  "invalid access to packet, off=26 size=2, R1(id=1,off=26,r=0)\n"
	  "R1 offset is outside of the packet\n"
	  "processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "helperxdp, 6.18", "may not call",
	  "return bpf_xdp_adjust_head((void *)skb, 4);", "bpf_xdp_adjust_head#44",
	  "0: R1=ctx() R10=fp0\n"
	  "; return bpf_xdp_adjust_head((void *)skb, 4); @ helperxdp.c:4\n"
	  "0: (b4) w2 = 4 ; R2=4\n"
	  "1: (85) call bpf_xdp_adjust_head#44\n"
	  "program of this type cannot use helper bpf_xdp_adjust_head#44\n"
	  "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "stack2, 6.18", "beyond the end of a variable",
	  "b[skb->mark & 127] = 1;", "*(u8 *)(r3 +0)",
	  "0: R1=ctx() R10=fp0\n"
	  "; int f(struct __sk_buff *skb) { @ stack2.c:3\n"
	  "0: (b4) w2 = 1 ; R2=1\n"
	  "; b[0]=1; @ stack2.c:5\n"
	  "1: (73) *(u8 *)(r10 -64) = r2 ; R2=1 R10=fp0 fp-64=???????1\n"
	  "; b[skb->mark & 127] = 1; @ stack2.c:6\n"
	  "2: (61) r1 = *(u32 *)(r1 +8) ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"
	  "3: (57) r1 &= 127 ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f))\n"
	  "4: (bf) r3 = r10 ; R3=fp0 R10=fp0\n"
	  ";  @ stack2.c:0\n"
	  "5: (07) r3 += -64 ; R3=fp-64\n"
	  "; b[skb->mark & 127] = 1; @ stack2.c:6\n"
	  "6: (0f) r3 += r1 ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f)) R3=fp(off=-64,smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f))\n"
	  "7: (73) *(u8 *)(r3 +0) = r2\n"
	  "invalid variable-offset write to stack R3 var_off=(0x0; 0x7f) off=-64 size=1\n"
	  "processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "stack, 6.18", "512 bytes of stack together",
	  "", "",
	  "combined stack size of 2 calls is 704. Too large\n"
	  "processed 24 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0\n" },
	{ "ctxfield, 6.18", "field of its context",
	  "skb->len = 4;", "*(u32 *)(r1 +0)",
	  "0: R1=ctx() R10=fp0\n"
	  "; int f(struct __sk_buff *skb) { @ ctxfield.c:3\n"
	  "0: (b4) w2 = 4 ; R2=4\n"
	  "; skb->len = 4; @ ctxfield.c:4\n"
	  "1: (63) *(u32 *)(r1 +0) = r2\n"
	  "invalid bpf_context access off=0 size=4\n"
	  "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "ctxmath, 6.18", "pointer to its context",
	  "return *(volatile __u32 *)&s->len;", "*(u32 *)(r1 +0)",
	  "0: R1=ctx() R10=fp0\n"
	  "; struct __sk_buff *s = (void *)skb + (skb->mark & 8); @ ctxmath.c:4\n"
	  "0: (61) r2 = *(u32 *)(r1 +8) ; R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"
	  "1: (57) r2 &= 8 ; R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))\n"
	  "2: (0f) r1 += r2 ; R1=ctx(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))\n"
	  "; return *(volatile __u32 *)&s->len; @ ctxmath.c:5\n"
	  "3: (61) r0 = *(u32 *)(r1 +0)\n"
	  "variable ctx access var_off=(0x0; 0x8) disallowed\n"
	  "processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "sock, 6.18", "does not give back",
	  "return s ? 1 : 0;", "(95) exit",
	  "0: R1=ctx() R10=fp0\n"
	  "; int f(struct __sk_buff *skb) { @ sock.c:3\n"
	  "0: (b4) w2 = 0 ; R2=0\n"
	  "; struct bpf_sock_tuple t = { @ sock.c:4\n"
	  "1: (63) *(u32 *)(r10 -8) = r2 ; R2=0 R10=fp0 fp-8=????0\n"
	  "2: (b7) r2 = 0 ; R2=0\n"
	  "3: (7b) *(u64 *)(r10 -16) = r2 ; R2=0 R10=fp0 fp-16=0\n"
	  "4: (7b) *(u64 *)(r10 -24) = r2 ; R2=0 R10=fp0 fp-24=0\n"
	  "5: (7b) *(u64 *)(r10 -32) = r2 ; R2=0 R10=fp0 fp-32=0\n"
	  "6: (7b) *(u64 *)(r10 -40) = r2 ; R2=0 R10=fp0 fp-40=0\n"
	  "7: (bf) r2 = r10 ; R2=fp0 R10=fp0\n"
	  ";  @ sock.c:0\n"
	  "8: (07) r2 += -40 ; R2=fp-40\n"
	  "; struct bpf_sock *s = bpf_sk_lookup_tcp(skb, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0); @ sock.c:6\n"
	  "9: (b4) w3 = 12 ; R3=12\n"
	  "10: (b7) r4 = -1 ; R4=-1\n"
	  "11: (b7) r5 = 0 ; R5=0\n"
	  "12: (85) call bpf_sk_lookup_tcp#84    ; R0=sock_or_null(id=2,ref_obj_id=2) refs=2\n"
	  "13: (bf) r1 = r0 ; R0=sock_or_null(id=2,ref_obj_id=2) R1=sock_or_null(id=2,ref_obj_id=2) refs=2\n"
	  "14: (b4) w0 = 1 ; R0=1 refs=2\n"
	  "; return s ? 1 : 0; @ sock.c:7\n"
	  "15: (55) if r1 != 0x0 goto pc+1 17: R0=1 R1=sock(ref_obj_id=2) R10=fp0 fp-8=????0 fp-16=0 fp-24=0 fp-32=0 fp-40=0 refs=2\n"
	  "17: (95) exit\n"
	  "Unreleased reference id=2 alloc_insn=12\n"
	  "BPF_EXIT instruction in main prog would lead to reference leak\n"
	  "processed 19 insns (limit 1000000) max_states_per_insn 1 total_states 1 peak_states 1 mark_read 0\n" },
	{ "uninit2, 6.18", "never set",
	  "asm volatile(\"%0 = r8\" : \"=r\"(r));", "r0 = r8",
	  "0: R1=ctx() R10=fp0\n"
	  "; asm volatile(\"%0 = r8\" : \"=r\"(r)); @ uninit2.c:5\n"
	  "0: (bf) r0 = r8\n"
	  "R8 !read_ok\n"
	  "processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "argtype, 6.18", "of another kind",
	  "return bpf_skb_store_bytes(skb, 0, (void *)(long)skb->mark, 4, 0);", "bpf_skb_store_bytes#9",
	  "0: R1=ctx() R10=fp0\n"
	  "; return bpf_skb_store_bytes(skb, 0, (void *)(long)skb->mark, 4, 0); @ argtype.c:4\n"
	  "0: (61) r3 = *(u32 *)(r1 +8) ; R1=ctx() R3=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"
	  "1: (b4) w2 = 0 ; R2=0\n"
	  "2: (b4) w4 = 4 ; R4=4\n"
	  "3: (b7) r5 = 0 ; R5=0\n"
	  "4: (85) call bpf_skb_store_bytes#9\n"
	  "R3 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_\n"
	  "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "ptrmath2, 6.18", "calculates with a pointer",
	  "asm volatile(\"%0 <<= 1\" : \"+r\"(p));", "r1 <<= 1",
	  "0: R1=ctx() R10=fp0\n"
	  "; DATA; @ ptrmath2.c:4\n"
	  "0: (61) r1 = *(u32 *)(r1 +76) ; R1=pkt(r=0)\n"
	  "; asm volatile(\"%0 <<= 1\" : \"+r\"(p)); @ ptrmath2.c:6\n"
	  "1: (67) r1 <<= 1\n"
	  "R1 pointer arithmetic with <<= operator prohibited\n"
	  "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n" },
	{ "loop3, 6.18", "sees no end",
	  "while (x != 7) {", "*(u32 *)(r10 -4)",
	  "0: R1=ctx() R10=fp0\n"
	  "; volatile __u32 x = skb->mark; @ loop3.c:4\n"
	  "0: (61) r1 = *(u32 *)(r1 +8) ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"
	  "1: (63) *(u32 *)(r10 -4) = r1 ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "; while (x != 7) { @ loop3.c:5\n"
	  "2: (61) r1 = *(u32 *)(r10 -4) ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "3: (16) if w1 == 0x7 goto pc+4 ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"
	  "; x = bpf_get_prandom_u32(); @ loop3.c:6\n"
	  "4: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
	  "5: (63) *(u32 *)(r10 -4) = r0 ; R0=scalar() R10=fp0 fp-8=mmmm????\n"
	  "; while (x != 7) { @ loop3.c:5\n"
	  "6: (61) r1 = *(u32 *)(r10 -4) ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "7: (56) if w1 != 0x7 goto pc-4 4: R0=scalar() R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "; x = bpf_get_prandom_u32(); @ loop3.c:6\n"
	  "4: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
	  "5: (63) *(u32 *)(r10 -4) = r0 ; R0=scalar() R10=fp0 fp-8=mmmm????\n"
	  "; while (x != 7) { @ loop3.c:5\n"
	  "6: (61) r1 = *(u32 *)(r10 -4)\n"
	  "infinite loop detected at insn 7\n"
	  "cur state: R0=scalar() R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "old state: R0=scalar() R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n"
	  "processed 14 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0\n" },
	{ "spin, 6.18", "lock",
	  "}", "(95) exit",
	  "0: R1=ctx() R10=fp0\n"
	  "; SEC(\"tc\") int f(struct __sk_buff *skb) { @ spin.c:14\n"
	  "0: (b4) w1 = 0 ; R1=0\n"
	  "; __u32 k = 0; @ spin.c:15\n"
	  "1: (63) *(u32 *)(r10 -4) = r1 ; R1=0 R10=fp0 fp-8=0000????\n"
	  "2: (bf) r2 = r10 ; R2=fp0 R10=fp0\n"
	  ";  @ spin.c:0\n"
	  "3: (07) r2 += -4 ; R2=fp-4\n"
	  "; struct v *v = bpf_map_lookup_elem(&s, &k); @ spin.c:16\n"
	  "4: (18) r1 = 0xffff88811e8b6800 ; R1=map_ptr(map=s,ks=4,vs=8)\n"
	  "6: (85) call bpf_map_lookup_elem#1    ; R0=map_value(id=1,map=s,ks=4,vs=8)\n"
	  "7: (bf) r6 = r0 ; R0=map_value(id=1,map=s,ks=4,vs=8) R6=map_value(id=1,map=s,ks=4,vs=8)\n"
	  "; if (!v) @ spin.c:17\n"
	  "8: (15) if r6 == 0x0 goto pc+5 ; R6=map_value(id=1,map=s,ks=4,vs=8)\n"
	  "; bpf_spin_lock(&v->l); @ spin.c:19\n"
	  "9: (bf) r1 = r6 ; R1=map_value(id=1,map=s,ks=4,vs=8) R6=map_value(id=1,map=s,ks=4,vs=8)\n"
	  "10: (85) call bpf_spin_lock#93 ; refs=1\n"
	  "; v->n++; @ spin.c:20\n"
	  "11: (61) r1 = *(u32 *)(r6 +4) ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R6=map_value(id=1,map=s,ks=4,vs=8) refs=1\n"
	  "12: (04) w1 += 1 ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) refs=1\n"
	  "13: (63) *(u32 *)(r6 +4) = r1 ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R6=map_value(id=1,map=s,ks=4,vs=8) refs=1\n"
	  "; } @ spin.c:22\n"
	  "14: (b4) w0 = -1 ; R0=0xffffffff refs=1\n"
	  "15: (95) exit\n"
	  "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region\n"
	  "processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0\n" },
};

#endif
