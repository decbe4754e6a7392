#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""perfetto_lines.py FILE.pb REPORT.json < TRACE: rows of a Perfetto trace as lines, which
perfetto_lines.py dump makes of collect dump's, too. Everything else in it is checked here,
with a schema of its own: numbers must be known, slices end as they began, and losses,
counters and clocks be those of the report (collect report --json)."""
import json
import re
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# Message: "number type name", * repeated; a type with a capital is a message.
SCHEMA = """
TracePacket: 8 u timestamp,10 u seq,12 InternedData interned_data,13 u flags,59 Defaults defaults,\
1 Bundle ftrace,6 Snapshot clocks,11 TrackEvent event,45 System system,60 Track track,66 Sample sample,89 Uuid uuid
Defaults: 58 u clock,12 SampleDefaults sampled
SampleDefaults: 1 Timebase timebase
Timebase: 1 u period,10 s name
InternedData: 1 Name* categories,2 Name* names,3 Name* notes,5 Name* functions,16 Name* build_ids,\
17 Name* paths,19 Mapping* mappings,6 Frame* frames,7 Stack* stacks
Name: 1 u iid,2 b name
Mapping: 1 u iid,2 u build_id,7 u* path
Frame: 1 u iid,2 u function,3 u mapping,4 u rel_pc
Stack: 1 u iid,2 u* frames
Track: 1 u uuid,2 s name,3 Process process,4 Thread thread,5 u parent,8 Counter counter
Process: 1 i pid,6 s name
Thread: 1 i pid,2 i tid,5 s name
Counter: 3 u unit
TrackEvent: 3 u* categories,4 Note* notes,9 u type,10 u name,11 u track,30 i value,56 u stack
Note: 1 u name,3 u uint,4 i int,6 s text,7 u pointer,12 Note* array
Sample: 1 u cpu,2 u pid,3 u tid,4 u stack,5 u mode,17 u lost
Snapshot: 1 Clock* clocks,2 u primary
Clock: 1 u id,2 u time
System: 1 Utsname utsname,4 s writer,6 u page_size,8 u cpus
Utsname: 1 s sysname,2 s version,3 s release,4 s machine
Uuid: 1 i high,2 i low
Bundle: 1 u cpu,2 Ftrace* events,3 u lost
Ftrace: 1 u timestamp,2 i pid,4 Switch sched_switch,17 Wake sched_wakeup,20 Wake sched_waking,\
114 Wake sched_wakeup_new
Switch: 1 s prev_comm,2 i prev_pid,3 i prev_prio,4 i prev_state,5 s next_comm,6 i next_pid,7 i next_prio
Wake: 1 s comm,2 i pid,3 i prio,4 i success,5 i target_cpu
"""
BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
CONTEXT = 1 << 64
ODD = re.compile(rb'[^ !#-\[\]-~]')
STACK = re.compile(r' stack=(\S*)')
HEX_STATE = re.compile(r'prev_state=0x([0-9a-f]+)')


def schema():
    field = descriptor_pb2.FieldDescriptorProto
    types = {"u": field.TYPE_UINT64, "i": field.TYPE_INT64, "s": field.TYPE_STRING, "b": field.TYPE_BYTES}
    file = descriptor_pb2.FileDescriptorProto(name="p.proto", package="p", syntax="proto2")
    for line in SCHEMA.strip().split("\n"):
        name, fields = line.split(": ")
        message = file.message_type.add(name=name)
        for text in fields.split(","):
            number, kind, what = text.split()
            added = message.field.add(name=what, number=int(number), label=field.LABEL_OPTIONAL)
            if kind.endswith("*"):
                added.label = field.LABEL_REPEATED
                kind = kind[:-1]
            if kind in types:
                added.type = types[kind]
            else:
                added.type = field.TYPE_MESSAGE
                added.type_name = ".p." + kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("p.TracePacket"))


def escaped(text, also=b""):
    """As collect dump does."""
    data = text.encode()
    if ODD.search(data) or (also and also in data):
        data = b"".join(b"\\x%02x" % c if ODD.match(bytes([c])) or c in also else bytes([c]) for c in data)
    return data.decode()


def value_text(note):
    if note.HasField("uint"):
        return str(note.uint)
    if note.HasField("int"):
        return str(note.int)
    if note.HasField("pointer"):
        return hex(note.pointer)
    return escaped(note.text)


def packets(data):
    at = 0
    while at < len(data):
        if data[at] != 0x0a:
            sys.exit("not a packet at byte %d" % at)
        at += 1
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        yield data[at:at + length]
        at += length


class Trace:
    def __init__(self, report):
        self.report = report
        self.events = {event["name"] for event in report["events"]}
        self.known = {}
        self.tracks = {}
        self.names = {}  # of their threads
        self.event_names = {}
        self.open = {}
        self.clocks = []
        self.counters = {}
        self.samples = self.lost = self.sampler_lost = self.resets = 0
        self.accounts = {}
        self.held = None  # a line that may get its time, or its call chain, of the next packet
        self.slices = self.sched = 0

    def fail(self, text, what):
        sys.exit("%s: %s" % (text, what))

    def learn(self, interned):
        for field, entries in interned.ListFields():
            known = self.known.setdefault(field.name, {})
            for entry in entries:
                if entry.iid in known:
                    self.fail("known already", entry)
                known[entry.iid] = entry.name.decode() if field.name in ("categories", "names", "notes") else entry

    def stack_text(self, number):
        frames = self.known["stacks"][number].frames
        texts = []
        for frame in reversed([self.known["frames"][iid] for iid in frames]):
            if not self.known["functions"][frame.function].name:
                self.fail("no name", frame)
            if frame.mapping:
                mapping = self.known["mappings"][frame.mapping]
                self.known["paths"][mapping.path[0]]
                if mapping.build_id:
                    self.known["build_ids"][mapping.build_id]
            texts.append(hex(frame.rel_pc) if frame.rel_pc >> 63 else "u")
        return " stack=" + ",".join(texts)

    def describe(self, track):
        self.tracks[track.uuid] = track
        self.names.pop(track.uuid, None)

    def who(self, uuid, cpu):
        if uuid not in self.names:
            self.names[uuid] = self.find_who(self.tracks[uuid], cpu)
        return self.names[uuid]

    def find_who(self, track, cpu):
        if track.HasField("thread"):
            thread = track.thread
            # dump() takes quotes away, which a name has as they are.
            name = escaped(thread.name.replace('"', ""), b" ")
            return "%s %d/%d" % (name or "<...>", thread.pid, thread.tid)
        if track.name == "CPU %s, idle" % cpu:
            return "<idle> 0/0"
        if track.name == "no thread":
            return "<...> -1/-1"
        return self.fail("whose track is it", track)

    def event_name(self, *key):
        if key not in self.event_names:
            self.event_names[key] = self.find_name(*key)
        return self.event_names[key]

    @staticmethod
    def find_name(kind, category, name):
        if kind == INSTANT or category in ("uprobe", "software", "hardware", "bpf"):
            whole = category + ":" + name
            if category in ("uprobe", "software", "hardware", "bpf"):
                whole = name + "__return" if kind == END else name
            return whole
        names = {"raw_syscalls": ("sys_enter", "sys_exit"), "syscalls": ("sys_enter_" + name, "sys_exit_" + name)}
        pair = names.get(category, (name + "_entry", name + "_exit"))
        return category + ":" + pair[kind - 1]

    def own_event(self, event, name, notes):
        if name == "lost events":
            self.lost += notes["lost"].uint
        else:
            self.accounts[notes["event"].text] = {key: note.uint for key, note in notes.items() if key != "event"}

    def track_event(self, packet):
        event = packet.event
        if event.type == COUNTER:
            track = self.tracks[event.track]
            if not track.HasField("counter"):
                self.fail("no counter's track", track)
            self.counters[track.name] = event.value
            return None
        category = self.known["categories"][event.categories[0]]
        name = self.known["names"][event.name]
        names = self.known.get("notes", {})
        notes = event.notes
        if category == "collect":
            self.own_event(event, name, {names[note.name]: note for note in notes})
            return None
        if event.type == BEGIN:
            self.open.setdefault(event.track, []).append((category, name, packet.timestamp))
        elif event.type == END:
            self.end(event, category, name)
            if notes and names[notes[0].name] == "return":
                return None
            if not notes:
                return ("time", packet.timestamp)
        cpu = "-1"
        texts = []
        for note in notes:
            key = names[note.name]
            if key == "CPU":
                cpu = str(note.uint)
            elif note.array:
                texts.append("%s={%s}" % (key, ",".join(value_text(v) for v in note.array)))
            else:
                texts.append(key + "=" + value_text(note))
        stack = self.stack_text(event.stack) if event.stack else ""
        return ("line", packet.timestamp, "%s %s %s:%s%s" % (
            cpu, self.who(event.track, cpu), self.event_name(event.type, category, name),
            "".join(" " + text for text in texts), stack))

    def end(self, event, category, name):
        stack = self.open.get(event.track, [])
        for i in range(len(stack) - 1, -1, -1):
            if stack[i][:2] == (category, name):
                self.slices += 1
                del stack[i]
                return
        self.fail("an end without a begin", event)

    def ftrace(self, bundle):
        event = bundle.events[0]
        field, message = event.ListFields()[2]
        texts = []
        for inner, value in message.ListFields():
            texts.append("%s=%s" % (inner.name, value if inner.type == inner.TYPE_INT64 else escaped(value)))
        self.sched += 1
        time = event.timestamp - self.boot_offset
        return ("line", time, "%d - %d sched:%s: %s" % (bundle.cpu, event.pid, field.name, " ".join(texts)))

    def snapshot(self, snapshot):
        clocks = {clock.id: clock.time for clock in snapshot.clocks}
        if snapshot.primary != 3 or set(clocks) != {1, 3, 5, 6}:
            self.fail("clocks", snapshot)
        self.clocks.append(clocks)
        self.boot_offset = self.clocks[0][6] - self.clocks[0][3]

    def take(self, packet):
        """A line, a time for the line before, or None."""
        if packet.seq != 1 or not packet.flags & 2 or (packet.flags & 1) != packet.HasField("defaults"):
            self.fail("flags", packet)
        if packet.flags & 1:
            self.known = {}
            self.resets += 1
            if packet.defaults.clock != 3:
                self.fail("clock", packet)
        if packet.HasField("interned_data"):
            self.learn(packet.interned_data)
        if packet.HasField("event"):
            return self.track_event(packet)
        if packet.HasField("ftrace"):
            return self.ftrace(packet.ftrace)
        if packet.HasField("sample"):
            if packet.sample.lost:
                self.sampler_lost += packet.sample.lost
                return None
            self.samples += 1
            return ("stack", self.stack_text(packet.sample.stack))
        if packet.HasField("track"):
            self.describe(packet.track)
        elif packet.HasField("clocks"):
            self.snapshot(packet.clocks)
        elif not packet.HasField("system") and not packet.HasField("uuid"):
            self.fail("unknown packet", packet)
        return None

    def check(self):
        totals = self.report["totals"]
        trace = self.report["traces"][0]
        offset = trace["start_realtime_ns"] - trace["start_ns"]
        if abs(self.clocks[0][1] - self.clocks[0][3] - offset) > 1000000:
            self.fail("realtime", self.clocks[0])
        for what, got in (("lost events", self.lost), ("counters", sum(self.counters.values())),
                          ("sampler's losses", self.sampler_lost)):
            if got != totals["lost"]:
                self.fail(what, "%d, want %d" % (got, totals["lost"]))
        for event in self.report["events"]:
            account = self.accounts[event["name"]]
            for key in ("count", "delivered", "lost"):
                if account[key] != event[key]:
                    self.fail(event["name"] + " " + key, account)


def line(held):
    return "%d.%09d %s\n" % (held[1] // 1000000000, held[1] % 1000000000, held[2])


def export():
    with open(sys.argv[1], encoding="utf-8") as file:
        trace = Trace(json.load(file))
    packet_class = schema()
    held = None
    for data in packets(sys.stdin.buffer.read()):
        packet = packet_class.FromString(data)
        taken = trace.take(packet)
        if taken is None:
            continue
        if taken[0] == "time":
            duration = int(re.search(r"duration_ns=(\d+)", held[2])[1])
            if taken[1] - held[1] != min(duration, taken[1]):
                trace.fail("a slice's length", held)
            held = (held[0], taken[1], held[2])
        elif taken[0] == "stack":
            if " stack=" not in held[2]:
                held = (held[0], held[1], held[2] + taken[1])
        else:
            if held:
                sys.stdout.write(line(held))
            held = taken
    if held:
        sys.stdout.write(line(held))
    trace.check()
    print("slices %d, sched %d, samples %d, tracks %d, resets %d" % (
        trace.slices, trace.sched, trace.samples, len(trace.tracks), trace.resets), file=sys.stderr)


SCHED = re.compile(r'(\S+ \S+) \S+ \d+/(\d+) (sched:sched_(?:switch|wakeup|waking|wakeup_new):.*)')


def stack_of(match):
    addresses = [int(a, 16) for a in match[1].split(",")]
    return " stack=" + ",".join(hex(a) if a >> 63 else "u" for a in addresses if a < CONTEXT - 4095)


def dump():
    for text in sys.stdin:
        text = text.replace('"', "")
        if " stack=" in text:
            text = STACK.sub(stack_of, text)
        match = SCHED.match(text)
        if match:
            text = "%s - %s %s\n" % (match[1], match[2],
                                     HEX_STATE.sub(lambda m: "prev_state=%d" % int(m[1], 16), match[3]))
        sys.stdout.write(text)


if sys.argv[1] == "dump":
    dump()
else:
    export()
