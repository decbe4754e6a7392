#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: mixed.sh BIN WORK READS COMPILES PINGS
#
# The mixed load, of a fixed amount of work: reads all of the folder WORK/files
# READS times, compiles WORK/unit.c COMPILES times and plays ping-pong through
# pipes PINGS times, all three at once.

set -eu
bin=$1 work=$2 reads=$3 compiles=$4 pings=$5

read_files() {
	i=0
	while [ $i -lt "$reads" ]; do
		find "$work/files" -type f -exec cat {} + >/dev/null
		i=$((i + 1))
	done
}

compile() {
	i=0
	while [ $i -lt "$compiles" ]; do
		gcc -O1 -c -o "$work/unit.o" "$work/unit.c"
		i=$((i + 1))
	done
}

read_files &
one=$!
compile &
other=$!
"$bin/pingpong" "$pings"
wait $one
wait $other
