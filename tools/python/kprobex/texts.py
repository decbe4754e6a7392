# SPDX-License-Identifier: MIT
"""Names of a kernel or a user, which need not be UTF-8: str, from which the bytes
can be had again."""


def decode(raw):
    return raw.decode("utf-8", "surrogateescape")


def encode(text):
    return text.encode("utf-8", "surrogateescape")


def escape(raw, extra):
    """Printable ASCII as it is; the rest, the backslash and those in `extra` as \\xNN."""
    return "".join(chr(c) if 32 <= c < 127 and chr(c) not in "\\" + extra
                   else "\\x%02x" % c for c in raw)


def word(text):
    """Without blanks: escaped."""
    return escape(encode(text), " ")
