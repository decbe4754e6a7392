# SPDX-License-Identifier: MIT
"""Columns of numbers, by numpy if it is there."""
try:
    from .arrays import *  # noqa: F401,F403
    HAVE_NUMPY = True
except ImportError:
    from .plain import *  # noqa: F401,F403
    HAVE_NUMPY = False
