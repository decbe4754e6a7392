# SPDX-License-Identifier: MIT
"""A file's packets: found, checked, decompressed."""
from . import schema
from .crc32c import crc32c
from .errors import Damage, check

try:
    import zstandard
except ImportError:
    zstandard = None

PACKET_MAX = 16 << 20
HEAD_MAX = 1 << 20
BODY_MAX = 64 << 20
SYNC = b"\x09KPXTRACE"
SYNC_AT = 6  # where it is in a packet, behind its tag and its padded length


class Found:
    """A packet: its head, and where it is. The body is checked when it is read."""
    __slots__ = ("offset", "size", "trace", "head", "kind", "packet")

    def __init__(self, offset, size, packet, head):
        self.offset, self.size, self.trace = offset, size, packet.trace
        self.head, self.kind = head, head.WhichOneof("kind")
        self.packet = packet


def _length(data, at):
    """A varint of at most five bytes: the value, and where it ends."""
    value = 0
    for i, byte in enumerate(data[at:at + 5]):
        value |= (byte & 127) << 7 * i
        if byte < 128:
            return value, at + i + 1
    raise Damage("a length is damaged" if at + 5 <= len(data) else "cut")


def _packet_at(data, offset):
    check(data[offset] == 0x0A, "no packet")
    size, at = _length(data, offset + 1)
    check(size <= PACKET_MAX and at + size <= len(data), "cut")
    raw = data[at:at + size]
    packet = parse(schema.Packet, raw)
    check(packet.sync == schema.SYNC and len(packet.head) <= HEAD_MAX, "no packet")
    # Of a wrong length, it may have swallowed what follows.
    behind = len(packet.head) + len(packet.data)
    check(size <= behind + 9 + 9 + 6 + 6 + 5 or raw.find(SYNC, behind) < 0, "no packet")
    head = parse(schema.Head, packet.head)
    found = Found(offset, at + size - offset, packet, head)
    if found.kind != "chunk":
        check_sum(packet)
    return found


def parse(kind, data):
    try:
        return kind.FromString(data)
    except Exception as error:  # (which one depends on protobuf's version)
        raise Damage(f"protobuf: {error}") from None


def check_sum(packet):
    check(crc32c(packet.head, packet.data) == packet.crc32c, "its checksum is wrong")


def _is_unknown(found):
    return (found.kind is None or found.head.required_features & ~schema.FEATURES or
            (found.kind == "header" and found.head.header.version != schema.VERSION))


def scan(data, health):
    """Each good packet, in the file's order. What is none is counted."""
    offset = 0
    while offset < len(data):
        try:
            found = _packet_at(data, offset)
        except Damage:
            next_sync = data.find(SYNC, offset + SYNC_AT + 1)
            end = next_sync - SYNC_AT if next_sync >= 0 else len(data)
            health.damaged_bytes += end - offset
            # What has no end is a cut, and no more than that.
            health.damaged_packets += next_sync >= 0
            offset = end
            continue
        offset += found.size
        health.packets += 1
        health.good_until = offset
        if _is_unknown(found):
            health.unknown_packets += 1
            continue
        yield found


def _unzstd(data, size):
    if zstandard is None:
        raise RuntimeError("kprobex: the module zstandard is needed "
                           "(Debian: python3-zstandard)")
    try:
        # What a frame says of its size would be allocated.
        told = zstandard.frame_content_size(data)
        check(told in (-1, size), "its size is wrong")
        return zstandard.ZstdDecompressor(max_window_size=BODY_MAX).decompress(
            data, max_output_size=size)
    except zstandard.ZstdError as error:
        raise Damage(f"zstd: {error}") from None


def body(packet, head):
    """The packet's data, decompressed."""
    check(head.data_bytes <= BODY_MAX, "it is too large")
    if head.codec == schema.CODEC_NONE:
        data = packet.data
    else:
        check(head.codec == schema.CODEC_ZSTD, "its codec isn't known")
        data = _unzstd(packet.data, head.data_bytes) if head.data_bytes or packet.data else b""
    check(len(data) == head.data_bytes or head.codec == schema.CODEC_NONE,
          "its size is wrong")
    return data
