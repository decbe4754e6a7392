# SPDX-License-Identifier: GPL-2.0-only
"""What ends a measurement."""


class Fail(Exception):
    """It failed: the text says why."""


class Skip(Exception):
    """It can't be had here: the text says why."""
