#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command in the EXAMPLES of kprobex(4), run as it stands there, and the
# parameters, terms, columns and names that the page has, held to the module's.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
page=$here/kernel/kprobex.4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# section NAME: the page's source between that heading and the next
section() {
	awk -v name="$1" '/^\.Sh /{ inside = $0 == ".Sh " name; next } inside' "$page"
}

# same WHAT WANT: both have the same words
same() {
	if [ "$2" != "$3" ]; then
		printf '%s: the module has\n  %s\nand the page\n  %s\n' "$1" "$2" "$3" >&2
		exit 1
	fi
}

words() {
	grep -oE '[^ ]+' | LC_ALL=C sort | tr '\n' ' '
}

pmu=/sys/bus/event_source/devices/kprobex
# shellcheck disable=SC2012 # names without surprises
same parameters "$(ls /sys/module/kprobex/parameters | words)" \
	"$(section DESCRIPTION | sed -n 's/^\.It Va //p' | words)"
same terms "$(cd "$pmu/format" && grep -H . -- * | sed 's/:config:/ /; s/-/ /' | words)" \
	"$(section 'THE PMU' | sed -n 's/^\.It \([a-z_]*\) Ta \([0-9]*\)\\(en\([0-9]*\) Ta .*/\1 \2 \3/p
		s/^\.It \([a-z_]*\) Ta \([0-9]*\) Ta .*/\1 \2/p' | words)"
same columns "$(head -n 1 /sys/kernel/debug/kprobex/stats | tr -d '#' | words)" \
	"$(section STATISTICS | sed -n 's/^\.It //p' | tr -d ',' | words)"
test -e "$pmu/events/vfs_write-ns" -a -e "$pmu/events/vfs_write-missed"

section EXAMPLES | awk '/^\.Bd -literal/ { inside = 1; next } /^\.Ed/ { inside = 0 } inside' |
	sed 's/\\e/\\/g; s/\\&//g' > "$dir/commands"
[ "$(grep -c . "$dir/commands")" -ge 20 ]
export PATH="$here/build:$PATH"
ln -s "$here/kernel" "$dir/kernel"
cd "$dir"
bash -euxo pipefail "$dir/commands"
