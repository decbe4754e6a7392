#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In no format does an export that was made anonymous have a name, a path, a string or an
# address of the trace; but the same is the same in all of one export.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

secret="$TMP/secretfolder"
mkdir "$secret"
cp /bin/ls "$secret/secretname"
collect -q -g -o "$TMP/trace.pb" -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
	-e 'sched:*' -e syscalls:sys_enter_openat -e "u:$secret/secretname:main" \
	-- "$secret/secretname" "$secret" > /dev/null 2>&1 ||
collect -q -g -o "$TMP/trace.pb" -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
	-e 'sched:*' -e syscalls:sys_enter_openat \
	-- "$secret/secretname" "$secret" > /dev/null
collect export -q --to json -o "$TMP/json" "$TMP/trace.pb"
grep -q secretname "$TMP/json" || fail "the trace has no names"

for format in $(collect export --help | sed -n 's/^ \{21\}\([a-z][a-z.]*\) .*/\1/p'); do
	collect export -q --anonymize --to "$format" -o "$TMP/anonymous.$format" "$TMP/trace.pb"
done
mapfile -t files < <(find "$TMP"/anonymous.* -type f)
[ ${#files[@]} -ge 5 ] || fail "only ${#files[@]} files"
nr=$(tests/native/export/anonymous.py "$TMP/json" secret libc.so -- "${files[@]}") ||
	fail "not anonymous"
[ "$nr" -gt 20 ] || fail "only $nr addresses"

# What stays: events, functions of the kernel, and which are the same.
frames() { # FILE: those of the kernel
	/usr/bin/python3 -c 'import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    print(row["time_ns"], row["event"], row["pid"],
          [(f["symbol"], f["offset"]) for f in row.get("stack", [])
           if "symbol" in f and "file" not in f])' "$1"
}
cmp <(frames "$TMP/json") <(frames "$TMP/anonymous.json") ||
	fail "frames of the kernel aren't the same"
assert_eq "$(sed 's/.*"comm":\("[^"]*"\),.*/\1/' "$TMP/anonymous.json" | sort | uniq -c | awk '{ print $1 }' | sort)" \
	"$(sed 's/.*"comm":\("[^"]*"\),.*/\1/' "$TMP/json" | sort | uniq -c | awk '{ print $1 }' | sort)" \
	"how many events have the same comm"
# The next export has other tokens.
collect export -q --anonymize --to json -o "$TMP/again" "$TMP/trace.pb"
! cmp -s "$TMP/again" "$TMP/anonymous.json" || fail "two exports have the same tokens"
# The host's name is in joined traces.
collect -q -o "$TMP/few.pb" -e raw_syscalls:sys_enter -- true
collect merge "$TMP/trace.pb" "$TMP/few.pb" -o "$TMP/joined.pb" 2> /dev/null
collect export -q --anonymize --to json -o "$TMP/joined" "$TMP/joined.pb"
! grep -qvE '^\{"time_ns":[0-9]+,"host":"a[0-9a-f]{12}",' "$TMP/joined" ||
	fail "a host in $(grep -m1 -vE '"host":"a[0-9a-f]{12}"' "$TMP/joined")"
