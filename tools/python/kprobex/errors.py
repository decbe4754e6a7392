# SPDX-License-Identifier: MIT
"""What may be wrong with a file."""


class Error(Exception):
    """This isn't a trace, or nothing in it can be read."""


class Damage(Exception):
    """A packet isn't as the schema wants it. It is skipped and counted."""


class DamageWarning(UserWarning):
    """Not all of a file could be read."""


def check(good, text):
    if not good:
        raise Damage(text)
