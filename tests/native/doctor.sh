#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect doctor on this machine, as root and as nobody: words, columns, JSON, exit
# status. (Made-up machines are in tests/unit/test_doctor.c.)
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

[ "$(id -u)" = 0 ] || skip "needs root"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# where nobody may read it
install -m 755 build/collect "$TMP/collect"
chmod 755 "$TMP"

# examine COMMAND…: as text and as JSON; both say the same
examine() {
	text=0
	"$@" doctor > "$TMP/text" 2> "$TMP/err" || text=$?
	json=0
	"$@" doctor --json > "$TMP/json" 2>> "$TMP/err" || json=$?
	[ ! -s "$TMP/err" ] || fail "it says $(cat "$TMP/err")"
	assert_eq "$json" "$text" "exit status with --json"
	/usr/bin/python3 - "$TMP/text" "$TMP/json" "$text" <<-'END' || fail "$*"
	import json, re, sys
	text = open(sys.argv[1]).read()
	doctor = json.load(open(sys.argv[2]))
	states = {"ok": 0, "warning": 0, "problem": 0}
	for check in doctor["checks"]:
	    states[check["state"]] += 1
	    line = "  %-7s  %-25s %s\n" % (check["state"], check["name"], check["found"])
	    assert line in text, line
	    assert "\n" + check["group"] + "\n" in "\n" + text, check["group"]
	    assert check["state"] == "ok" or check["meaning"], check
	    if "mend" in check:
	        assert "           mend: %s\n" % check["mend"] in text, check
	assert doctor["problems"] == states["problem"], states
	assert doctor["warnings"] == states["warning"], states
	assert int(sys.argv[3]) == (states["problem"] > 0), sys.argv[3]
	def number(n, none, what):
	    return "%s %s%s" % (n or none, what, "" if n == 1 else "s")
	last = text.splitlines()[-1]
	assert last.startswith(number(states["problem"], "No", "problem") + ", " +
	                       number(states["warning"], "no", "warning") + ": "), last
	assert not re.search("[^\n -~]", text), "more than printable ASCII"
	lines = text.splitlines()
	meanings = [l for l in lines if l.startswith(" " * 11) and "mend: " not in l]
	assert all(len(l) <= 86 for l in meanings), "long lines"
	END
}

state() { # NAME: "STATE FOUND"
	/usr/bin/python3 -c '
import json, sys
for check in json.load(open(sys.argv[1]))["checks"]:
    if check["name"] == sys.argv[2]:
        print(check["state"], check["found"])' "$TMP/json" "$1"
}

examine "$TMP/collect"
assert_eq "$(state kernel | cut -d' ' -f3-)" "$(uname -r) $(uname -m)" "the kernel"
assert_eq "$(state perf_event_paranoid | cut -d' ' -f2)" "$(cat /proc/sys/kernel/perf_event_paranoid)" \
	"perf_event_paranoid"
case $(state perf_event_open) in
"ok "* | "problem "*) ;;
*) fail "nothing is said of perf_event_open" ;;
esac
if [ ! -e /sys/bus/event_source/devices/kprobex ]; then
	case $(state kprobex) in
	"problem not loaded") ;;
	*) fail "kprobex: $(state kprobex)" ;;
	esac
	grep -qE '^  ftrace +not measured: it takes the module, and permission$' "$TMP/text" ||
		fail "costs without a module"
	grep -qF '"ftrace": {"why_not":"it takes the module, and permission"}' "$TMP/json" ||
		fail "costs without a module, in JSON"
fi

examine "${nobody[@]}" "$TMP/collect"
assert_eq "$text" 1 "exit status of nobody's"
assert_eq "$(state capabilities)" "problem none that helps" "nobody's capabilities"
assert_eq "$(state perf_event_open)" "" "what nobody needn't try"
grep -q 'mend: .*collect' "$TMP/text" || fail "nobody isn't told how to become somebody"

# Root of a user namespace is nobody, too.
if unshare -Ur true 2> /dev/null; then
	examine unshare -Ur "$TMP/collect"
	assert_eq "$(state capabilities)" "problem only in a user namespace" "capabilities in a namespace"
fi

# On a terminal with colours, elsewhere, with NO_COLOR and on a dumb one without.
escape=$(printf '\033')
export TERM=xterm
script -qec "$TMP/collect doctor" /dev/null > "$TMP/tty" < /dev/null || :
grep -qF "${escape}[32mok     ${escape}[0m" "$TMP/tty" || fail "no colours on a terminal"
NO_COLOR=1 script -qec "$TMP/collect doctor" /dev/null > "$TMP/tty" < /dev/null || :
! grep -qF "$escape" "$TMP/tty" || fail "colours in spite of NO_COLOR"
TERM=dumb script -qec "$TMP/collect doctor" /dev/null > "$TMP/tty" < /dev/null || :
! grep -qF "$escape" "$TMP/tty" || fail "colours on a dumb terminal"

status 2 collect doctor everything
says "what is 'everything'? It takes no words"
status 2 collect doctor --cure
says "unknown option --cure"
# A full disk isn't a healthy machine.
status 1 bash -c 'collect doctor > /dev/full'
