#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# bash, zsh and fish complete all verbs, all options of each, their values, files,
# events and the words of a command; and say nothing when that goes wrong.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

# Where bash would hear of it, and what zsh has for the rest.
compopt() { :; }
cat >"$TMP/zsh" <<'END'
_describe() {
	local line
	for line in "${whole[@]}" "${parts[@]}"; do
		line=${line//\\:/$'\t'}
		print -r -- "${${line%%:*}//$'\t'/:}"
	done
}
compset() { :; }
_files() { print files }
_normal() { print -- "$CURRENT: $words" }
while IFS= read -r line; do
	words=("${(@s: :)line}")
	CURRENT=${#words}
	print "= $line"
	. cmd/completion/_collect
done
true
END

# of_bash, of_zsh, of_fish: for each line of stdin, "= LINE" and the candidates for
# its last word.
of_bash() {
	# shellcheck source=cmd/completion/collect.bash
	. cmd/completion/collect.bash
	local word
	while IFS= read -r COMP_LINE; do
		# As bash cuts them.
		word=${COMP_LINE//:/ : }
		read -ra COMP_WORDS <<<"${word//=/ = }"
		case $COMP_LINE in
		*' ') COMP_WORDS+=('') ;;
		esac
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE}
		echo "= $COMP_LINE"
		_collect
		[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
	done
}

of_zsh() {
	zsh -f "$TMP/zsh"
}

of_fish() {
	# shellcheck disable=SC2016 # fish's
	fish --no-config -c 'source cmd/completion/collect.fish
		while read -l line
			echo "= $line"
			complete -C "$line" | string replace -r "\t.*" ""
		end
		true'
}

# sorted: each line's candidates in order, and once.
sorted() {
	awk '/^= / { n++ } { printf "%04d\t%s\n", n, $0 }' | LC_ALL=C sort -u | cut -f 2-
}

# completes LINE [CANDIDATE]…: to exactly these.
completes() {
	echo "$1" >>"$TMP/lines"
	printf '= %s\n' "$1" >>"$TMP/want"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" >>"$TMP/want"
}

# What the help has, found out in another way.
mapfile -t verbs < <(collect --help | sed -n 's/^  \([a-z][a-z]*\)  *[a-z].*/\1/p')
completes 'collect ' "${verbs[@]}"
options=0
for verb in "${verbs[@]}"; do
	mapfile -t words < <(collect "$verb" --help |
		grep -oE '^ +((-[a-zA-Z0-9], )?--[a-z-]+)' | grep -oE -- '--?[a-zA-Z0-9-]+')
	completes "collect $verb -" "${words[@]}"
	options=$((options + ${#words[@]}))
done
[ $options -gt 100 ] || fail "the help has only $options options"

completes 'collect record --codec ' zstd none
completes 'collect --call-graph k' kernel
completes 'collect top f' files
completes 'collect probe ' add del list show
completes 'collect record -o x --overwrite s' size=
completes 'collect --config none verif' verify
completes 'collect dump --cpu '
completes 'collect no-such-verb '

for shell in bash zsh fish; do
	command -v $shell >/dev/null || skip "$shell isn't there (tools/setup)"
	of_$shell <"$TMP/lines" >"$TMP/got" 2>"$TMP/err" ||
		fail "$shell ended with $?: $(cat "$TMP/err")"
	[ ! -s "$TMP/err" ] || fail "$shell: $(cat "$TMP/err")"
	diff <(sorted <"$TMP/want") <(sorted <"$TMP/got") >"$TMP/diff" ||
		fail "$shell completes other words: $(cat "$TMP/diff")"
done

# one SHELL LINE CANDIDATE: among others maybe.
one() {
	echo "$2" | "of_$1" 2>&1 | sed 1d | grep -qxF -- "$3" ||
		fail "$1 doesn't complete '$2' to '$3'"
}
mkdir "$TMP/folder"
touch "$TMP/folder/trace.pb"
one bash "collect dump $TMP/folder/tr" "$TMP/folder/trace.pb"
one bash "collect record --output=$TMP/folder/tr" "$TMP/folder/trace.pb"
one fish "collect record --output=$TMP/folder/tr" "--output=$TMP/folder/trace.pb"
one zsh "collect dump $TMP/folder/tr" files
one bash 'collect record -o x -- mkfif' mkfifo
one zsh 'collect record -o x -- ech' '1: ech'
one fish 'collect record -o x -- mkfif' mkfifo
one bash "collect record -p $$" $$

if [ -r /sys/kernel/tracing/events/sched ]; then
	# bash has cut it at the colon.
	one bash 'collect -e sched:sched_waki' sched_waking
	one bash 'collect stat --event=page-faults,sched:sched_waki' sched_waking
	one zsh 'collect -e sched:sched_waki' sched:sched_waking
	one fish 'collect -e page-faults,sched:sched_waki' page-faults,sched:sched_waking
fi

# Without collect, and without what it asks the kernel, nothing is said.
for shell in bash zsh fish; do
	got=$(echo './no-such-collect zz' | of_$shell 2>&1 | sed 1d)
	[ -z "$got" ] || fail "$shell, without collect: $got"
done
[ -z "$(collect complete -- -e no-such-system: 2>&1)" ] || fail "a system that isn't there"
