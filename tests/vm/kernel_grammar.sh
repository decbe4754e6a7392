#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetch arguments of every kind and type, from /dev/kprobex to the record: of the
# same hit the stock event with the same definition shows the same text, and the
# values are what the probed functions were called with.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
. tests/vm/face.sh
STOCK=$TRACING/kprobe_events
[ -w "$STOCK" ] || skip "the kernel has no kprobe events"

# alone COMMAND NAME TARGET ARGUMENTS: ours, enabled
names=() alone=()
alone() {
	local line="$1:$2 $3 $4"
	printf '%s\n' "$line" > "$KPX_DEV" || fail "ours: $line: $(tail -3 "$KPX_DEBUGFS/error_log")"
	at_exit "echo -:$2 > $KPX_DEV"
	at_exit "echo 0 > $EVENTS/$2/enable"
	echo 1 > "$EVENTS/$2/enable"
	alone+=("$2")
}

# pair COMMAND NAME TARGET ARGUMENTS: and the stock event stock_NAME beside it. What
# stock events of some kernels don't know is called NAME_new.
pair() {
	alone "$@"
	if ! printf '%s\n' "$1:kpxtest/stock_$2 $3 ${4%% if *}" >> "$STOCK" 2> /dev/null; then
		case $2 in
		*_new) ;;
		*) fail "the stock event: $*: $(tail -3 "$TRACING/error_log")" ;;
		esac
		return
	fi
	unset 'alone[-1]'
	names+=("$2")
	at_exit "echo -:kpxtest/stock_$2 >> $STOCK"
	at_exit "echo 0 > $TRACING/events/kpxtest/stock_$2/enable"
	case $4 in
	*' if '*) echo "${4#* if }" > "$TRACING/events/kpxtest/stock_$2/filter" || fail "the stock filter: $4" ;;
	esac
	echo 1 > "$TRACING/events/kpxtest/stock_$2/enable"
}

# address SYMBOL [PLUS]: from kallsyms
address() { printf '0x%x' $((0x$(awk -v name="$1" '$3 == name { print $1 }' /proc/kallsyms) + ${2-0})); }
THING=kpx_targets:kpxt_thing

# numbers in memory, of all sizes; at negative offsets; through pointers
pair p numbers "$THING" 'a=+0(%di):u8 b=+1(%di):s8 c=+2(%di):u16 d=+4($arg1):s16 e=+8(%di):u32 f=+12(%di):s32 g=+16(%di):u64 h=+24(%di):s64 i=+0(%di):x8 j=+2(%di):x16 k=+8(%di):x32 l=+16(%di):x64 m=+0x10(%di) n=-52(%cx):s16 o=-32(%cx):s64'
pair p nested "$THING" 'a=+8(+120(%di)):u32 b=+8(+120(+120(%di))):u32 c=-44(+88(+120(%di))):x8 d=+0(+88(%di)):string e=+1(+88(+0x78(+120(%di)))):string'
pair p bits "$THING" 'a=+32(%di):b1@0/8 b=+32(%di):b4@0/32 c=+32(%di):b5@3/16 d=+32(%di):b12@20/32 e=+16(%di):b48@8/64 f=%r9:b8@4/32 g=$arg6:b3@61/64 h=+32(%di):b4@0/8[4]'
pair p arrays "$THING" 'a=+56(%di):u32[8] b=+0(%cx):x8[3] c=-20(%cx):s8[2] d=+0(%cx):u64[4] e=+2(%di):s16[2] f=+0x38(%di):u32[1]'
# strings: here, through a pointer, of an array of pointers, of none
pair p strings "$THING" 'a=+37(%di):string b=+0(%si):string c=+4($arg2):string d=+0(+0(%dx)):string e=+0(+0x10(%dx)):string f=+0(%dx):string[4] g=+0(+128(%di)):string h=$comm i=$comm:string'
pair p symbols "$THING" 'a=%r8:symbol b=+136(%di):symbol c=$stack0:symbol d=%r8'
# (of two names the stock event shows the first without its end)
pair p symbols_new "$THING" 'a=%r8:symstr c=+36(%di):char d=+37(%di):char[4]'
pair p pointer_new "$THING" 'a=%di:x64 b=+136(%di):symstr'
alone p names_new "$THING" 'a=%r8:symstr b=+136(%di):symstr'
# memory by address and by symbol, constants
pair p memory "$THING" "a=@$(address kpxt_things):u8 b=@$(address kpxt_things 37):string c=+0(@$(address kpxt_things 88)):string d=@init_uts_ns:string e=@init_uts_ns+0x82:string f=@init_uts_ns-8:x64 g=@init_uts_ns-0x10:u32[4] h=@$(address system_state):u32"
pair p constants "$THING" 'a=\42 b=\-3:s32 c=\0xffff:u8 d=\0x1234:x16 e=\-1:x64 f=\"text" g=\"x":string'
# registers; the words above 6 and the stack
pair p registers kpx_targets:kpxt_f3 '%di %si %dx %cx %r8 %r9 %ax %bx %bp %sp %r10 %r11 %r12 %r13 %r14 %r15 %orig_ax %cs %ss %flags'
alone p place kpx_targets:kpxt_f3 'ip=%ip'
pair p arguments kpx_targets:kpxt_f3 'a=$arg1 b=$arg2:u8 c=$arg3:s16 d=$arg4:x32 e=$arg5:u64 f=$arg6:s64 g=$arg7 h=$arg8'
pair p stack kpx_targets:kpxt_f3 'sp=$stack a=$stack0 b=$stack1 c=$stack2:x8 d=$stack9:s32 e=+0($stack) f=$stack0:symbol g=$stack2047 h=+8($stack):x64[3]'
# behind the entry a kprobe is a breakpoint or a jump
body=$(body kpx_targets:kpxt_f3)
pair p body "$body" '%di si=%si:u8 sp=$stack a=$stack0:symbol c=$comm %flags'
alone p body_place "$body" 'ip=%ip'
# returns
pair r ret kpx_targets:kpxt_f3 'a=$retval:u64 b=$retval:s8 c=%ax:x16 d=$comm e=$retval'
pair p ret2 'kpx_targets:kpxt_thing%return' '$retval a=$retval:b1@0/32 sp=$stack'
pair r ret_place kpx_targets:kpxt_f3 'ip=%ip'
pair r ret_new kpx_targets:kpxt_f3 'ret=$retval:u64 a=$arg1:u64 b=$arg2'
pair r thing_new "$THING" 'ret=$retval a=+8($arg1):u32 b=+0($arg2):string c=+0(+8($arg3)):string d=+0($arg3):string[4]'
# conditions, against the stock event's filter
pair p only_numbers kpx_targets:kpxt_f3 'a=$arg1:u64 b=$arg2:s32 c=$arg3:x8 if a == 3 || b < 0 && c & 4'
pair p only_strings "$THING" 'n=+37(%di):string m=+0(+0(%dx)):string if n ~ "*first*" && m != "vier"'
pair p only_none "$THING" 'n=+37(%di):string if n == "another"'
# as users write them
pair p vfs_read_di vfs_read+0 '%di +0x3c(%di):u32'
# (of a function of the kernel 6.12 knows the type if none is given)
pair r myret do_sys_openat2 '$retval:x64'
# memory of the user: the caller's path, and the words of a command
pair p paths do_sys_openat2 'a=+0($arg2):ustring b=+u0(%si):string c=+u0(%si):x8 d=+u1($arg2):u32 e=+0(%si):string'
pair p words __x64_sys_execve 'a=+0(+112(%di)):ustring b=+u0(+u8(+104(%di))):ustring c=+u0(+u0x10(+104(%di))):string d=+u0(+u24(+104(%di))):x64 e=+u0(+104(%di)):ustring[4]'

# (what was there before may be inside while one of two is enabled)
older=$(sh -c 'echo $$')
clear_trace
"$CALL" thing 1 0 0 0 0 0 0xf000000000000ab5
"$CALL" thing 1 1
"$CALL" f3 1 11 22 0xffff8001 44 55 0xffffffffffffffbe
"$CALL" f3 3 1 0xffffffffffffffff 4
"$CALL" f3 2 8 0xffffffff 5
: > "$TMP/a file"
bash -c 'read -r _ < "$1"; exec /bin/true one two three' - "$TMP/a file" || :
for name in "${names[@]}"; do
	echo 0 > "$EVENTS/$name/enable"
	echo 0 > "$TRACING/events/kpxtest/stock_$name/enable"
done
for name in "${alone[@]}"; do echo 0 > "$EVENTS/$name/enable"; done
cp "$TRACING/trace" "$TMP/trace"

# of NAME: what is behind the place, which a return shows in another way
of() {
	awk -v name="$1" -v older="$older" 'match($0, /-[0-9]+ +\[/) && substr($0, RSTART + 1) + 0 > older &&
		match($0, ": " name ": \\([^)]*\\)") { print substr($0, RSTART + RLENGTH) }' "$TMP/trace"
}

bad=0
for name in "${names[@]}"; do
	of "$name" > "$TMP/ours"
	of "stock_$name" > "$TMP/stock"
	case $name in
	vfs_read_di | myret | paths | words) least=2 ;;
	numbers | nested | bits | arrays | strings | symbols* | pointer* | memory | constants | ret2 | thing_new) least=2 ;;
	only_none) least=0 ;;
	only_strings) least=1 ;;
	only_numbers) least=4 ;;
	*) least=6 ;;
	esac
	[ "$(wc -l < "$TMP/ours")" -ge "$least" ] || fail "$name: $(wc -l < "$TMP/ours") hits"
	# of a user's page that isn't there the stock event's numbers are what was in
	# the ring before; ours are 0
	case $name in
	paths)
		! grep -E ' a=\(fault\).* c=0x0*[1-9a-f]' "$TMP/ours" || fail "a number that can't be read"
		sed -i '/ a=(fault)/s/ [cd]=[^ ]*//g' "$TMP/stock" "$TMP/ours"
		;;
	words) sed -i '/(fault)/s/ d=[^ ]*//' "$TMP/stock" "$TMP/ours" ;;
	esac
	diff -a "$TMP/stock" "$TMP/ours" || { echo "differs: $name"; bad=1; }
done
assert_eq "$bad" 0 "definitions with other values than the stock event's"
echo "${#names[@]} definitions as the stock event's; without one: ${alone[*]}"
[ "${#names[@]}" -ge 20 ] || fail "only ${names[*]} were compared"

# expect NAME LINE TEXT…: that line of NAME has these, as whole words
expect() {
	local name=$1 line
	line="$(of "$name" | sed -n "$2p") "
	shift 2
	for text; do
		case $line in
		*" $text "*) ;;
		*) fail "$name has no '$text':$line" ;;
		esac
	done
}
expect numbers 1 a=200 b=-100 c=60000 d=-30000 e=4000000000 f=-2000000000 g=18364758544493064720 h=-5 \
	i=0xc8 j=0xea60 k=0xee6b2800 l=0xfedcba9876543210 m=0xfedcba9876543210 n=-30000 o=-5
expect numbers 2 a=0 e=77 m=0x0
expect nested 1 a=77 b=4000000000 'd="zero"' 'e="ero"'
expect nested 2 a=4000000000 b=77 'd="vier"'
expect bits 1 a=1 b=15 c=29 d=3562 e=$((0xdcba98765432)) f=171 g=7 'h={15,14,13,14}'
expect arrays 1 'a={1,2,3,4,4294967295,6,7,8}' 'b={0x1,0x0,0x0}' 'd={8589934593,17179869187,30064771071,34359738375}' \
	'e={-5536,-30000}' 'f={1}'
expect strings 1 'a="the first thing"' 'b="the first thing"' 'c="first thing"' 'd="zero"' 'e="two"' \
	'f={"zero","one","two","three"}' 'g=(fault)' 'h="call"' 'i="call"'
expect strings 2 'a="the second one"' 'f={"vier",(fault),(fault),""}'
expect symbols 1 "d=$(address kpxt_f3)"
of symbols | head -1 | grep -qE ' a=kpxt_f3\+0x0/0x[0-9a-f]+( \[kpx_targets\])? b=kpxt_f3\+0x0/0x[0-9a-f]+( \[kpx_targets\])? c=(run|arch_rethook_trampoline)\+0x' ||
	fail "symbols: $(of symbols)"
expect symbols_new 1 "c='K'" "d={'t','h','e',' '}"
of names_new | head -1 | grep -qE ' a="kpxt_f3\+0x0/0x[0-9a-f]+ \[kpx_targets\]" b="kpxt_f3\+0x0/0x[0-9a-f]+ \[kpx_targets\]"$' ||
	fail "names_new: $(of names_new)"
expect memory 1 a=200 'b="the first thing"' 'c="zero"' 'd="Linux"' "e=\"$(uname -r)\"" h=3
expect constants 1 a=0x2a b=-3 c=255 d=0x1234 e=0xffffffffffffffff 'f="text"' 'g="x"'
expect registers 1 arg1=0xb arg2=0x16 arg3=0xffff8001 arg4=0x2c arg5=0x37 arg6=0xffffffffffffffbe
expect arguments 1 a=0xb b=22 c=-32767 d=0x2c e=55 f=-66
expect arguments 2 a=0x1 b=255 c=4
expect arguments 4 a=0x3 b=255 c=4
expect stack 1 "a=$(of stack | sed -n '1s/.* e=\(0x[0-9a-f]*\) .*/\1/p')" g=0x0
expect body 1 arg1=0xb si=22
# the probe's address; of stock events it is a byte further
expect place 1 "ip=$(address kpxt_f3)"
expect body_place 1 "ip=$(address kpxt_f3 "${body#*+}")"
expect ret 1 a=14 b=14 c=0xe e=0xe
expect ret 3 a=5
expect ret2 1 arg1=0x1 a=1
expect ret_new 1 ret=14 a=11 b=0x16
expect thing_new 1 ret=0x1 a=4000000000 'b="the first thing"' 'c="one"' 'd={"zero","one","two","three"}'
assert_eq "$(of only_numbers | tr -s ' ' | tr '\n' ';')" ' a=1 b=-1 c=0x4; a=2 b=-1 c=0x4; a=3 b=-1 c=0x4; a=8 b=-1 c=0x5; a=9 b=-1 c=0x5;' "only_numbers"
assert_eq "$(of only_strings)" ' n="the first thing" m="zero"' "only_strings"
assert_eq "$(of only_none)" '' "only_none"
of paths | grep -qF " a=\"$TMP/a file\" b=\"$TMP/a file\" c=0x2f d=" || fail "the path: $(of paths)"
expect words '$' 'a="/bin/true"' 'b="one"' 'c="two"' d=0x6565726874 'e={"/bin/true","one","two","three"}'
assert_book
