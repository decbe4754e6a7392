# SPDX-License-Identifier: MIT
"""What pyproject.toml can't say: the schema is compiled when the package is built.

A source distribution has it compiled already, beside the schema itself: protoc and the
rest of the checkout aren't needed to build from that.
"""
import pathlib
import runpy
import shutil

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
PROTOC = runpy.run_path(str(HERE / "kprobex" / "protoc.py"))
BUILT, PROTO = PROTOC["BUILT"], PROTOC["PROTO"]


def schema():
    return BUILT.read_bytes() if BUILT.exists() else PROTOC["compile_proto"]()


class BuildWithSchema(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return  # then the package is read from the checkout, and so is the schema
        (pathlib.Path(self.build_lib) / "kprobex" / BUILT.name).write_bytes(schema())


class DistributeWithSchema(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        base = pathlib.Path(base_dir)
        (base / "kprobex" / BUILT.name).write_bytes(schema())
        shutil.copyfile(PROTO, base / PROTO.name)


setup(cmdclass={"build_py": BuildWithSchema, "sdist": DistributeWithSchema})
