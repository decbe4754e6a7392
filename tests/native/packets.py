#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Says what packets a trace file has, by their frames alone.

usage: packets.py DIRECTORY_OF_kprobex_pb2 FILE

Prints how many packets are whole, the bytes behind them, and of the chunks among
them the rows, and the losses that they name:
  whole=N tail_bytes=N rows=N chunks_lost=N
Fails if a packet that is whole isn't one of the schema's.
"""
import sys

sys.path.insert(0, sys.argv[1])
import kprobex_pb2 as pb

data = open(sys.argv[2], "rb").read()
at = whole = rows = lost = 0
while len(data) - at >= 6:
    assert data[at] == 0x0a, "no packet at byte %d" % at
    length = sum((byte & 127) << 7 * i for i, byte in enumerate(data[at + 1:at + 6]))
    if length > len(data) - at - 6:
        break
    packet = pb.Packet.FromString(data[at + 6:at + 6 + length])
    head = pb.Head.FromString(packet.head)
    assert head.WhichOneof("kind"), "a packet of no kind at byte %d" % at
    rows += head.chunk.events
    lost += head.chunk.lost
    whole += 1
    at += 6 + length
print("whole=%d tail_bytes=%d rows=%d chunks_lost=%d" % (whole, len(data) - at, rows, lost))
