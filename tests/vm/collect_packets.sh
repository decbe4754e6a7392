#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packets of collect-probe(1): addresses, ports and the place of the payload, by
# paths from an skb, are those that were used; and big-endian numbers elsewhere.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel has no BTF"
ip link set lo up

cat > "$TMP/traffic.py" <<- 'END'
	import socket, sys
	server = socket.socket()
	server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.bind(("127.0.0.1", 8080))
	server.listen()
	ports = []
	for i in range(10):
	    client = socket.socket()
	    client.bind(("127.0.0.9", 0))
	    client.connect(("127.0.0.1", 8080))
	    ports.append(client.getsockname()[1])
	    peer, _ = server.accept()
	    client.sendall(b"x" * 123)
	    peer.recv(1000)
	    client.close()
	    peer.close()
	print(*ports, sep="\n")
END
traffic=(/usr/bin/python3 "$TMP/traffic.py")

# The page's own command, but for its options of where and how long.
awk '/^\.Ss Packets/ { on = 1 } /^\.Ss Options/ { on = 0 }
	on && /^\.Ed/ { exit } on && inside; on && /^\.Bd/ { inside = 1 }' cmd/collect-probe.1 > "$TMP/page"
definition=$(sed -n "/^collect -a/,/'\$/p" "$TMP/page")
definition=${definition#*\'}
definition=${definition%\'*}
case $definition in
p:packet*8080) ;;
*) fail "the page's definition is '$definition'" ;;
esac

collect -q -a -o "$TMP/p.pb" -e "$definition" -- "${traffic[@]}" > "$TMP/ports" || fail "recording"
collect dump "$TMP/p.pb" > "$TMP/dump"
assert_eq "$(wc -l < "$TMP/ports")" 10 "connections"
while read -r port; do
	assert_grep " packet: from=127.0.0.9 sport=$port to=127.0.0.1 dport=8080 len=60 ihl=5 " "$TMP/dump"
	grep " sport=$port .* len=[0-9]* .*" "$TMP/dump" |
		sed 's/.* len=\([0-9]*\) ihl=\([0-9]*\) doff=\([0-9]*\) head=\(0x[0-9a-f]*\) data=\(0x[0-9a-f]*\) .*/\1 \2 \3 \4 \5/' |
		while read -r len ihl doff head data; do
			[ $((data - head)) -ge 0 ] && [ $((data - head)) -lt 4096 ] || fail "data $data isn't in the buffer at $head"
			echo $((len - 4 * (ihl + doff)))
		done > "$TMP/payloads"
	assert_eq "$(grep -vx 0 "$TMP/payloads")" 123 "bytes of payload from port $port"
done < "$TMP/ports"
[ "$(grep -c " dport=8080 " "$TMP/dump")" = "$(wc -l < "$TMP/dump")" ] || fail "the condition let others pass"

# By the socket: a port is what the kernel declares it as, big-endian.
collect -q -o "$TMP/p.pb" -e 'r:c tcp_connect sk->__sk_common.skc_daddr:ip4 sk->__sk_common.skc_dport sk->__sk_common.skc_num if skc_dport == 8080 && skc_daddr == 0x7f000001' \
	-- "${traffic[@]}" > "$TMP/ports" || fail "recording tcp_connect"
collect dump "$TMP/p.pb" > "$TMP/dump"
while read -r port; do
	assert_grep " c: skc_daddr=127.0.0.1 skc_dport=8080 skc_num=$port\$" "$TMP/dump"
done < "$TMP/ports"

# The same for who reads the trace event, for sums and for rows.
define 'p:kpxt_port tcp_connect to=+0($arg1):ip4 port=+12($arg1):be16'
assert_eq "$(count kprobex/kpxt_port,unit=2,field=1/ "${traffic[@]}")" 80800 "the sum of ports"
perf record -q -o "$TMP/data" -e "kprobex:'kpxt_port'" -- "${traffic[@]}" > /dev/null
assert_eq "$(perf script -i "$TMP/data" 2> /dev/null | grep -c 'to=0x7f000001 port=8080')" 10 "perf's ports"
collect stat -o "$TMP/out" -e kprobex/kpxt_port/ --by to,port -- "${traffic[@]}" > /dev/null
assert_grep '^ *10 .* 127\.0\.0\.1  +8080$' "$TMP/out"
assert_book
