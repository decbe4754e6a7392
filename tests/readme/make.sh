#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The README's make commands. `make test` is what runs this, and it has run `make
# check`; the rest are run here, and `make run` must leave a trace that reads whole.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
tests/readme/blocks make | while IFS= read -r line; do
	line=${line%%#*}
	case $line in
	"" | "make test"* | "make check"*) continue ;;
	make\ *) ;;
	*)
		echo "not a make command: $line" >&2
		exit 1
		;;
	esac
	echo "+ $line"
	bash -euo pipefail -c "$line" < /dev/null
done
build/collect dump trace.pb | grep -q ' vfs_write: .*count='
