#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command of the README that needs the module, run as it stands there.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cd "$here"
tests/readme/blocks vm > "$dir/commands"
export PATH="$here/build:$PATH"
cd "$dir"
bash -euxo pipefail "$dir/commands"
