#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""count-reordered - count by hand what a switch reordered, from two captures

	count-reordered.py INGRESS EGRESS DPORT		(pcap or pcapng)

Shares no code with ovslab, and has another way of matching: a transmission is
recognised at the egress by sequence number, length and IP ID. It wants packets
that the switch neither merged nor split, and says so if it finds others.
Prints one JSON object for each whole capture, with RFC 4737's counts.
"""
import bisect
import collections
import json
import struct
import sys


def blocks(data):
    """The packets of a pcapng file: type 6 is an enhanced packet block"""
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}[data[8:12]]
    at = 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind == 6:
            kept = struct.unpack_from(order + "I", data, at + 20)[0]
            yield data[at + 28:at + 28 + kept]
        at += length


def frames(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from blocks(data)
        return
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">",
             b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}[data[:4]]
    at = 24
    while at + 16 <= len(data):
        kept = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16:at + 16 + kept]
        at += 16 + kept


def segments(path, dport):
    """(flow, seq, length, ip_id, flags) of each TCP packet with payload to dport"""
    for f in frames(path):
        if len(f) < 54 or f[12:14] != b"\x08\x00" or f[23] != 6:
            continue
        ip = f[14:]
        header = (ip[0] & 15) * 4
        total, ip_id = struct.unpack_from("!HH", ip, 2)
        tcp = ip[header:]
        sport, to, seq = struct.unpack_from("!HHI", tcp, 0)
        length = total - header - (tcp[12] >> 4) * 4
        if to == dport and length > 0:
            yield (ip[12:20], sport, to), seq, length, ip_id, tcp[13]


def judge_flow(entered, left, result):
    """entered, left: lists of (seq, length, ip_id, flags) in the order of the tap"""
    ranks = collections.defaultdict(collections.deque)
    top = None
    for rank, (seq, length, ip_id, _) in enumerate(entered):
        ranks[seq, length, ip_id].append(rank)
        end = seq + length
        if top is not None and (end - top) % 2**32 >= 2**31:
            result["sent_again"] += 1
        elif top == end:
            result["sent_again"] += 1
        else:
            top = end % 2**32
    arrivals, tails = [], []
    for seq, length, ip_id, _ in left:
        waiting = ranks.get((seq, length, ip_id))
        if waiting is None:
            result["not_recognised"] += 1
        elif waiting:
            arrivals.append(waiting.popleft())
        else:
            result["duplicates"] += 1
    expected, late = 0, 0
    for i, rank in enumerate(arrivals):
        psh = entered[rank][3] >> 3 & 1
        result["delivered_psh"] += psh
        at = bisect.bisect_left(tails, rank)
        tails[at:at + 1] = [rank]
        if rank >= expected:
            expected = rank + 1
            continue
        late += 1
        result["late_psh"] += psh
        first = next(j for j in range(i) if arrivals[j] > rank)
        result["extent_max"] = max(result["extent_max"], i - first)
    result["movers"] += len(arrivals) - len(tails)	# outside a longest increasing subsequence
    result["packets"] += len(arrivals)
    result["lost"] += sum(map(len, ranks.values()))
    result["reordered"] += late
    result["flows"] += 1
    result["flows_reordered"] += late > 0


def main(ingress, egress, dport):
    taps = [collections.defaultdict(list), collections.defaultdict(list)]
    result = dict.fromkeys(("packets", "reordered", "flows", "flows_reordered", "sent_again", "lost",
                            "extent_max", "duplicates", "not_recognised", "ingress_psh", "egress_psh",
                            "ingress_packets", "egress_packets", "ingress_bytes", "egress_bytes",
                            "delivered_psh", "late_psh", "movers"), 0)
    for tap, path, name in zip(taps, (ingress, egress), ("ingress", "egress")):
        for flow, *segment in segments(path, int(dport)):
            tap[flow].append(segment)
            result[name + "_packets"] += 1
            result[name + "_bytes"] += segment[1]
            result[name + "_psh"] += segment[3] >> 3 & 1
    for flow, entered in taps[0].items():
        judge_flow(entered, taps[1].get(flow, []), result)
    print(json.dumps(result))
    return 1 if result["not_recognised"] else 0


sys.exit(main(*sys.argv[1:]))
