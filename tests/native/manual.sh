#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual pages leave nothing out: each public function, each kind of packet,
# each verb and each of its options is in the page where it belongs.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

missing=""
need() { # PAGE PATTERN WHAT
	grep -qE -- "$2" "$1" || missing="$missing
$3 isn't in $1"
}

functions=0
while read -r function; do
	need libcollect/libcollect.3 "^\.Fn $function( |$)" "$function()"
	functions=$((functions + 1))
done < <(sed -n 's/^\t\(kpc_.*\);/\1/p' libcollect/libcollect.map)
[ $functions -ge 18 ] || fail "only $functions functions in the version map"

# A packet is named by its body, where it has one.
kinds=0
while read -r kind; do
	need proto/kprobex-trace.5 "^\.It ${kind%Head}$" "packet $kind"
	kinds=$((kinds + 1))
done < <(sed -nE '/oneof kind \{/,/\}/{
	s|^ *[A-Za-z]+ [a-z_]+ = [0-9]+; *// body: ([A-Za-z]+).*|\1|p
	s|^ *([A-Za-z]+) [a-z_]+ = [0-9]+;.*|\1|p
}' proto/kprobex.proto | sed 's/^Batch$/Chunk/')
[ $kinds -ge 8 ] || fail "only $kinds kinds of packets in the schema"

verbs=0
options=0
for verb in $(collect --help | sed -n 's/^  \([a-z][a-z]*\)  *[a-z].*/\1/p'); do
	page=cmd/collect-$verb.1
	[ -f "$page" ] || { missing="$missing
there is no $page"; continue; }
	need cmd/collect.1 "^\.(It Cm|Xr collect-)$verb" "collect $verb"
	verbs=$((verbs + 1))
	for option in $(collect "$verb" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' |
			grep -oE -- '--[a-z-]+'); do
		need "$page" "^\.It .*Fl -${option#--}( |$)" "$option of collect $verb"
		options=$((options + 1))
	done
done
[ $verbs -ge 3 ] || fail "collect --help has only $verbs verbs"
[ $options -ge 15 ] || fail "only $options options in the verbs' help"
[ -z "$missing" ] || fail "the manual is behind:$missing"
