#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command of the README that needs no VM, run as it stands there, but in a
# folder of its own for /tmp: an earlier run's parts and dumps would be counted on.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cd "$here"
# What writes to head is to end well, as without pipefail it would seem to.
{
	echo 'head() { command head "$@" && cat > /dev/null; }'
	tests/readme/blocks host | sed "s,/tmp/,$dir/,g"
} > "$dir/commands"
export PATH="$here/build:$PATH"
bash -euxo pipefail "$dir/commands"
