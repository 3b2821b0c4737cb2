#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""upcalls-noted.py FILE: payload bytes of each IPv6 TCP connection to port 9000 in the notes
of 'ovslab-guest upcalls take' (struct upcall_note of bpf/upcall.h), each byte once"""
import base64
import json
import socket
import struct
import sys

NOTE = struct.Struct("<Q16s16sHHIIBBBBH6x")

with open(sys.argv[1], encoding="utf-8") as f:
    notes = base64.b64decode(json.load(f)["notes"])
ranges = {}
for _, saddr, daddr, sport, dport, seq, length, family, proto, *_ in NOTE.iter_unpack(notes):
    if (family, proto, dport) != (6, 6, 9000):
        continue
    if socket.inet_ntop(socket.AF_INET6, daddr) != "fd00:198:18::2":
        sys.exit("a note of another address")
    ranges.setdefault((saddr, sport), []).append((seq, length))
for found in ranges.values():
    first = found[0][0]
    ends = sorted(((seq - first) % 2**32, length) for seq, length in found)
    reached = 0
    for start, length in ends:
        if start > reached:
            sys.exit(f"no note of bytes {reached} to {start}")
        reached = max(reached, start + length)
    found[:] = [reached]
print(*(found[0] for found in ranges.values()))
