#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The package in tools/python reads what collect reads, with numpy and without it; it
# can be installed, and what its README shows is what comes out.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
export PYTHONPATH=$PWD/tools/python PYTHONDONTWRITEBYTECODE=1
python=/usr/bin/python3

strings=()
if [ -w /sys/kernel/tracing/uprobe_events ] && [ "$(uname -m)" = x86_64 ]; then
	strings=(-e 'u:libc:getenv name=+0(%di):string first=+0(%di):u8[4] at=%di:x64')
fi
collect -q -o "$TMP/all.pb" -g -e 'sched:sched_*' -e raw_syscalls:sys_exit \
	-e syscalls:sys_enter_openat "${strings[@]}" -- \
	sh -c 'ls / >/dev/null; sleep 0.2; exec ls /etc >/dev/null'
for trace in first second; do
	collect -q -o "$TMP/$trace.pb" --flush-interval 5ms -g -e raw_syscalls:sys_enter \
		-e raw_syscalls:sys_exit -- sh -c 'for i in 1 2; do id; sleep 0.02; done >/dev/null'
done
collect -q -o "$TMP/part.pb" --rotate time=100ms --flush-interval 20ms -e raw_syscalls:sys_enter -- \
	sh -c 'for i in 1 2 3 4; do id; sleep 0.05; done >/dev/null'

$python tests/native/python_package.py "$TMP" 2>"$TMP/err" || fail "$(cat "$TMP/err")"
$python tests/native/python_package.py --plain "$TMP" 2>"$TMP/err" ||
	fail "without numpy: $(cat "$TMP/err")"

# From a copy, because building leaves files there.
mkdir -p "$TMP/tree/tools"
cp -r proto "$TMP/tree"
cp -r tools/python "$TMP/tree/tools"
$python -m pip install -q --no-index --no-build-isolation --no-deps --root-user-action=ignore \
	--target "$TMP/site" "$TMP/tree/tools/python"
[ -s "$TMP/site/kprobex/kprobex.desc" ] || fail "the schema isn't installed"
# A source distribution is enough, without protoc and without the rest of the tree.
(cd "$TMP/tree/tools/python" && $python setup.py -q sdist -d "$TMP/dist" 2> "$TMP/err") ||
	fail "no source distribution: $(cat "$TMP/err")"
rm -r "$TMP/tree"
mkdir "$TMP/without"
printf '#!/bin/sh\nexit 1\n' > "$TMP/without/protoc"
chmod +x "$TMP/without/protoc"
PATH=$TMP/without:$PATH $python -m pip install -q --no-index --no-build-isolation --no-deps \
	--root-user-action=ignore --target "$TMP/from" "$TMP"/dist/kprobex-*.tar.gz
cmp "$TMP/site/kprobex/kprobex.desc" "$TMP/from/kprobex/kprobex.desc" ||
	fail "what is installed from a source distribution has another schema"
tar xOf "$TMP"/dist/kprobex-*.tar.gz --wildcards '*/kprobex.proto' | cmp - proto/kprobex.proto ||
	fail "a source distribution has another schema"
# One of that is the same again.
mkdir "$TMP/unpacked"
tar xf "$TMP"/dist/kprobex-*.tar.gz -C "$TMP/unpacked" --strip-components=1
(cd "$TMP/unpacked" && PATH=$TMP/without:$PATH $python setup.py -q sdist -d "$TMP/dist2" 2> "$TMP/err") ||
	fail "no source distribution of one: $(cat "$TMP/err")"
assert_eq "$(tar tf "$TMP"/dist2/*.tar.gz | sort)" "$(tar tf "$TMP"/dist/*.tar.gz | sort)" \
	"files of a source distribution of one"
readme=$PWD/tools/python/README.md
cd "$TMP"
sh -c "$(sed -n 's/^collect /collect -q /p' "$readme")"
PYTHONPATH=$TMP/site $python -m doctest "$readme"
PYTHONPATH=$TMP/site $python -c 'import kprobex.crc32c, doctest, sys
sys.exit(doctest.testmod(kprobex.crc32c).failed or not kprobex.__file__.startswith(sys.argv[1]))' "$TMP"
PYTHONPATH=$TMP/site $python -m kprobex trace.pb | cmp - <(collect dump trace.pb)
PYTHONPATH=$TMP/from $python -m kprobex trace.pb | cmp - <(collect dump trace.pb)
