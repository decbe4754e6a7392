#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Build-ids of programs wherever they are: deleted, in a mount namespace of their own, in
# a chroot, on overlayfs; and never that of another file.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
command -v protoc > /dev/null || skip "needs protoc"
protoc --python_out="$TMP" --proto_path=proto proto/kprobex.proto
out=$TMP/t.pb
mkfifo "$TMP/go"
mkdir "$TMP/in"

# A program that waits for a line, and one that is the same but for its build-id.
cat > "$TMP/main.c" <<'END'
#include <unistd.h>
int main(void)
{
	char c;
	return read(0, &c, 1) != 1;
}
END
gcc -static -Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567 -o "$TMP/program" "$TMP/main.c"
gcc -static -Wl,--build-id=0xffffffffffffffffffffffffffffffffffffffff -o "$TMP/other" "$TMP/main.c"
id=0123456789abcdef0123456789abcdef01234567

# ids PATH: the build-ids of mappings of that path
ids() {
	/usr/bin/python3 - "$TMP" "$out" "$1" <<-'END'
		import sys
		tmp, trace, path = sys.argv[1:]
		sys.path.insert(0, tmp)
		import kprobex_pb2 as pb
		for packet in pb.Trace.FromString(open(trace, "rb").read()).packet:
		    if pb.Head.FromString(packet.head).WhichOneof("kind") == "maps":
		        for f in pb.Maps.FromString(packet.data).file:
		            if f.path.decode() == path: print(f.build_id.hex() or "none")
	END
}
# recorded PATH [WITH…]: a recording, by that command, while $TMP/work, from stdin, runs what has that path, which
# isn't to be in it before that is mapped
recorded() {
	cat > "$TMP/work"
	rm -f "$out"
	path=$1
	shift
	"$@" collect -q -o "$out" --mmaps yes --codec none --flush-interval 50 -e raw_syscalls:sys_enter -- \
		sh "$TMP/work" < "$TMP/go" &
	collector=$!
	exec 3> "$TMP/go"
	until_true 10 grep -qaF "$path" "$out" || fail "$path isn't in the trace"
	echo go >&3
	exec 3>&-
	wait "$collector" || fail "collect: $?"
}

recorded "$TMP/in/program" <<END
unshare --mount sh -c 'mount -t tmpfs none "$TMP/in" && cp "$TMP/program" "$TMP/in" && exec "$TMP/in/program"'
END
assert_eq "$(ids "$TMP/in/program")" "$id" "in a mount namespace"

mkdir "$TMP/root"
cp "$TMP/program" "$TMP/root/inside"
cat > "$TMP/chroot" <<END
cd "$TMP/root"
exec chroot . /inside
END
recorded /inside < "$TMP/chroot"
assert_eq "$(ids /inside)" "$id" "in a chroot"
# By its root, without the right to open what is mapped.
# shellcheck disable=SC2054
less=(setpriv --bounding-set=-sys_admin,-checkpoint_restore --inh-caps=-sys_admin,-checkpoint_restore)
recorded /inside "${less[@]}" < "$TMP/chroot"
assert_eq "$(ids /inside)" "$id" "in a chroot, with fewer rights"

mkdir "$TMP/upper" "$TMP/work.d" "$TMP/merged"
if mount -t overlay overlay -o "lowerdir=$TMP/root,upperdir=$TMP/upper,workdir=$TMP/work.d" "$TMP/merged" 2> "$TMP/err"; then
	mounted "$TMP/merged"
	recorded "$TMP/merged/inside" <<-END
		cd "$TMP/merged"
		exec ./inside
	END
	assert_eq "$(ids "$TMP/merged/inside")" "$id" "on overlayfs"
else
	echo "no overlayfs, which isn't looked at: $(cat "$TMP/err")" >&2
fi

# One that was there before, and is deleted; also if another has its name by now.
for other in "" "$TMP/other"; do
	cp "$TMP/program" "$TMP/old"
	"$TMP/old" < "$TMP/go" &
	pid=$!
	exec 3> "$TMP/go"
	until_true 10 grep -qF "$TMP/old" "/proc/$pid/maps"
	rm "$TMP/old" "$out"
	[ -z "$other" ] || cp "$other" "$TMP/old"
	collect -q -o "$out" --mmaps yes --codec none --flush-interval 50 -e raw_syscalls:sys_enter -p "$pid" &
	collector=$!
	until_true 10 grep -qaF "$TMP/old (deleted)" "$out" || fail "the deleted program isn't in the trace"
	echo go >&3
	exec 3>&-
	wait "$pid" || fail "the deleted program failed"
	wait "$collector" || fail "collect -p: $?"
	assert_eq "$(ids "$TMP/old (deleted)")" "$id" "of a deleted program${other:+ whose name another has}"
done

# Programs one after the other, in the same file, or in another with its inode number
# maybe: each has its own build-id, or none if it is gone too soon.
for rm in "rm -f \"$TMP/again\"" ""; do
	cat > "$TMP/work" <<-END
		for n in 1 2 3 4 5; do
			for from in "$TMP/program" "$TMP/other"; do
				$rm
				until cp "\$from" "$TMP/again"; do :; done 2> /dev/null
				echo | "$TMP/again"
			done
		done
		sleep 0.1
		echo | "$TMP/again"
	END
	collect -q -o "$out" --mmaps yes --codec none -e sched:sched_process_exec -- sh "$TMP/work"
	/usr/bin/python3 - "$TMP" "$out" "$id" <<-'END' || fail "a program has the build-id of another (${rm:-written over})"
		import sys
		tmp, trace, id = sys.argv[1:]
		sys.path.insert(0, tmp)
		import kprobex_pb2 as pb
		got = []
		for packet in pb.Trace.FromString(open(trace, "rb").read()).packet:
		    if pb.Head.FromString(packet.head).WhichOneof("kind") == "maps":
		        maps = pb.Maps.FromString(packet.data)
		        got += [(time, maps.file[index].build_id.hex())
		                for time, index in zip(maps.time_ns, maps.file_index)
		                if maps.file[index].path.decode() == tmp + "/again"]
		got = [build_id for _, build_id in sorted(got)]
		print(got)
		want = [id, "f" * 40] * 5 + ["f" * 40]
		sys.exit(len(got) != 11 or not got[-1] or
		         any(g not in ("", w) for g, w in zip(got, want)))
	END
done
