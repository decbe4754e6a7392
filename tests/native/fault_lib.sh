# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests that make something fail: recordings of system calls that carry
# their number, and what must be true of a trace of them.
. tests/native/lib.sh
need_recording

NUMBERED=build/tests/native/numbered
[ -x "$NUMBERED" ] || skip "$NUMBERED isn't built (make tests)"
export EVENT=raw_syscalls:sys_enter
protoc --proto_path=proto --python_out="$TMP" proto/kprobex.proto

# The same again with KPX_SEED.
SEED=${KPX_SEED:-$((RANDOM << 15 | RANDOM))}
RANDOM=$SEED
echo "KPX_SEED=$SEED"

export drawn=0
draw() { # LOW HIGH: $drawn is one of those (not in a subshell: it'd repeat)
	drawn=$(($1 + (RANDOM << 15 | RANDOM) % ($2 - $1 + 1)))
}

over() { # STATE: waits for the end of who does those calls
	flock -w 60 "$1" true || fail "numbered still runs"
}

# shellcheck disable=SC2034 # it is for the tests
lines=0 events=0 missing=0 gaps=0 tail=0 calls=0
# shellcheck disable=SC2034
whole=0 tail_bytes=0 rows=0 chunks_lost=0

# look STATUS FILE STATE [OPTION]…: dump ends with that status, no call in it is
# a wrong one, and it has all that is in whole packets. Sets what numbered check
# prints, and whole, tail_bytes, rows and chunks_lost, as packets.py does.
look() {
	want=$1 file=$2 state=$3
	shift 3
	got=0
	timeout 60 collect dump "$file" > "$TMP/dump" 2> "$TMP/dump.err" || got=$?
	[ "$got" = "$want" ] ||
		fail "dump of $file: exit status $got, want $want: $(cat "$TMP/dump.err")"
	summary=$("$NUMBERED" check "$@" "$state" < "$TMP/dump") || fail "a wrong event in $file"
	eval "$summary"
	summary=$(/usr/bin/python3 tests/native/packets.py "$TMP" "$file")
	eval "$summary"
	assert_eq "$lines" "$rows" "rows of $file, of those in whole chunks"
}

# repaired STATUS FILE: that was looked at. verify and repair say the same, and what
# repair makes of it is whole and has the same rows.
repaired() {
	got=0
	timeout 60 collect verify "$2" > "$TMP/verify" 2>&1 || got=$?
	[ "$got" = "$1" ] || fail "verify of $2: exit status $got, want $1: $(cat "$TMP/verify")"
	[ "$1" = 0 ] || grep -q 'cut' "$TMP/verify" || fail "not cut: $(cat "$TMP/verify")"
	got=0
	timeout 60 collect repair "$2" -o "$TMP/repaired.pb" > "$TMP/verify" 2>&1 || got=$?
	[ "$got" = "$1" ] || fail "repair of $2: exit status $got, want $1: $(cat "$TMP/verify")"
	collect verify "$TMP/repaired.pb" > "$TMP/verify" 2>&1 ||
		fail "$2 isn't whole when repaired: $(cat "$TMP/verify")"
	collect dump "$TMP/repaired.pb" | cmp -s - "$TMP/dump" || fail "$2 has other rows when repaired"
}

# balanced FILE: its book closes, and has as many losses as calls are missing.
# SLACK: the process did so many other calls at most, when it began and ended.
balanced() {
	slack=${2:-0}
	lost=$(number lost "$1")
	if [ "$lost" -lt $((missing + tail)) ] || [ "$lost" -gt $((missing + tail + slack)) ]; then
		collect report "$1" | head -n 8 >&2
		fail "$1: $missing calls are missing in $gaps gaps, and $tail behind, but $lost were lost"
	fi
	assert_eq "$(number unexplained "$1")" 0 "unexplained in $1"
	assert_eq "$(number delivered "$1")" "$lines" "delivered, of the rows in $1"
}
