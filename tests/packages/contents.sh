#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: tests/packages/contents.sh DIR
#
# `make deb`'s packages, in DIR, have what belongs into each, with the right
# dependencies and scripts. tools/test-packages installs and uses them.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

debs=$1
version=$(collect --version)
version=${version#collect }
triplet=$(dpkg-architecture -q DEB_HOST_MULTIARCH)

deb() { # PACKAGE
	echo "$debs/${1}_${version}_"*.deb
}
# has PACKAGE MODE OWNER PATH
has() {
	dpkg-deb -c "$(deb "$1")" | awk -v path="./$4" -v want="$2 $3" '
		$6 == path { found = 1; got = $1 " " $2 }
		END { if (got != want) print "got " got; exit !(found && got == want) }' ||
		fail "$1 has no $2 $3 $4"
}

has collect -rwxr-xr-x root/root usr/bin/collect
has collect -rw-r--r-- root/root etc/kprobex/flight.conf
has collect -rw-r--r-- root/root lib/systemd/system/collect-flight.service
has collect -rw-r--r-- root/root usr/share/bash-completion/completions/collect
has collect -rw-r--r-- root/root usr/share/zsh/vendor-completions/_collect
has collect -rw-r--r-- root/root usr/share/fish/vendor_completions.d/collect.fish
has libcollect0 -rw-r--r-- root/root "usr/lib/$triplet/libcollect.so.$version"
has libcollect-dev -rw-r--r-- root/root usr/include/collect.h
has libcollect-dev -rw-r--r-- root/root "usr/lib/$triplet/pkgconfig/libcollect.pc"
has libcollect-dev -rw-r--r-- root/root usr/share/kprobex/kprobex.proto
has kprobex-dkms -rw-r--r-- root/root "usr/src/kprobex-$version/dkms.conf"
has kprobex-dkms -rw-r--r-- root/root "usr/src/kprobex-$version/Kbuild"
has kprobex-dkms -rw-r--r-- root/root lib/udev/rules.d/60-kprobex.rules

# Each page is in one of them.
for page in cmd/*.[1-8] libcollect/*.[1-8] proto/*.[1-8] kernel/*.[1-8]; do
	for package in collect libcollect-dev kprobex-dkms; do
		dpkg-deb -c "$(deb $package)"
	done | grep -c " \./usr/share/man/man${page##*.}/${page##*/}\.gz$" >"$TMP/out" || true
	assert_eq "$(cat "$TMP/out")" 1 "packages with ${page##*/}"
done

depends() { # PACKAGE PATTERN
	dpkg-deb -f "$(deb "$1")" Depends | grep -qE "(^|, )$2" ||
		fail "$1 depends on $(dpkg-deb -f "$(deb "$1")" Depends)"
}
depends collect 'libc6 '
depends collect 'libzstd1'
depends libcollect-dev "libcollect0 \(= $version\)"
depends kprobex-dkms 'dkms '
dpkg-deb -f "$(deb kprobex-dkms)" Architecture | grep -qx all || fail "kprobex-dkms is of one architecture"

dpkg-deb -e "$(deb kprobex-dkms)" "$TMP/control"
grep -q 'groupadd --system kprobex' "$TMP/control/postinst" || fail "nobody makes the group"
grep -q 'groupdel kprobex' "$TMP/control/postrm" || fail "nobody removes the group"
grep -q 'dkms remove' "$TMP/control/prerm" || fail "nobody removes the module"
dpkg-deb -e "$(deb collect)" "$TMP/control2"
grep -qx /etc/kprobex/flight.conf "$TMP/control2/conffiles" || fail "flight.conf is no conffile"
