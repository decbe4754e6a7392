#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# speedscope itself, of npm, opens what collect export writes for it, and shows functions
# with the times that the trace has; export_speedscope.js uses it. The picture is left in
# build/screenshots/; tests/screenshots/ has one of them.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
modules=$(tools/web/modules)

# shown TRACE PICTURE: opens its profile; the table has each function's own samples,
# largest first, and all samples are in it.
shown() {
	collect export -q --to speedscope -o "$TMP/profile.json" "$1"
	NODE_PATH=$modules node tests/native/export_speedscope.js \
		"$modules/speedscope/dist/release/index.html" "$TMP/profile.json" "$2" > "$TMP/shown"
	/usr/bin/python3 - "$TMP/shown" "$TMP/profile.json" "$(number delivered "$1")" <<'END' ||
import collections, json, sys
shown, profile = (json.load(open(name)) for name in sys.argv[1:3])
profiles = profile["profiles"]
assert sum(p["endValue"] for p in profiles) == int(sys.argv[3]), "not all samples"
assert shown["title"].startswith(profiles[0]["name"]), shown["title"]
names = [f["name"] for f in profile["shared"]["frames"]]
own = collections.Counter()
total = collections.Counter()
for sample, weight in zip(profiles[0]["samples"], profiles[0]["weights"]):
    own[sample[-1]] += weight
    total.update(dict.fromkeys(sample, weight))
want = {(f"{total[i]:,}", f"{own[i]:,}", names[i]) for i in total}
head, *rows = shown["rows"]
assert head == ["Total", "Self", "Symbol Name"], head
assert len(rows) > 3
for row in rows:
    number = lambda text: text.split(" ")[0]
    assert (number(row[0]), number(row[1]), row[2]) in want, row
END
		fail "speedscope shows something else of $1"
}

collect -q -g -F 2000 -o "$TMP/trace.pb" -e cpu-clock -- sh -c '
	ls -lR /usr/share/doc > /dev/null
	tar cf - /usr/include 2> /dev/null | wc -c > /dev/null'
mkdir -p build/screenshots
shown "$TMP/trace.pb" build/screenshots/speedscope.png

collect -q -g -o "$TMP/many.pb" -m 128M -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
	-- "$CALLS" $((MANY / 4)) 2
[ "$(number delivered "$TMP/many.pb")" -ge "$MANY" ] || fail "too few events"
shown "$TMP/many.pb" "$TMP/many.png"
