# SPDX-License-Identifier: MIT
"""Prints a trace as `collect dump` does: python3 -m kprobex [-g] FILE..."""
import sys

from . import Error, open as open_trace

USAGE = "usage: python3 -m kprobex [-g] FILE..."


def main(argv):
    frames = "-g" in argv
    paths = [word for word in argv if word != "-g"]
    if not paths or any(p.startswith("-") for p in paths):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        recording = open_trace(*paths)
        for row in recording.rows():
            print(row)
            for frame in row.frames if frames else ():
                name = str(frame)
                known = "" if name == hex(frame.address) else " " + name
                print(f"\t{frame.address:#x}{known}")
    except (Error, OSError) as error:
        print(f"kprobex: {error}", file=sys.stderr)
        return 1
    return 0 if recording.health else 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
