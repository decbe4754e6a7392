# SPDX-License-Identifier: MIT
"""Reads the traces of kprobex.

    import kprobex
    trace = kprobex.open("trace.pb")
    trace["vfs_write"].count.sum()

With numpy, columns are its arrays; without, they are array.array. Only protobuf and
zstandard are needed.
"""
from .addresses import Frame
from .errors import DamageWarning, Error
from .recording import Recording, open
from .row import Row
from .table import Table
from .trace import Health, Trace

__all__ = ["DamageWarning", "Error", "Frame", "Health", "Recording", "Row", "Table",
           "Trace", "open"]
