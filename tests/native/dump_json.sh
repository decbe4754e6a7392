#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect dump --json has what the text has, line by line, also of hostile names.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

cp /bin/true "$TMP/"$'n\xc3\xa9\xff"x'
collect -q -o "$TMP/t.pb" -e raw_syscalls:sys_enter -e sched:sched_process_exec \
	-e raw_syscalls:sys_exit -g -- sh -c '"$0"/n*; ls /' "$TMP" > /dev/null
collect dump "$TMP/t.pb" > "$TMP/text"
collect dump --json "$TMP/t.pb" > "$TMP/json"
collect dump --json -g -f 'event==raw_syscalls:sys_enter' "$TMP/t.pb" > "$TMP/frames"
/usr/bin/python3 - "$TMP" <<- 'END' || fail "see above"
	import json, re, sys
	tmp = sys.argv[1]
	nr = 0

	def value(text):
	    if text.startswith('"'):
	        text = re.sub(rb"\\x(..)", lambda m: bytes.fromhex(m[1].decode()),
	                      text[1:-1].encode())
	        try:
	            return text.decode()
	        except ValueError:
	            return None
	    return text if text.startswith("0x") else int(text)

	for text, line in zip(open(tmp + "/text"), open(tmp + "/json"), strict=True):
	    row = json.loads(line)
	    time, cpu, comm, ids, event, rest = text.rstrip("\n").split(" ", 5)
	    assert row["time_ns"] == int(time.replace(".", "")), line
	    assert row["cpu"] == int(cpu) and row["event"] == event[:-1], line
	    assert "%d/%d" % (row["pid"], row["tid"]) == ids, line
	    assert "\\" in comm or row["comm"] == comm, line
	    fields = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', rest))
	    stack = [a for a in fields.pop("stack", "").split(",")
	             if a and int(a, 16) < 2**64 - 4095]
	    assert row.get("stack", []) == stack, line
	    got = row["fields"]
	    assert list(got) == list(fields), (got, fields)
	    for name in fields:
	        want = value(fields[name])
	        assert want is None or got[name] == want, (name, text, line)
	    nr += event.startswith("sched:") and "né\u00ff\"x" in row["comm"] + got["filename"]
	assert nr, "the odd name isn't there"
	frames = [json.loads(line) for line in open(tmp + "/frames")]
	assert {row["event"] for row in frames} == {"raw_syscalls:sys_enter"}
	frames = [frame for row in frames for frame in row.get("stack", [])]
	assert any("symbol" in f and f["offset"] >= 0 for f in frames), "no symbols"
	assert any(f.get("file", "").endswith(".so.6") for f in frames), "no files"
END
status 2 collect dump --json --errno "$TMP/t.pb"
