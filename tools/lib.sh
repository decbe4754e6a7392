# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the tools: sourced, never run.

# The top of the checkout, from the place of this file.
# shellcheck disable=SC2034
KPX_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Everything that is expensive to make and belongs to no checkout.
KPX_CACHE=${KPROBEX_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kprobex}

# The Debian kernels that are built for and booted, oldest first.
# shellcheck disable=SC2034
KPX_KERNELS=(debian-6.1 debian-6.12)

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

usage_error() {
	say "$*"
	say "try '${0##*/} -h'"
	exit 2
}

# The text of a tool's -h is the comment block at its top.
usage() {
	sed -n '/^# SPDX/d; 2,/^$/{s/^# \{0,1\}//p}' "$0"
}

# lock NAME: hold an exclusive lock until this shell ends, so that two builds
# don't fill the same cache entry.
lock() {
	mkdir -p "$KPX_CACHE/locks"
	exec {KPX_LOCK_FD}>"$KPX_CACHE/locks/$1"
	flock -n "$KPX_LOCK_FD" && return
	say "waiting for another run that prepares $1"
	flock "$KPX_LOCK_FD"
}

# unlock: give it up before running something that may outlive this shell.
unlock() {
	exec {KPX_LOCK_FD}>&-
}

apt_lists_present() {
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -print -quit 2>/dev/null)" ]
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root \
		-o Acquire::Retries=3 "$@" >&2
}

# apt_refresh: read the archive's lists anew.
apt_refresh() {
	[ "$(id -u)" = 0 ] || {
		say "the package lists are missing or old: run 'apt-get update' as root"
		return 1
	}
	say "reading the package lists"
	apt_get update || {
		say "apt-get update failed: is the network there?"
		return 1
	}
}
