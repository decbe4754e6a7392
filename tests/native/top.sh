#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect top in a terminal: it draws, follows the terminal's size, sorts by key, and
# leaves the terminal as it was, however it ends; and without one it prints text.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
command -v tmux > /dev/null || skip "tmux isn't installed"

export LC_ALL=C
SOCKET=$TMP/tmux
tmux() { command tmux -S "$SOCKET" -f /dev/null "$@"; }

# Something happens all the time, and more often than what else the machine does: the
# screen has place for twenty programs.
(while :; do "$CALLS" 1000; sleep 0.02; done) > /dev/null 2>&1 &
LOAD=$!
ended=0
end_all() {
	kill $LOAD 2> /dev/null
	command tmux -S "$SOCKET" kill-server 2> /dev/null
}
trap 'ended=$?; set +e; end_all; (exit $ended); cleanup' EXIT

PATH=$PWD/build:$PATH tmux new-session -d -x 100 -y 24 "env PS1='ready> ' sh"
screen() { tmux capture-pane -p; }
# shellcheck disable=SC2317 # by until_true
shows() { screen | grep -qE -- "$1"; }
keys() { tmux send-keys "$@"; }
line() { screen | sed -n "$1p"; }
runs=0
run() { # WHAT: typed at the prompt, on a screen that is empty
	runs=$((runs + 1))
	keys 'clear; stty -g > '"$TMP/before; $1"'; echo "status of '$runs': $?"; stty -g > '"$TMP/after" Enter
}
# shellcheck disable=SC2317
draws() { # what it shows, not what is left of the one before
	[ "$(tmux display -p '#{alternate_on}')" = 1 ] && shows "$1"
}

# What there is after the end, whatever that was.
restored() { # STATUS
	until_true 20 shows "status of $runs: $1\$"
	assert_eq "$(tmux display -p '#{alternate_on} #{cursor_flag}')" "0 1" "the terminal's state"
	until_true 20 test -s "$TMP/after"
	diff "$TMP/before" "$TMP/after" || fail "stty differs"
	rm "$TMP/after"
}

top="collect top -e raw_syscalls:sys_enter --by comm -I 0.2"
pid() { pgrep -P "$(tmux display -p '#{pane_pid}')" -f '^collect top '; } # not somebody else's

until_true 20 shows 'ready>'
run "$top"
until_true 20 draws '^ *[0-9,]+  .*calls$'
assert_eq "$(tmux display -p '#{alternate_on} #{cursor_flag}')" "1 0" "the terminal's state meanwhile"
line 1 | grep -qE '^events: [0-9,]+ events in [0-9.]+m?s; [0-9,]+ lost; by rate$' || fail "title: $(line 1)"
line 3 | grep -qE '^ *COUNT +/S  PROGRAM$' || fail "headings: $(line 3)"
line 24 | grep -qE '^q quit  sort: ' || fail "keys: $(line 24)"

# It goes on.
before=$(line 1)
# shellcheck disable=SC2317
changed() { [ "$(line 1)" != "$before" ]; }
until_true 20 changed

# Another size: what is drawn is of that.
tmux resize-window -x 46 -y 12
# shellcheck disable=SC2317
fits() {
	[ "$(screen | wc -l)" = 12 ] && line 12 | grep -qE '^q quit' &&
		[ "$(screen | wc -L)" -le 46 ] && line 4 | grep -qE '^ *[0-9]'
}
until_true 20 fits
tmux resize-window -x 120 -y 30
# shellcheck disable=SC2317
fits() { line 30 | grep -qE '^q quit .* hold$'; }
until_true 20 fits

# Keys.
keys n
until_true 20 shows '; by name$'
programs=$(screen | sed -n '4,29p' | sed 's/^ *[0-9,]*  *[0-9.,]*  //' | sed '/^$/d')
assert_eq "$programs" "$(echo "$programs" | sort)" "programs by name"
keys n
until_true 20 shows '; by name, least first$'
keys c
until_true 20 shows '; by count$'
keys l # there are no times
sleep 0.3
shows '; by count$' || fail "it is sorted by times: $(line 1)"
keys Space
until_true 20 shows '^held;'
held=$(line 1)
sleep 0.7
assert_eq "$(line 1)" "$held" "the title while it is held"
keys Space
until_true 20 changed
count() { line 1 | sed 's/^events: \([0-9,]*\) .*/\1/; s/,//g'; }
most=$(count)
# shellcheck disable=SC2317
few() { [ "$(count)" -lt "$most" ]; }
keys z
until_true 20 few
keys q
restored 0
# The last picture stays.
shows '^events: .*; by count$' || fail "nothing is left: $(screen)"
shows '^ *[0-9,]+  .*calls$' || fail "no table is left: $(screen)"

# Ends of other kinds.
run "$top"
until_true 20 draws '^ *[0-9,]+  .*calls$'
keys C-c
restored 0
run "$top"
until_true 20 draws '^q quit'
kill -TERM "$(pid)"
restored 0
run "$top -n 2"
restored 0
run "$top --duration 0.5"
restored 0
# (a build under ASan says more, and ends in another way)
run "$top"
until_true 20 draws '^q quit'
kill -SEGV "$(pid)"
restored 139

run "$top"
until_true 20 draws '^q quit'
keys "C-\\"
restored 131

# What goes wrong is said on the terminal, not on the screen before it.
run "collect top -e nosuch:event -- true"
restored 1
shows '^collect top: no such tracepoint' || fail "no word of what is wrong: $(screen)"
no_threads=$PWD/build/tests/native/no_threads.so
[ -e "$no_threads" ] || skip "$no_threads isn't built (make tests)"
run "LD_PRELOAD=$no_threads $top"
restored 1
shows '^collect top: cannot begin a thread$' || fail "no word of threads: $(screen)"

# A command's output is kept for the end, and its status is the command's.
run "$top -- sh -c 'echo \"it said\" this; until [ -e $TMP/seen ]; do sleep 0.1; done; exit 7'"
until_true 20 draws '^q quit'
if shows 'it said this'; then fail "the command's output is on the screen: $(screen)"; fi
touch "$TMP/seen"
restored 7
shows '^it said this$' || fail "the command's output is gone: $(screen)"

# Of a terminal that isn't known there is text (of few rows: the screen is to show all).
run "TERM=no-such-terminal $top -n 1 --rows 3"
restored 0
shows '^events: .*; by rate$' || fail "no text: $(screen)"

# The terminal goes away.
run "$top"
until_true 20 draws '^q quit'
pid=$(pid)
# shellcheck disable=SC2317
gone() { ! kill -0 "$pid" 2> /dev/null; }
tmux kill-window
until_true 20 gone

# ---- without a terminal
status 0 collect top -n 2 -I 0.3 --rows 10000 -e raw_syscalls:sys_enter --by comm,pid
assert_eq "$(grep -c '^events: ' "$TMP/out")" 2 "pictures"
grep -qE '^ *[0-9,]+ .*  calls +calls \([0-9]+\)$' "$TMP/out" || fail "no row of calls: $(cat "$TMP/out")"
! grep -q $'\033' "$TMP/out" || fail "there are escape sequences"
status 0 collect top syscalls -n 1 -I 0.5 --rows 10000
grep -qE '^ *[0-9,]+ .* getppid +calls \([0-9]+\)$' "$TMP/out" || fail "no getppid: $(cat "$TMP/out")"
status 0 collect top syscalls -n 1 -I 0.5 --sort calls --rows 3
assert_eq "$(sed -n '/CALLS/,/more/p' "$TMP/out" | wc -l)" 5 "lines of --rows 3"
grep -q '^([0-9]* more: --rows)$' "$TMP/out" || fail "it doesn't say that there is more"
# Its reader goes away.
timeout 60 collect top -I 0.1 -e raw_syscalls:sys_enter --by comm 2> "$TMP/err" | head -n 1 > "$TMP/out"
assert_eq "${PIPESTATUS[0]}" 0 "the status without a reader"
# A command's own status, and what it writes, by its file; of which nothing is lost.
status 5 collect top writes -I 60 -- sh -c "dd if=/dev/zero of=$TMP/file bs=1000 count=50 status=none; sleep 0.5; exit 5"
if [ ! -d /sys/bus/event_source/devices/kprobex ]; then
	grep -q "^(kprobex isn't loaded (modprobe kprobex)" "$TMP/out" || fail "no word of the module: $(cat "$TMP/out")"
fi
grep -qE '^ *50 .* 50,000 .* dd \([0-9]+\) ' "$TMP/out" || fail "no row of dd: $(cat "$TMP/out")"
grep -q '^writes: .*; 0 lost; ' "$TMP/out" || fail "the title: $(head -n 1 "$TMP/out")"

# A file's name is a stranger's: none of its bytes reaches the terminal as it is.
name=$TMP/$'a\033[31m\nb'
status 0 collect top -I 60 --rows 1000 --by pid,file,fd -e syscalls:sys_enter_write,syscalls:sys_exit_write -- \
	/usr/bin/python3 -c 'import os, sys, time
f = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(f, b"hello")
time.sleep(1.5)' "$name"
grep -qF "$TMP/a\\x1b[31m\\x0ab" "$TMP/out" || fail "the name isn't there: $(cat "$TMP/out")"
! grep -q $'\033' "$TMP/out" || fail "there is an escape sequence: $(cat -v "$TMP/out")"

# ---- what is wrong
status 1 collect top -e raw_syscalls:sys_enter --by file
says "no event says which file it is about"
status 2 collect top nix
says "there is no 'nix' to look at"
status 2 collect top files -e raw_syscalls:sys_enter
says "files says which events"
status 2 collect top --sort nix
says "--sort takes count, rate,"
status 2 collect top -e raw_syscalls:sys_enter --sort latency
says "these events have no latency to sort by"
status 1 collect top -e raw_syscalls:sys_enter --by nix
says "no event has a field nix"
status 1 collect top -e raw_syscalls:sys_enter --sum nix
says "no event has a number nix"
status 2 collect top files true
says "A command goes after --"
status 127 collect top -- no-such-command
got=0
collect top syscalls -n 1 -I 0.2 > /dev/full 2> "$TMP/err" || got=$?
assert_eq $got 1 "the status of top > /dev/full"
says "cannot write to standard output"
status 1 collect top -e raw_syscalls:sys_enter --by comm,comm
says "comm is named twice"
