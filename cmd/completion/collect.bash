# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of collect for bash: collect itself says what may stand there.

# The words before the cursor, into $words. Bash also cuts them at : and =; those
# with no blank between them are one.
_collect_words() {
	local rest=${COMP_LINE:0:COMP_POINT} i word glue=
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[ "$i" = "$COMP_CWORD" ] && word=${rest#"${rest%%[![:space:]]*}"}
		case $rest in
		[[:space:]]*) glue= ;;
		esac
		rest=${rest#"${rest%%[![:space:]]*}"}
		rest=${rest#"$word"}
		if [ -n "$glue" ]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		glue=yes
	done
}

_collect() {
	local words word candidate kind number before
	COMPREPLY=()
	_collect_words
	word=${words[-1]}
	{
		read -r kind number || return 0
		case $kind in
		files)
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#[=:]}")
			;;
		command)
			# With the package bash-completion, the command's own.
			if declare -F _command_offset >/dev/null; then
				_command_offset $((number + 1))
			elif [ ${#words[@]} -le $((number + 2)) ]; then
				mapfile -t COMPREPLY < <(compgen -c -- "$word")
			else
				compopt -o filenames
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
			fi
			;;
		words)
			# Bash puts the candidate in the place of the last piece.
			before=${word%"${COMP_WORDS[COMP_CWORD]}"}
			case ${COMP_WORDS[COMP_CWORD]} in
			[=:]) before=$word ;;
			esac
			while IFS=$'\t' read -r candidate _; do
				COMPREPLY+=("${candidate#"$before"}")
			done
			case ${COMPREPLY[0]} in
			*[=:/,]) compopt -o nospace ;;
			esac
			;;
		esac
	} < <("${COMP_WORDS[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _collect collect
