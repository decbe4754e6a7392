# SPDX-License-Identifier: MIT
"""What pyproject.toml can't say: the schema is compiled when the package is built."""
import pathlib
import runpy

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent


class BuildWithSchema(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return  # then the package is read from the checkout, and so is the schema
        protoc = runpy.run_path(str(HERE / "kprobex" / "protoc.py"))
        into = pathlib.Path(self.build_lib) / "kprobex" / protoc["BUILT"].name
        into.write_bytes(protoc["compile_proto"]())


setup(cmdclass={"build_py": BuildWithSchema})
