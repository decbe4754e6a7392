#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What collect html writes, opened in a browser and used: html.js says how. The
# pictures are left in build/screenshots/; tests/screenshots/ has one of them.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

need_recording
modules=$(tools/web/modules)

# A load whose rates and latencies go up and down, and a known number of calls.
cp "$CALLS" "$TMP"
cat > "$TMP/load" <<'END'
for pause in 0.1 0.3 0.2; do
	ls -lR /usr/share/doc | gzip -9 | wc -c
	sleep $pause
	tar cf - /etc 2>&1 | md5sum
	./calls 3000
done
END
(cd "$TMP" && collect -q -g -o report.pb -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
	-e sched:sched_switch,sched:sched_process_exec,sched:sched_process_exit \
	-- bash ./load) > /dev/null

# Names that would be markup, script, another line, or turn the text around.
evil="$TMP/<"
mkdir "$evil"
evil="$evil/script><img src=x onerror=\"alert(1)\"><b>&amp;'"$'\u2028\u202e\xff\n'"--><"
gcc -static -o "$evil" tests/native/calls.c # its system calls are in the file itself
collect -q -g -o "$TMP/hostile<i>.pb" -e raw_syscalls:sys_enter,sched:sched_process_exec \
	-- bash -c '"$0" 100; exec -a "<script>x()" "$0" 100' "$evil"

collect -q -o "$TMP/million.pb" -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
	-m 128M -- "$CALLS" $((MANY / 4)) 2
for name in report 'hostile<i>' million; do
	collect html "$TMP/$name.pb" -o "$TMP/$name.html"
	collect report --json "$TMP/$name.pb" > "$TMP/$name.json"
	[ "$(stat -c %s "$TMP/$name.html")" -lt 3000000 ] ||
		fail "$name.html has $(stat -c %s "$TMP/$name.html") bytes"
done
[ "$(number delivered "$TMP/million.pb")" -ge "$MANY" ] || fail "too few events"

mkdir -p build/screenshots
MANY=$MANY NODE_PATH=$modules node tests/native/html.js "$TMP" build/screenshots

# A part of it, standard input and output, and what can't be.
collect html --event 'sched:*' --time +0-+0.5 - -o - < "$TMP/report.pb" > "$TMP/part.html"
grep -q '"selection":\["a part of the time","sched:\*"\]' "$TMP/part.html" ||
	fail "the page doesn't say that it is of a part"
! grep -q '"name":"getdents64"' "$TMP/part.html" || fail "what isn't selected is there"
status 2 collect html "$TMP/report.pb"
says "where to? Say -o report.html"
status 2 collect html -o "$TMP/x.html"
status 1 collect html "$TMP/none.pb" -o "$TMP/x.html"
status 1 collect html "$TMP/report.pb" -o "$TMP/report.pb"
says "is the trace itself"
status 1 collect html "$TMP/report.pb" -o /dev/full
says "No space left"
status 1 collect html --event nothing "$TMP/report.pb" -o "$TMP/x.html"
[ ! -e "$TMP/x.html" ] || fail "a page was written after a mistake"
head -c $(($(stat -c %s "$TMP/report.pb") / 2)) "$TMP/report.pb" > "$TMP/cut.pb"
status 4 collect html "$TMP/cut.pb" -o "$TMP/cut.html"
grep -q 'the file ends early: what came after' "$TMP/cut.html" ||
	fail "the page of a cut trace doesn't say so"
cat "$TMP/report.pb" "$TMP/million.pb" > "$TMP/both.pb"
collect html "$TMP/both.pb" -o "$TMP/both.html"
grep -q '"count":2,"host"' "$TMP/both.html" || fail "two traces aren't two in the page"
