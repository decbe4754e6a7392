# SPDX-License-Identifier: GPL-2.0-only
"""Text tables: the first column to the left, figures to the right."""
import math


def number(value):
    """Three digits that count; whole numbers whole."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if math.isinf(value):
        return "unbounded"
    if value == int(value) or abs(value) >= 100:
        return "%d" % round(value)
    digits = 2 - math.floor(math.log10(abs(value)))
    return "%.*f" % (min(max(digits, 0), 3), value)


def short(value):
    """The same without zeros at the end."""
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def layout(heading, rows, left=1):
    """Lines of the table; so many columns are text, and what has no heading."""
    rows = [heading] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(heading))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if i < left or not heading[i] else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return lines


def show(title, heading, rows, left=1, notes=()):
    print("\n" + title)
    for line in layout(heading, [[number(cell) for cell in row] for row in rows], left):
        print("  " + line)
    for note in notes:
        print("  " + note)
