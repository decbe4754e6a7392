#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Defaults of options: from the system's file, the user's and one that is named; the
# command line wins; mistakes are told with their place; nobody's file is read for
# somebody else.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

unset KPROBEX_CONFIG
export XDG_CONFIG_HOME=$TMP/home/.config
user=$XDG_CONFIG_HOME/kprobex/collect.conf
mkdir -p "${user%/*}" "$TMP/etc/kprobex"
# In $TMP/etc the system's: collect has its name built in.
inside() { # COMMAND…: with that
	unshare -m sh -c 'mkdir -p "$0/up" "$0/work" &&
		mount -t tmpfs tmpfs "$0/up" && mkdir "$0/up/up" "$0/up/work" &&
		mkdir "$0/up/up/kprobex" && cp "$0"/etc/kprobex/* "$0/up/up/kprobex/" &&
		mount -t overlay -o "lowerdir=/etc,upperdir=$0/up/up,workdir=$0/up/work" overlay /etc &&
		exec "$@"' "$TMP" "$@"
}

trace=$PWD/tests/golden/varint.pb
conf() { # TEXT: as the user's
	printf '%s\n' "$1" >"$user"
}

# report prints JSON if it was told to.
is_json() {
	[ "$(head -c 1 "$TMP/out")" = '{' ]
}

conf '[report]
json'
status 0 collect report "$trace"
is_json || fail "the user's file isn't read"
status 0 collect --config none report "$trace"
is_json && fail "--config none reads it"
KPROBEX_CONFIG=none status 0 collect report "$trace"
is_json && fail "KPROBEX_CONFIG=none reads it"
status 0 collect verify "$trace"
is_json && fail "verify takes what is of report"

# The command line, and the later file, win.
conf '[dump]
event = a
event = b'
status 1 collect dump "$trace"
says "'a'"
status 0 collect dump --event '*' "$trace"
status 0 collect dump --ev='*' "$trace"
cp "$user" "$TMP/named.conf"
conf '[dump]
event = *'
status 1 collect --config "$TMP/named.conf" dump "$trace"
says "'a'"
KPROBEX_CONFIG=$TMP/named.conf status 1 collect dump "$trace"
says "'a'"
KPROBEX_CONFIG=$TMP/named.conf status 0 collect --config="$user" dump "$trace"

if [ "$(id -u)" = 0 ] && inside true 2>/dev/null; then
	printf '[report]\njson = yes\n[dump]\nevent = a\n' >"$TMP/etc/kprobex/collect.conf"
	rm "$user"
	status 0 inside collect report "$trace"
	is_json || fail "the system's file isn't read"
	conf '[report]
json = no
[dump]
event = *'
	status 0 inside collect report "$trace"
	is_json && fail "the user's file doesn't win"
	status 0 inside collect dump "$trace"
	status 0 inside collect --config "$user" report "$trace"
	inside collect -h | grep -qx '  /etc/kprobex/collect.conf' || fail "-h: no system's file"
	inside collect -h | grep -qxF "  $user" || fail "-h: no user's file"
	inside mount | grep -q ' /etc ' || fail "the overlay isn't there"
fi

# wrong TEXT MESSAGE VERB…: for FILE in MESSAGE it has the file's name.
wrong() {
	conf "$1"
	local message=${2//FILE/$user}
	shift 2
	status 2 collect "$@"
	says "$message"
	[ ! -s "$TMP/out" ] || fail "printed: $(cat "$TMP/out")"
}
wrong '[report]

jsn' "collect: FILE:3: collect report has no option 'jsn'" report "$trace"
wrong '[report]
help' "FILE:2: collect report has no option 'help'" report "$trace"
wrong '[no]
a' "FILE:2: there is no verb 'no'" report "$trace"
wrong '[report]
json = 1' "FILE:2: json is yes or no, not '1'" report "$trace"
wrong '[dump]
cpu' "FILE:2: cpu takes a value: cpu = LIST" dump "$trace"
wrong 'cpu = 1' "FILE:1: of which verb?" dump "$trace"
# What only the verb knows to be wrong.
wrong '[dump]
errno
cpu = x' "collect dump: --cpu=x is from FILE:3" dump "$trace"
wrong '[record]
freq = 99' "collect record: --freq=99 is from FILE:2" -c 1 -o "$TMP/x.pb" -- true
conf '[record]
ring-size = 32Q'
status 2 collect -o "$TMP/x.pb" -- true
says "-m takes a size"
says "--ring-size=32Q is from $user:2"
status 0 collect record --help
status 2 collect dump "$trace" no-such
grep -q ' is from ' "$TMP/err" && fail "blamed: $(cat "$TMP/err")"

status 2 collect --config
status 2 collect --config= report "$trace"
status 2 collect --config "$TMP/no-such" report "$trace"
says "$TMP/no-such: No such file or directory"
status 2 collect --config "$TMP" report "$trace"

# As root, what belongs to another user isn't read: sudo may keep his HOME. Nor what
# anybody can write to.
conf '[report]
json'
chmod 666 "$user"
status 0 collect report "$trace"
is_json && fail "a file that anybody may write to is read"
says "$user isn't read: others may write to it"
if [ "$(id -u)" = 0 ]; then
	chmod 644 "$user"
	chown 65534 "$user"
	status 0 collect report "$trace"
	is_json && fail "another user's file is read"
	says "$user isn't read: it belongs to another user"
	KPROBEX_CONFIG=$user status 2 collect report "$trace"
	says "isn't read"
	status 0 collect --config "$user" report "$trace"
	is_json || fail "--config isn't believed"
fi

# An option that stands in a file is recorded with the command line.
conf '[record]
event = raw_syscalls:sys_enter
quiet'
chown "$(id -u)" "$user"
need_recording
status 0 collect -o "$TMP/t.pb" -- true
[ ! -s "$TMP/err" ] || fail "not quiet: $(cat "$TMP/err")"
collect report "$TMP/t.pb" | grep -q '^command line: collect --event=raw_syscalls:sys_enter --quiet -o ' ||
	fail "$(collect report "$TMP/t.pb" | head -n 3)"
