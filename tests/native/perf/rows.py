# SPDX-License-Identifier: GPL-2.0-only
"""Run by perf script -s: prints each sample as a line of JSON, with all its fields."""
import json


def plain(value):
    return bytes(value).hex() if isinstance(value, (bytes, bytearray)) else value


def show(whole, comm, fields):
    sample = whole["sample"]
    chain = whole.get("callchain") or []
    print(json.dumps([
        sample["time"], sample["cpu"] & 0xffffffff, whole["ev_name"], sample["tid"] & 0xffffffff,
        sample["pid"] & 0xffffffff, comm, fields, [frame["ip"] for frame in chain],
        # Of the kernel: those of programs are perf's own findings.
        [frame["sym"]["name"] if "sym" in frame else "" for frame in chain if frame["ip"] >> 63]]))


def trace_unhandled(event, context, fields, whole):
    show(whole, whole["comm"], {name: plain(value) for name, value in fields.items()
                                if not name.startswith(("common_", "__probe_"))})


def process_event(whole):
    show(whole, whole["comm"], {})
