#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make install` puts down is enough to build and run the example programs,
# by pkg-config, its manual pages are found and clean, the service starts with the
# rights that it is left, dkms' tree is whole, and `make uninstall` leaves nothing.
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

for file in share/bash-completion/completions/collect share/zsh/site-functions/_collect \
	share/fish/vendor_completions.d/collect.fish lib/udev/rules.d/60-kprobex.rules \
	lib/sysusers.d/kprobex.conf share/kprobex/kprobex.proto; do
	[ -s "$root/usr/$file" ] || fail "no $file was installed"
done

# The service as its unit has it, with no more capabilities than that, and dumped.
unit=$root/usr/lib/systemd/system/collect-flight.service
conf=$root/etc/kprobex/flight.conf
grep -q '^ExecStart=/usr/bin/collect --config /etc/kprobex/flight.conf ' "$unit" ||
	fail "$(grep ExecStart= "$unit")"
read -ra words < <(sed -n 's/^ExecStart=//p' "$unit" |
	sed "s|/etc/kprobex|${conf%/*}|; s|\${STATE_DIRECTORY}|$TMP|; s|^/usr|$root/usr|")
caps=-all$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr ' ' '\n' |
	sed 's/^CAP_/,+/' | tr -d '\n' | tr '[:upper:]' '[:lower:]')
grep -q '^Type=notify$' "$unit" || fail "$(grep Type= "$unit")"
/usr/bin/python3 tests/native/notify/notified.py "$TMP/socket" "$TMP/ready" \
	setpriv --bounding-set="$caps" --no-new-privs "${words[@]}" 2>"$TMP/err" &
pid=$!
until_true 20 grep -q '^READY=1$' "$TMP/ready"
kill -USR2 $pid
until_true 20 test -s "$TMP/flight.000001.pb"
kill -TERM $pid # (a shell has its background jobs ignore SIGINT)
wait $pid || fail "the flight recorder: $? $(cat "$TMP/err")"
collect report "$TMP/flight.000001.pb" | grep -q '^sched:sched_process_exec ' ||
	fail "the dump: $(collect report "$TMP/flight.000001.pb")"
if command -v systemd-analyze >/dev/null; then
	# (modprobe and kill are looked for in root's own folders)
	sed "s|=/usr/bin/collect|=$root/usr/bin/collect|; /^Documentation/d" "$unit" \
		>"$TMP/collect-flight.service"
	systemd-analyze verify "$TMP/collect-flight.service" >"$TMP/out" 2>&1 || true
	! grep -i 'collect-flight' "$TMP/out" || fail "systemd has something to say of the unit"
fi

make -s install-dkms DESTDIR="$root" PREFIX=/usr
version=$(collect --version)
version=${version#collect }
dkms=$root/usr/src/kprobex-$version
grep -qx "PACKAGE_VERSION=\"$version\"" "$dkms/dkms.conf" || fail "dkms.conf: $(cat "$dkms/dkms.conf")"
diff <(cd kernel && find . -name '*.[chS]' -o -name Kbuild | sort) \
	<(cd "$dkms" && find . -type f ! -name dkms.conf | sort) || fail "dkms' sources aren't whole"
# Nothing there reaches out of it.
grep -rn '#include "\.\./\.\./\.\.\|KPX_TOP' "$dkms" && fail "dkms' sources aren't whole"

echo 'retained = by uninstall' >>"$conf"
make -s install DESTDIR="$root" PREFIX=/usr >/dev/null
grep -q retained "$conf" || fail "install writes over a configuration"
make -s uninstall DESTDIR="$root" PREFIX=/usr >/dev/null
left=$(cd "$root" && find . ! -type d)
[ "$left" = ./etc/kprobex/flight.conf ] || fail "uninstall leaves $left"
[ ! -e "$dkms" ] || fail "uninstall leaves $dkms"
