#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Traces that were once written are read as ever: by collect, by the Python
# script with stock protobuf, and by protoc. One for each column encoding.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
protoc --proto_path=proto --python_out="$work" kprobex.proto

count=0
for trace in tests/golden/*.pb; do
	want=${trace%.pb}.txt
	collect dump "$trace" | diff "$want" - ||
		{ echo "collect dump $trace"; exit 1; }
	tests/read_trace.py "$work" "$trace" | diff "$want" - ||
		{ echo "read_trace.py $trace"; exit 1; }
	protoc --decode=kprobex.Trace proto/kprobex.proto <"$trace" |
		grep -q '^packet' || { echo "protoc $trace"; exit 1; }
	collect report --json "$trace" |
		/usr/bin/python3 -c 'import json, sys; r = json.load(sys.stdin)
assert r["totals"]["delivered"] == r["events"][0]["rows"] == 6, r' ||
		{ echo "collect report --json $trace"; exit 1; }
	count=$((count + 1))
done
[ "$count" -ge 20 ]
