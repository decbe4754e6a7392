# SPDX-License-Identifier: MIT
"""The schema, compiled. This file needs nothing of the package: setup.py runs it."""
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BUILT = HERE / "kprobex.desc"  # in an installed package, and in a source distribution
PROTO = HERE.parent / "kprobex.proto"  # in a source distribution
if not PROTO.exists():
    PROTO = HERE.parent.parent.parent / "proto" / "kprobex.proto"  # in a checkout


def compile_proto():
    """The schema's FileDescriptorSet, as bytes."""
    command = ["protoc", f"--proto_path={PROTO.parent}",
               "--descriptor_set_out=/dev/stdout", str(PROTO)]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError:
        raise RuntimeError("kprobex: protoc is needed to build the package "
                           "(Debian: protobuf-compiler)") from None
