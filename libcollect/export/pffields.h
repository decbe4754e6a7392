/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pffields - Perfetto's trace format: the numbers of the fields that are written
 *
 * A trace is a Trace message of packets. Their schema is public (protos/perfetto in
 * its repository); a number there never changes. PF_MESSAGE_FIELD here is the field
 * "field" of the message "Message" there.
 */
#ifndef KPC_PFFIELDS_H
#define KPC_PFFIELDS_H

enum {
	PF_TRACE_PACKET = 1,
};

enum { /* TracePacket; those from 1 on are its data */
	PF_PACKET_TIMESTAMP = 8,
	PF_PACKET_SEQUENCE_ID = 10,
	PF_PACKET_INTERNED_DATA = 12,
	PF_PACKET_SEQUENCE_FLAGS = 13,
	PF_PACKET_DEFAULTS = 59,
	PF_PACKET_FTRACE_EVENTS = 1,
	PF_PACKET_CLOCK_SNAPSHOT = 6,
	PF_PACKET_TRACK_EVENT = 11,
	PF_PACKET_SYSTEM_INFO = 45,
	PF_PACKET_TRACK_DESCRIPTOR = 60,
	PF_PACKET_PERF_SAMPLE = 66,
	PF_PACKET_TRACE_UUID = 89,
};

enum { /* SequenceFlags */
	PF_STATE_CLEARED = 1,
	PF_NEEDS_STATE = 2,
};

enum { /* TracePacketDefaults */
	PF_DEFAULTS_PERF_SAMPLE = 12,
	PF_DEFAULTS_CLOCK_ID = 58,
	/* PerfSampleDefaults */
	PF_PERF_DEFAULTS_TIMEBASE = 1,
	/* PerfEvents.Timebase */
	PF_TIMEBASE_PERIOD = 1,
	PF_TIMEBASE_NAME = 10,
};

enum { /* InternedData: each entry is a message with iid and name */
	PF_INTERNED_CATEGORIES = 1,
	PF_INTERNED_EVENT_NAMES = 2,
	PF_INTERNED_ANNOTATION_NAMES = 3,
	PF_INTERNED_FUNCTION_NAMES = 5,
	PF_INTERNED_FRAMES = 6,
	PF_INTERNED_CALLSTACKS = 7,
	PF_INTERNED_BUILD_IDS = 16,
	PF_INTERNED_MAPPING_PATHS = 17,
	PF_INTERNED_MAPPINGS = 19,
	PF_ENTRY_IID = 1,
	PF_ENTRY_NAME = 2,
	/* Frame */
	PF_FRAME_FUNCTION_NAME = 2,
	PF_FRAME_MAPPING = 3,
	PF_FRAME_REL_PC = 4,
	/* Callstack */
	PF_CALLSTACK_FRAMES = 2,
	/* Mapping */
	PF_MAPPING_BUILD_ID = 2,
	PF_MAPPING_PATH = 7,
};

enum { /* TrackDescriptor */
	PF_TRACK_UUID = 1,
	PF_TRACK_NAME = 2,
	PF_TRACK_PROCESS = 3,
	PF_TRACK_THREAD = 4,
	PF_TRACK_PARENT = 5,
	PF_TRACK_COUNTER = 8,
	/* ProcessDescriptor */
	PF_PROCESS_PID = 1,
	PF_PROCESS_NAME = 6,
	/* ThreadDescriptor */
	PF_THREAD_PID = 1,
	PF_THREAD_TID = 2,
	PF_THREAD_NAME = 5,
	/* CounterDescriptor */
	PF_COUNTER_UNIT = 3,
	PF_COUNTER_UNIT_COUNT = 2,
};

enum { /* TrackEvent */
	PF_EVENT_CATEGORY = 3,
	PF_EVENT_ANNOTATION = 4,
	PF_EVENT_TYPE = 9,
	PF_EVENT_NAME = 10,
	PF_EVENT_TRACK = 11,
	PF_EVENT_COUNTER_VALUE = 30,
	PF_EVENT_CALLSTACK = 56,
};

enum pf_event_type {
	PF_SLICE_BEGIN = 1,
	PF_SLICE_END = 2,
	PF_INSTANT = 3,
	PF_COUNTER = 4,
};

enum { /* DebugAnnotation */
	PF_NOTE_NAME = 1,
	PF_NOTE_UINT = 3,
	PF_NOTE_INT = 4,
	PF_NOTE_STRING = 6,
	PF_NOTE_POINTER = 7,
	PF_NOTE_ARRAY = 12,
};

enum { /* PerfSample */
	PF_SAMPLE_CPU = 1,
	PF_SAMPLE_PID = 2,
	PF_SAMPLE_TID = 3,
	PF_SAMPLE_CALLSTACK = 4,
	PF_SAMPLE_MODE = 5,
	PF_SAMPLE_LOST = 17,
	PF_MODE_KERNEL = 1,
	PF_MODE_USER = 2,
};

enum { /* ClockSnapshot */
	PF_SNAPSHOT_CLOCK = 1,
	PF_SNAPSHOT_PRIMARY = 2,
	PF_CLOCK_ID = 1,
	PF_CLOCK_TIMESTAMP = 2,
};

enum pf_clock {
	PF_CLOCK_REALTIME = 1,
	PF_CLOCK_MONOTONIC = 3,
	PF_CLOCK_MONOTONIC_RAW = 5,
	PF_CLOCK_BOOTTIME = 6,
};

enum { /* SystemInfo, Utsname, TraceUuid */
	PF_SYSTEM_UTSNAME = 1,
	PF_SYSTEM_WRITER = 4,
	PF_SYSTEM_PAGE_SIZE = 6,
	PF_SYSTEM_CPUS = 8,
	PF_UTSNAME_SYSNAME = 1,
	PF_UTSNAME_VERSION = 2,
	PF_UTSNAME_RELEASE = 3,
	PF_UTSNAME_MACHINE = 4,
	PF_UUID_HIGH = 1,
	PF_UUID_LOW = 2,
};

enum { /* FtraceEventBundle, FtraceEvent */
	PF_BUNDLE_CPU = 1,
	PF_BUNDLE_EVENT = 2,
	PF_BUNDLE_LOST = 3,
	PF_FTRACE_TIMESTAMP = 1,
	PF_FTRACE_PID = 2,
	PF_FTRACE_SWITCH = 4,
	PF_FTRACE_WAKEUP = 17,
	PF_FTRACE_WAKING = 20,
	PF_FTRACE_WAKEUP_NEW = 114,
};

#endif /* KPC_PFFIELDS_H */
