# SPDX-License-Identifier: MIT
"""The messages of kprobex.proto, made when the package is loaded.

An installed package has their descriptors, which protoc made when it was built
and which any version of protobuf takes (code that protoc generates is for some).
In a checkout protoc is run on the schema itself.
"""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .protoc import BUILT, compile_proto


def _message_class(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)


def _load():
    built = BUILT.read_bytes() if BUILT.exists() else compile_proto()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(built).file:
        pool.AddSerializedFile(file.SerializeToString())
    return lambda name: _message_class(pool.FindMessageTypeByName("kprobex." + name))


_get = _load()
Packet = _get("Packet")
Head = _get("Head")
Batch = _get("Batch")
Column = _get("Column")
Tasks = _get("Tasks")
Maps = _get("Maps")
KernelSymbols = _get("KernelSymbols")
KernelModules = _get("KernelModules")
Ksymbols = _get("Ksymbols")
Cgroups = _get("Cgroups")

VERSION = 1  # of the format
SYNC = 0x454341525458504B
CODEC_NONE, CODEC_ZSTD = 0, 1
FEATURES = 1 | 2  # those that this package knows
UNSIGNED, SIGNED, HEX, STRING, BYTES = range(5)  # Field.Kind
EXISTS, FORK, NAME, EXIT = range(4)  # TaskEvent.What
CONTEXT_MAX = 2**64 - 4095  # perf's context marks in call chains
CONTEXT_KERNEL = 2**64 - 128
TID_UNKNOWN = 2**32 - 1
