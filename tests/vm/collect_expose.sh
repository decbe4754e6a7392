#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions as events of perf by name: a hundred at random, what they count, who else
# sees the names, and how they go.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
names=$TMP/names

exposed() { # how many names there are
	collect expose --list | grep -c . || :
}

assert_fails "which functions?" collect expose
assert_fails "exclude each other" collect expose --all 'vfs_*'
assert_fails "no such function in the running kernel: no_such_thing" collect expose no_such_thing
assert_fails "no function of the running kernel matches no_such_" collect expose 'no_such_*'
blacklisted=$(collect list --json '*' | sed -n 's/.*"name":"\([a-z_0-9]*\)",.*"probing":"none".*/\1/p' | head -n 1)
[ -n "$blacklisted" ] || fail "no function is blacklisted"
assert_fails "$blacklisted can't be probed: it's on the kernel's blacklist" collect expose "$blacklisted"

# All there are, and back.
collect expose --all > "$TMP/all"
at_exit 'collect expose --hide --all > /dev/null'
assert_grep '^ *[0-9]{5} names added' "$TMP/all"
assert_grep 'left out: they share their names' "$TMP/all"
assert_grep 'perf reads all whenever it starts' "$TMP/all"
collect expose --list | sed -E 's/^([^ ]+) +p:[^ ]+ (.*:)?/\1 /' > "$names" # NAME FUNCTION
assert_eq "$(wc -l < "$names")" "$(sed -n 's/^ *\([0-9]*\) names added.*/\1/p' "$TMP/all")" "names"
collect probe list > "$TMP/probes"
assert_between "$(wc -l < "$TMP/probes")" 1 20 "probes that aren't aliases"
assert_grep "^ *$(wc -l < "$names") names taken back" <(collect expose --hide --all)
assert_eq "$(exposed)" 0 "names that stayed"

# A hundred of them, each an event of perf's.
seed=$RANDOM
echo "seed $seed"
shuf -n 100 --random-source=<(openssl enc -aes-128-ctr -pass "pass:$seed" -nosalt -pbkdf2 < /dev/zero 2> /dev/null) \
	"$names" > "$TMP/hundred"
cut -d ' ' -f 2 "$TMP/hundred" | xargs collect expose > /dev/null
assert_eq "$(exposed)" 100 "names of a hundred"
cut -d ' ' -f 1 "$TMP/hundred" | split -l 25 - "$TMP/part."
for part in "$TMP"/part.*; do
	mapfile -t events < <(sed 's|.*|-ekprobex/&/|' "$part")
	perf record -q -o "$TMP/perf.data" "${events[@]}" -- ls -l /etc /sys/kernel > /dev/null 2> "$TMP/err" ||
		fail "perf record ${events[*]}: $(cat "$TMP/err")"
	perf evlist -i "$TMP/perf.data" > "$TMP/evlist"
	while read -r name; do
		assert_grep "kprobex/$name/" "$TMP/evlist"
	done < "$part"
done
collect expose --hide '*' > /dev/null

# What one counts is what there was, and each is one of perf list's.
collect expose ksys_write > "$TMP/one"
assert_grep '^ *1 name added: perf record -e kprobex/NAME/' "$TMP/one"
assert_grep '^ *1 was there already' <(collect expose ksys_write)
dd=(dd if=/dev/zero "of=$TMP/file" bs=777 count=50 status=none)
assert_eq "$(count kprobex/ksys_write/ "${dd[@]}")" 50 "calls"
perf record -q -o "$TMP/perf.data" -e kprobex/ksys_write/ -- "${dd[@]}"
assert_eq "$(perf script -i "$TMP/perf.data" -F event | grep -c ksys_write)" 50 "samples"
perf list > "$TMP/list"
assert_grep 'kprobex/ksys_write/' "$TMP/list"
assert_grep '"name":"ksys_write","definition":"p:ksys_write ksys_write"' <(collect expose --list --json)

# collect records the arguments as if nobody had exposed it, and no alias by itself.
collect -q -o "$TMP/n.pb" -e kprobex/ksys_write/ -- "${dd[@]}"
assert_eq "$(collect dump "$TMP/n.pb" | grep -c 'ksys_write: fd=1 buf=0x[0-9a-f]* count=777$')" 50 "with arguments"
collect -q -o "$TMP/n.pb" -- "${dd[@]}"
collect report --json "$TMP/n.pb" > "$TMP/json"
! grep -q "\"ksys_write\"" "$TMP/json" || fail "an alias was recorded"

# One that is in use stays; a probe takes the place of one that isn't.
mkfifo "$TMP/end"
perf stat -e kprobex/ksys_write/ -- cat "$TMP/end" 2> /dev/null &
perf=$!
for _ in $(seq 1000); do
	collect probe show --json ksys_write | grep -q '"events":0,' || break
	sleep 0.05
done
assert_fails "the probe ksys_write is in use" collect expose --hide ksys_write
: > "$TMP/end"
wait $perf
collect probe add 'p:ksys_write ksys_write count'
assert_eq "$(exposed)" 0 "the name that a probe has now"
collect probe del ksys_write
