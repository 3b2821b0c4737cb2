#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcp-checksums - which kind of checksum the TCP packets of a capture have

	tests/e2e/tcp-checksums.py FILE

Prints 'partial' if each is the sum of the pseudo-header alone, which is how TCP
leaves it for a device to finish, else the number of packets that have another.
The capture is of IPv4 over Ethernet, and may have cut the packets' ends off.
"""
import struct
import sys


def packets(data):
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">",
             b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}[data[:4]]
    at = 24
    while at < len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def folded(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def is_partial(frame):
    ip = frame[14:]
    header = (ip[0] & 15) * 4
    length = struct.unpack("!H", ip[2:4])[0] - header
    said = struct.unpack("!H", ip[header + 16:header + 18])[0]
    return said == folded(ip[12:20] + struct.pack("!HH", ip[9], length))


with open(sys.argv[1], "rb") as file:
    found = [is_partial(frame) for frame in packets(file.read())]
print("partial" if found and all(found) else f"{found.count(False)} of {len(found)} are not partial")
