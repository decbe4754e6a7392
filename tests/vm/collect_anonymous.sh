#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# collect --anonymize with the module's events: no string, byte, address, definition or
# filter tells of what was recorded; the kernel's functions and plain numbers stay.
# On one kernel: debian-6.12.
. tests/vm/lib.sh
need_module
mkdir "$TMP/secretfolder"
printf 'secretcontent\n' > "$TMP/secretfolder/secretfile"
cp "$(command -v cat)" "$TMP/secretfolder/secretprogram"
secrets=(secretfolder secretfile secretprogram secretcontent "$TMP")

# An argument of every kind; what only looks at secretprogram; and a return.
kinds='p:kpxt_open do_sys_openat2 dfd=$arg1:s32 name=+0($arg2):ustring where=$arg2 ret=$stack0:symbol'
kinds+=' text=$stack0:symstr comm=$comm bytes=+0($stack1):x8[4] stack=+0($stack):x64[3] ip=$arg2:ip4 if comm == "secretprogram"'
looks='p:kpxt_look vfs_write count=$arg3:u64 buf=+0($arg2):ustring how=+0($arg2):char[8]'

# record FILE OPTION...
record() {
	file=$1
	shift
	collect -q --strict -g -o "$file" -e "$kinds" -e "$looks" \
		-e 'r:kpxt_ret ksys_write ret=$retval:s64' "$@" -- \
		"$TMP/secretfolder/secretprogram" "$TMP/secretfolder/secretfile" > /dev/null
}

record "$TMP/real.pb"
collect dump --json -g "$TMP/real.pb" > "$TMP/real.json"
for secret in "${secrets[@]}"; do assert_grep "$secret" "$TMP/real.json"; done
record "$TMP/trace.pb" --anonymize
record "$TMP/plain.pb" --anonymize --codec none
collect export -q --to json --anonymize -o "$TMP/exported" "$TMP/real.pb"
for file in trace plain; do
	collect dump --json -g "$TMP/$file.pb" > "$TMP/$file.json"
	tests/native/export/bodies.py "$TMP/$file.pb" > "$TMP/$file.bodies"
done
nr=$(tests/native/export/anonymous.py "$TMP/real.json" "${secrets[@]}" -- \
	"$TMP"/{trace,plain}.{json,bodies} "$TMP/exported") || fail "not anonymous"
[ "$nr" -gt 10 ] || fail "only $nr addresses to look for"

# What stays, and what is another; arrays of bytes, which may be a text, as a whole.
for file in trace.json exported; do
	/usr/bin/python3 - "$TMP/real.json" "$TMP/$file" <<- 'END' || fail "$file"
		import json, sys
		real, other = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
		assert [r["event"] for r in real] == [o["event"] for o in other]
		frames = lambda row: [f["symbol"] for f in row["stack"] if "symbol" in f and "file" not in f]
		for r, o in zip(real, other):
		    assert frames(r) == frames(o)
		    assert r["fields"].keys() == o["fields"].keys()
		    for name, value in r["fields"].items():
		        token = o["fields"][name]
		        if name in ("dfd", "count", "ret") and r["event"] != "kpxt_open" or name == "dfd":
		            assert value == token, (name, value, token)
		        elif name == "bytes" or name == "stack":
		            assert len(value) == len(token), (name, token)
		        else:
		            assert value != token, (name, value)
		look, = (o["fields"]["how"] for o in other if o["event"] == "kpxt_look")
		assert len(look) == 8 and bytes(look[:3]) != b"sec", look
	END
done
