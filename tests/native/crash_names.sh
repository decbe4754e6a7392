#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every struct member, enumerator and variable that tools/crash-kprobex.gdb names
# is there, in each kprobex.ko that is built: crash itself needs a vmlinux with
# debug information and a dump. No memory is read: gdb is asked for the types.
# And every mechanism is known there, and to tools/drgn-kprobex.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
script=tools/crash-kprobex.gdb
command -v gdb >/dev/null || { echo "gdb isn't installed"; exit 77; }

cat >"$work/names.py" <<'END'
# A variable has no type before what sets it was understood, which may stand
# further down: so again and again, for as long as that brings anything.
import re

def value(line):
    """What a line of the script works out, and the variable that it sets."""
    patterns = (r"set \$(\w+) = (.+)", r"()(?:if|while|output) (.+)",
                r'()printf "(?:[^"\\]|\\.)*", (.+)')
    for pattern in patterns:
        found = re.fullmatch(pattern, line)
        if found:
            return found.groups()
    if line in ("end", "else") or line in commands or re.fullmatch(r'printf "[^"]*"', line):
        return None
    raise gdb.GdbError("line %d: what is '%s'?" % (number, line))

def kind(expression):
    return gdb.execute("whatis (%s)" % expression, to_string=True).split(" = ", 1)[1].strip()

def is_there(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        return None

# a kernel without fprobes has a pointer to one, that is never followed
absent = [] if is_there("struct kpx_fprobe") else ["->fprobe->"]
commands, todo = set(), []
for number, line in enumerate(map(str.strip, open(path)), 1):
    if line.startswith("define "):
        commands.add(line.split()[1])
    elif line and not line.startswith("#"):
        one = value(line)
        if one and not any(part in line for part in absent):
            todo.append((number, *one))
count, errors = len(todo), {0: None}
while errors:
    before, errors = errors, {}
    for number, name, expression in todo:
        try:
            found = kind(expression)
            if name:
                gdb.execute("set $%s = (%s)0" % (name, found))
        except gdb.error as error:
            errors[number] = "line %d: %s: %s" % (number, expression, error)
    if errors.keys() == before.keys():
        raise gdb.GdbError("\n".join(errors.values()))
print("%d expressions" % count)
END

# names KO SCRIPT: gdb's exit status doesn't say whether it was happy
names() {
	gdb -nx -batch -ex "python path = '$2'" -x "$work/names.py" "$1" >"$work/out" 2>&1 </dev/null
	grep -qE '^[1-9][0-9]+ expressions$' "$work/out"
}

count=0
for ko in build/kernel/*/kprobex.ko; do
	[ -e "$ko" ] && readelf -SW "$ko" | grep -q '\.debug_info' || continue
	names "$ko" "$script" || { echo "$script with $ko:"; cat "$work/out"; exit 1; }
	for kind in $(gdb -nx -batch -ex 'ptype enum kpx_mech_kind' "$ko" | grep -o 'KPX_MECH_[A-Z0-9]*'); do
		name=${kind#KPX_MECH_}
		grep -q "== $kind\$" "$script" && grep -q "\"${name,,}\"" tools/drgn-kprobex ||
			{ echo "$kind of $ko is unknown to a script"; exit 1; }
	done
	any=$ko
	count=$((count + 1))
done
[ $count -gt 0 ] || { echo "no kprobex.ko with debug information is built (make modules)"; exit 77; }

# … and one that isn't there is found
for change in s/is_armed/is_charmed/ s/rp.nmissed/rp.missed/ s/KPX_RECURSION/KPX_CURSE/ \
	s/nr_cpu_ids/nr_cpus/ 's/(struct kpx_class /(struct kpx_glass /'; do
	sed "$change" "$script" >"$work/changed.gdb"
	! names "$any" "$work/changed.gdb" || { echo "$change went unnoticed"; exit 1; }
done
