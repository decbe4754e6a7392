#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: bodies.py FILE

Prints all packets of a trace as they are but for their data, and that decompressed: by
the frames alone, so that nothing is passed over that a reader doesn't know."""

import ctypes
import ctypes.util
import sys

zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
zstd.ZSTD_decompress.restype = ctypes.c_size_t
MAGIC = b"\x28\xb5\x2f\xfd"


def decompressed(data):
    size = zstd.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
    room = ctypes.create_string_buffer(size or 1)
    got = zstd.ZSTD_decompress(room, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
    assert got == size, "a frame that can't be decompressed"
    return room.raw[:size]


def length_at(data, at):
    length = shift = 0
    while True:
        byte = data[at]
        length |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return length, at


def main():
    data = open(sys.argv[1], "rb").read()
    at = frames = 0
    while at < len(data):
        assert data[at] == 0x0a, f"no packet at byte {at}"
        length, at = length_at(data, at + 1)
        end = at + length
        at += 18  # sync, trace
        while data[at] in (0x1a, 0x22):  # head, data
            is_data = data[at] == 0x22
            length, at = length_at(data, at + 1)
            piece = data[at:at + length]
            if is_data and piece.startswith(MAGIC):
                piece = decompressed(piece)
                frames += 1
            sys.stdout.buffer.write(piece)
            at += length
        at = end
    sys.stdout.buffer.flush()


main()
