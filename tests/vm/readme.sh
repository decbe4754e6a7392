#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command of the README that needs the module, run as it stands there.
# On one kernel: debian-6.1.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cd "$here"
# What writes to head is to end well, as without pipefail it would seem to.
{
	echo 'head() { command head "$@" && cat > /dev/null; }'
	tests/readme/blocks vm
} > "$dir/commands"
export PATH="$here/build:$PATH"
cd "$dir"
bash -euxo pipefail "$dir/commands"
