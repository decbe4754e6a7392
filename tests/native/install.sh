#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make install` puts down is enough to build and run the example programs,
# by pkg-config, and its manual pages are found and clean.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

root=$TMP/root
make -s install DESTDIR="$root" PREFIX=/usr >/dev/null
export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export LD_LIBRARY_PATH=$root/usr/lib

[ "collect $(pkg-config --modversion libcollect)" = \
	"$("$root/usr/bin/collect" --version)" ] ||
	fail "the versions of libcollect.pc and collect differ"
for example in record histogram live; do
	# shellcheck disable=SC2046 # words are meant
	gcc -std=gnu11 -Wall -Wextra -Werror -o "$TMP/$example" \
		"libcollect/examples/$example.c" $(pkg-config --cflags --libs libcollect)
done
ldd "$TMP/record" | grep -q "libcollect.so.0 => $root" ||
	fail "record doesn't use the library that was installed"

"$TMP/record" "$TMP/t.pb" raw_syscalls:sys_enter "$CALLS" 1000 >"$TMP/out"
grep -q '^event 0: counted \([0-9]*\), delivered \1, lost 0$' "$TMP/out" ||
	fail "record printed: $(cat "$TMP/out")"
"$TMP/histogram" "$TMP/t.pb" raw_syscalls:sys_enter id >"$TMP/out"
# All getppid(2)s, of which there were 1000, are in one bucket.
awk '$1 == 64 && $2 >= 1000 { found = 1 } END { exit !found }' "$TMP/out" ||
	fail "histogram printed: $(cat "$TMP/out")"
"$TMP/live" raw_syscalls:sys_enter "$CALLS" 1000 >"$TMP/out"
awk '$2 == "calls" && $1 >= 1000 { found = 1 } END { exit !found }' "$TMP/out" ||
	fail "live printed: $(cat "$TMP/out")"
head -c -1 "$TMP/t.pb" >"$TMP/cut.pb"
status=0
"$TMP/histogram" "$TMP/cut.pb" raw_syscalls:sys_enter id >"$TMP/out" || status=$?
{ [ $status = 4 ] && grep -q '^the file is cut at byte ' "$TMP/out"; } ||
	fail "of a cut file histogram says, with $status: $(cat "$TMP/out")"
status=0
"$TMP/record" "$TMP/t.pb" no:such true 2>"$TMP/err" || status=$?
{ [ $status = 1 ] && grep -q "no such tracepoint: there is no system 'no'" "$TMP/err"; } ||
	fail "of a wrong event record says, with $status: $(cat "$TMP/err")"

pages=0
for page in "$root"/usr/share/man/man*/*; do
	mandoc -T lint -W warning "$page" || fail "$page isn't clean"
	pages=$((pages + 1))
done
[ $pages -ge 1 ] || fail "no manual page was installed"
# Whoever looks for one of our pages finds it.
while read -r page; do
	[ -e "$root/usr/share/man/man${page##*.}/$page" ] || fail "no $page was installed"
done < <(sed -n 's/^\.Xr \(collect[^ ]*\|kprobex[^ ]*\) \([1-8]\).*/\1.\2/p' \
	"$root"/usr/share/man/man*/* | sort -u)
