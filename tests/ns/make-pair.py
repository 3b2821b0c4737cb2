#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make-pair - two small captures, of both sides of a switch, with known faults

	make-pair.py DIR

Writes in.pcap, out.pcap (microseconds), in-ns.pcap, out-ns.pcap (nanoseconds, the other
byte order) and in.pcapng, out.pcapng. Three connections from 198.18.0.1 to port 9000,
20 data packets of 1000 bytes each, all in order at the ingress:

	1  packet 5, the first with PSH, leaves after packet 8: late by 3
	2  packet 7 is lost, and sent again after packet 12
	3  nothing happens

At the end each receiver answers with a packet of 100 bytes, which enters at the
egress and leaves at the ingress.
"""
import pathlib
import struct
import sys

START = 1_700_000_000_000_000_000
COUNT, SIZE = 20, 1000
GAP, TRANSIT = 100_000, 50_000		# ns
SYN, PSH, ACK = 2, 8, 16


HOSTS = bytes([198, 18, 0, 1]), bytes([198, 18, 0, 2])


def packet(sport, seq, ip_id, flags, size, hosts=HOSTS, dport=9000):
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, 1, 5 << 4, flags, 1000, 0, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + size, ip_id, 0x4000, 64, 6, 0, *hosts)
    return bytes(12) + b"\x08\x00" + ip + tcp + bytes(size)


def answer(sport):
    return packet(9000, 1, 77, ACK, 100, HOSTS[::-1], sport)


def data(sport, i, ip_id):
    flags = ACK | (PSH if i >= 5 else 0)
    return packet(sport, (0xffffe000 + 1 + i * SIZE) % 2**32, ip_id, flags, SIZE)


def connection(number):
    """(entered, left): what passed each tap, with its time, in the order of that tap"""
    sport, first_id = 40000 + number, number * 1000
    sent = [packet(sport, 0xffffe000, first_id, SYN, 0)]
    sent += [data(sport, i, first_id + 1 + i) for i in range(COUNT)]
    if number == 2:
        sent.insert(1 + 13, data(sport, 7, first_id + 500))
    begin = START + number * 10_000_000
    entered = [(begin + i * GAP, p) for i, p in enumerate(sent)]
    left = [(ns + TRANSIT, p) for ns, p in entered]
    if number == 1:
        left[1 + 5] = (entered[1 + 8][0] + TRANSIT + 10_000, sent[1 + 5])
    if number == 2:
        del left[1 + 7]
    late = begin + 50 * GAP
    return entered + [(late + TRANSIT, answer(sport))], sorted(left) + [(late, answer(sport))]


def pcap(packets, order, magic, tick):
    yield struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, 1)
    for ns, p in packets:
        yield struct.pack(order + "IIII", ns // 10**9, ns % 10**9 // tick, len(p), len(p)) + p


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng(packets):
    yield block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    yield block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))
    for ns, p in packets:
        yield block(6, struct.pack("<IIIII", 0, ns >> 32, ns & 0xffffffff, len(p), len(p)) + p)


def main(folder):
    sides = {"in": [], "out": []}
    for number in 1, 2, 3:
        for side, packets in zip(sides.values(), connection(number)):
            side += packets
    for name, packets in sides.items():
        for file, parts in ((f"{name}.pcap", pcap(packets, "<", 0xa1b2c3d4, 1000)),
                            (f"{name}-ns.pcap", pcap(packets, ">", 0xa1b23c4d, 1)),
                            (f"{name}.pcapng", pcapng(packets))):
            (folder / file).write_bytes(b"".join(parts))


main(pathlib.Path(sys.argv[1]))
