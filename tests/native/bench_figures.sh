#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The benchmark's statistics are right, and it measures: a small storm.
. tests/native/lib.sh
bench=tests/bench/collector

/usr/bin/python3 -B $bench/test_figures.py

status 0 /usr/bin/python3 -B $bench --help
status 2 /usr/bin/python3 -B $bench --runs 0
need_recording
[ -x build/bench/storm ] || skip "build/bench/storm isn't built (make tests)"
status 0 /usr/bin/python3 -B $bench --quick --runs 1 --only cost-storm --only report --json
/usr/bin/python3 - "$TMP/out" <<'END'
import json, sys
with open(sys.argv[1]) as file:
    cells = json.load(file)["cells"]
for one in cells["cost-storm"]["recorders"]:
    # the calls, and what else the machine did
    assert one["events"] + one["lost"] >= 60000, one
    assert one["cpu_ns"] > 0 and one["bytes"] > 0, one
reports = cells["report"]["reports"]
assert [r["title"].split()[0] for r in reports] == ["collect", "collect", "perf"], reports
for one in reports:
    assert one["events"] >= 200000 and one["seconds"] >= one["cpu_seconds"] / 4 > 0, one
    assert one["peak_bytes"] > 1 << 20, one
END
