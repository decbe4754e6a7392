/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * kprobex.h - the ABI of /dev/kprobex and of the PMU "kprobex"
 *
 * Rules of growth. Every struct starts with its own size in bytes, as the
 * caller knows it. A kernel that knows a larger struct takes the missing tail
 * as zero; one that knows a smaller struct answers -E2BIG if the tail that it
 * doesn't know isn't zero, and leaves that tail alone. Fields are only
 * appended; padding is explicit and must be zero; every size is a multiple of
 * eight and the same for 32-bit callers. Pointers travel as __u64.
 *
 * Errors common to all calls: -EFAULT (bad address), -EINVAL (size below the
 * first version's, unknown flag, non-zero padding), -E2BIG (see above),
 * -EACCES (capability missing), -EPERM (kernel lockdown), -ENOENT (no such
 * probe), -ENOTTY (unknown call).
 */
#ifndef _UAPI_KPROBEX_H
#define _UAPI_KPROBEX_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KPX_DEVICE	"/dev/kprobex"
#define KPX_PMU_NAME	"kprobex"
#define KPX_ABI_VERSION 1

/* Limits that are part of the ABI. */
#define KPX_NAME_SIZE	    64	 /* with the terminating NUL */
#define KPX_TYPE_SIZE	    16	 /* with the terminating NUL */
#define KPX_DEFINITION_SIZE 4096 /* one definition's text, with the NUL */
#define KPX_FIELDS_MAX	    128	 /* fields of one record */
#define KPX_ERROR_SIZE	    128	 /* an error's text, with the NUL */
#define KPX_PROGRAMS_MAX    64	 /* BPF programs of one probe */

/*
 * perf_event_attr::config of the PMU, as sysfs' format/ files give it.
 * All other bits must be zero.
 */
#define KPX_CONFIG_PROBE     0x00000000ffffffffULL /* probe's id, from 1 */
#define KPX_CONFIG_MODE	     0x0000000f00000000ULL /* enum kpx_mode */
#define KPX_CONFIG_UNIT	     0x000000f000000000ULL /* enum kpx_unit */
#define KPX_CONFIG_FIELD     0x0000ff0000000000ULL /* argument, from 0 */
#define KPX_CONFIG_SKIP_SELF (1ULL << 48) /* not in the opener's process */

#define KPX_CONFIG_MODE_SHIFT  32
#define KPX_CONFIG_UNIT_SHIFT  36
#define KPX_CONFIG_FIELD_SHIFT 40

/*
 * perf_event_attr::config1: with probe 0, a pointer to a definition without a
 * name, NUL-terminated, shorter than KPX_DEFINITION_SIZE. The probe lives as
 * long as events of the same text are open. Read once, when the event is
 * opened; in a perf.data file the pointer means nothing.
 *
 * perf_event_attr::config2: a pointer to a struct kpx_event_bpf, or 0: BPF
 * programs that live with the event. Read once, as config1 is.
 */

/**
 * enum kpx_mode - how the kernel is made to call the probe
 * @KPX_MODE_AUTO:   the cheapest that the target allows
 * @KPX_MODE_INT3:   a breakpoint; takes the jump from everybody at the address
 * @KPX_MODE_JUMP:   a jump; opening waits up to 2 s for the kernel to make it
 * @KPX_MODE_FTRACE: the call at a function's entry
 *
 * At a function's entry that ftrace owns, int3 and jump go to the first
 * instruction after it. What can't be done is refused with -EOPNOTSUPP and a
 * line in error_log.
 */
enum kpx_mode {
	KPX_MODE_AUTO,
	KPX_MODE_INT3,
	KPX_MODE_JUMP,
	KPX_MODE_FTRACE,
};

/**
 * enum kpx_unit - what an event counts
 * @KPX_UNIT_HITS:     1 a hit
 * @KPX_UNIT_NS:       nanoseconds from entry to return, sleep included, on the
 *		       CPU and for the task that return; a p probe at a function's
 *		       entry gets a return hook for it. Calls that began before
 *		       the event was first enabled don't count.
 * @KPX_UNIT_FIELD:    the value of argument number "field", a number
 * @KPX_UNIT_MISSED:   hits and returns that the kernel says it missed; counts
 *		       only, per CPU only, and all on the first CPU online
 * @KPX_UNIT_FILTERED: hits that the definition's "if" or BPF programs dropped;
 *		       counts only
 *
 * Nanoseconds and values below 0 (as signed numbers) count as 0 and values
 * above 2^48 as 2^48; kpx_stats.clamped says how often. A hit that crosses the
 * period several times makes one sample, whose record says in "weight" how
 * many. Don't sample these with PERF_SAMPLE_PERIOD and a fixed period: perf
 * then takes every hit.
 */
enum kpx_unit {
	KPX_UNIT_HITS,
	KPX_UNIT_NS,
	KPX_UNIT_FIELD,
	KPX_UNIT_MISSED,
	KPX_UNIT_FILTERED,
};

/* kpx_version.features: what this module can do. */
#define KPX_FEATURE_SKIP_SELF (1ULL << 0)
#define KPX_FEATURE_RETURN    (1ULL << 1)  /* r probes, $retval */
#define KPX_FEATURE_UNITS     (1ULL << 2)  /* enum kpx_unit */
#define KPX_FEATURE_MODES     (1ULL << 3)  /* enum kpx_mode */
#define KPX_FEATURE_CONFIG1   (1ULL << 4)  /* definitions at open */
#define KPX_FEATURE_TARGETS   (1ULL << 5)  /* many targets for one probe */
#define KPX_FEATURE_ALIAS     (1ULL << 6)  /* names that cost nothing */
#define KPX_FEATURE_FACE      (1ULL << 7)  /* trace events kprobex:NAME */
#define KPX_FEATURE_CONDITION (1ULL << 8)  /* if EXPR */
#define KPX_FEATURE_BPF	      (1ULL << 9)  /* BPF programs on a probe */
#define KPX_FEATURE_TRIAL     (1ULL << 10) /* KPX_IOC_TRIAL */

/**
 * struct kpx_version - KPX_IOC_VERSION: what is loaded
 * @size:	in: size of this struct
 * @abi:	out: KPX_ABI_VERSION of the module
 * @features:	out: KPX_FEATURE_*
 * @release:	out: the module's version, NUL-terminated
 *
 * Needs no capability.
 */
struct kpx_version {
	__u32 size;
	__u32 abi;
	__u64 features;
	char release[32];
};

/* kpx_define.flags */
#define KPX_DEFINE_PERSISTENT (1U << 0) /* stays when the descriptor closes */
/* a name under events/ only: the target is looked up when it's first opened */
#define KPX_DEFINE_ALIAS (1U << 1)
/*
 * the trace event takes BPF programs of type KPROBE, with struct pt_regs, and
 * not those of type TRACEPOINT, with the record; -EOPNOTSUPP on a kernel with
 * CONFIG_BPF_KPROBE_OVERRIDE, and with KPX_STATS_BPF_FALLBACK
 */
#define KPX_DEFINE_KPROBE_BPF (1U << 2)

#define KPX_TARGETS_MAX 65536 /* entry addresses of one probe */

/**
 * struct kpx_define - KPX_IOC_DEFINE: define one probe
 * @size:	in: size of this struct
 * @flags:	in: KPX_DEFINE_*; without PERSISTENT the probe dies with the
 *		descriptor (events that are still open keep it alive, nameless)
 * @text:	in: pointer to the definition, not NUL-terminated
 * @text_len:	in: its length in bytes, < KPX_DEFINITION_SIZE
 * @id:		out: the probe's id, for perf_event_attr::config
 * @error_offset: out: where in @text the error is, in bytes
 * @error_code:	out: the error's stable number, enum kpx_error_code; 0 if the
 *		failure isn't about the text
 * @error:	out: the error in words, NUL-terminated, with what to do
 * @targets:	in: pointer to an array of __u64: addresses of functions, all
 *		different, each as in /proc/kallsyms; 0: the text's target alone
 * @nr_targets:	in: how many, at most KPX_TARGETS_MAX; with them, the text's own
 *		target must be the first one's function
 * @pad:	0
 *
 * A record of a probe with many targets has the address that was hit in
 * __probe_ip. Return probes take at most 1024 targets (-E2BIG).
 *
 * "p SYMBOL …" without a name defines an anonymous probe: it has an id but no
 * file under events/. The error fields are written also when the call fails
 * (if at least the struct's size was accepted).
 *
 * -EEXIST the name is taken; -ENOENT no such symbol; -EILSEQ the offset is
 * inside an instruction; -EINVAL the text is wrong, or the address can't be
 * probed (blacklisted, notrace); -ENOSPC too many probes.
 * Needs CAP_PERFMON (or CAP_SYS_ADMIN), in the caller and in whoever opened
 * the descriptor.
 */
struct kpx_define {
	__u32 size;
	__u32 flags;
	__u64 text;
	__u32 text_len;
	__u32 id;
	__u32 error_offset;
	__u32 error_code;
	char error[KPX_ERROR_SIZE];
	__u64 targets;
	__u32 nr_targets;
	__u32 pad;
};

/**
 * struct kpx_remove - KPX_IOC_REMOVE: remove one probe
 * @size:	in: size of this struct
 * @id:		in: the probe's id; 0: take @name
 * @name:	in: the probe's name, NUL-terminated, if @id is 0
 *
 * -EBUSY events of this probe are open, or it has BPF programs. Capabilities as
 * for DEFINE.
 */
struct kpx_remove {
	__u32 size;
	__u32 id;
	char name[KPX_NAME_SIZE];
};

/* kpx_field.flags */
#define KPX_FIELD_SIGNED (1U << 0) /* two's complement */
#define KPX_FIELD_HEX	 (1U << 1) /* print as 0x… (x types, pointers) */
#define KPX_FIELD_COMMON (1U << 2) /* in every record; not an argument */
#define KPX_FIELD_STRING (1U << 3) /* each element is a __data_loc word */
#define KPX_FIELD_SYMBOL (1U << 4) /* a kernel address, to show as its symbol */
#define KPX_FIELD_TAIL	 (1U << 5) /* the unit's; not an argument */

/**
 * struct kpx_field - one field of a record, little or big endian as the host
 * @name:	NUL-terminated
 * @type:	the definition's type ("u32", "b4@8/32", "string[3]"), NUL-term.
 * @offset:	bytes from the start of the raw record
 * @bytes:	size of the whole field: @count (or 1) elements of 1, 2, 4 or 8
 * @flags:	KPX_FIELD_*
 * @count:	0: a scalar; N: an array of N
 * @pad:	0
 *
 * A __data_loc word (u32) is length << 16 | offset in the record of the
 * string's bytes, the NUL included; length 0: it couldn't be read.
 */
struct kpx_field {
	char name[KPX_NAME_SIZE];
	char type[KPX_TYPE_SIZE];
	__u16 offset;
	__u16 bytes;
	__u32 flags;
	__u16 count;
	__u16 pad[3];
};

/**
 * struct kpx_describe - KPX_IOC_DESCRIBE: a probe's definition and layout
 * @size:	in: size of this struct
 * @id:		in: the probe's id, or 0: take @name; out: the id
 * @name:	in (if @id is 0) and out; empty for an anonymous probe
 * @fields:	in: pointer to an array of struct kpx_field, may be 0
 * @fields_max:	in: how many it holds
 * @nr_fields:	out: how many the record has; min(@fields_max, @nr_fields) are
 *		written
 * @field_size:	in: sizeof(struct kpx_field) as the caller knows it
 * @record_bytes: out: size of a raw record (perf's RAW size)
 * @text:	in: pointer to a buffer for the canonical definition, may be 0
 * @text_size:	in: its size; out: the definition's length without NUL; what is
 *		written is cut to the buffer and NUL-terminated
 * @unit:	in: enum kpx_unit of the event whose records are meant: with
 *		KPX_UNIT_NS and KPX_UNIT_FIELD they have more fields
 *
 * A raw record starts with the kernel's struct trace_entry (8 bytes), then
 * __probe_ip (u64: the probe's address), then the arguments; the common
 * fields are in the array, flagged. Strings follow behind @record_bytes less 4,
 * and make a record longer. Needs no capability beyond opening.
 */
struct kpx_describe {
	__u32 size;
	__u32 id;
	char name[KPX_NAME_SIZE];
	__u64 fields;
	__u32 fields_max;
	__u32 nr_fields;
	__u32 field_size;
	__u32 record_bytes;
	__u64 text;
	__u32 text_size;
	__u32 unit;
};

/**
 * struct kpx_stats - KPX_IOC_STATS: a probe's book, summed over CPUs
 * @size:	in: size of this struct
 * @id:		in: the probe's id, or 0: take @name; out: the id
 * @name:	in (if @id is 0) and out
 * @entered:	hits that reached the module since the probe was defined
 * @no_listener: … with no event on that CPU or task, and no BPF program
 * @offered:	… given to at least one listener, an event, the trace event or BPF
 *		programs, and missed by none
 * @filtered_pred: … dropped by the definition's "if"
 * @filtered_bpf: … dropped by BPF programs: one of them returned 0, or the AND of
 *		what they returned is 0
 * @recursion:	… missed by at least one listener, because we, perf or BPF were
 *		already at work in this context
 * @self:	… dropped by skip_self
 * @missed_kprobe: hits that never reached the module, as the kernel counts
 *		them (kprobe nmissed): a lower bound
 * @missed_return: returns missed for want of an instance (r's MAXACTIVE)
 * @events:	open events (inherited ones included), and the trace event if
 *		it's enabled; BPF programs are in @programs
 * @clamped:	values that were counted as less than they are
 * @truncated:	records in which a string was cut
 * @in_flight:	calls that were entered and haven't returned
 * @by_int3:	hits of mode jump that came by int3: the kernel hadn't made its
 *		jump yet, or took it away
 * @targets:	addresses that the probe has
 * @mechanisms:	1 << enum kpx_mode for each one that is in force now, told from
 *		the kernel's text; 1 << 0: a return hook
 * @flags:	KPX_STATS_*
 * @bpf_runs:	hits on which the BPF programs ran
 * @bpf_busy:	… on which they couldn't, because a BPF program, a bpf(2) map
 *		operation or perf was at work on the CPU: dropped, and part of
 *		@recursion
 * @programs:	BPF programs that it has
 * @pad:	0
 *
 * entered = no_listener + offered + filtered_pred + filtered_bpf + recursion
 * + self, exactly when no hit is in flight. Needs no capability beyond
 * opening.
 */
struct kpx_stats {
	__u32 size;
	__u32 id;
	char name[KPX_NAME_SIZE];
	__u64 entered;
	__u64 no_listener;
	__u64 offered;
	__u64 filtered_pred;
	__u64 filtered_bpf;
	__u64 recursion;
	__u64 self;
	__u64 missed_kprobe;
	__u64 missed_return;
	__u64 events;
	__u64 clamped;
	__u64 truncated;
	__u64 in_flight;
	__u64 by_int3;
	__u32 targets;
	__u16 mechanisms;
	__u16 flags;
	__u64 bpf_runs;
	__u64 bpf_busy;
	__u32 programs;
	__u32 pad;
};

/* kpx_stats.flags */
/* open, but the kernel won't call it: kernel.ftrace_enabled or kprobes/enabled is 0 */
#define KPX_STATS_DEAF (1U << 0)
/* the module that it probes isn't loaded; it comes back with the module */
#define KPX_STATS_GONE (1U << 1)
/*
 * the kernel's guard against BPF within BPF can't be had here: the module's own
 * is in its place, and programs that could deadlock without are refused
 */
#define KPX_STATS_BPF_FALLBACK (1U << 2)
/* it was defined with KPX_DEFINE_ALIAS */
#define KPX_STATS_ALIAS (1U << 3)

/*
 * BPF programs of a probe, of type BPF_PROG_TYPE_KPROBE: with a struct pt_regs,
 * at each hit that the definition's "if" lets pass, one after the other. All
 * run; if the bitwise AND of 1 and all that they return is 0 the hit is dropped, for
 * its events and its trace event. A probe that is open in two ways, as with two
 * modes or for hits and for time, has two hits for a call, and they run at each.
 */

/* kpx_bpf_attach.flags, kpx_bpf_program.flags */
#define KPX_BPF_LINK	(1U << 0) /* detached when a descriptor is closed */
#define KPX_BPF_BEFORE	(1U << 1) /* in front of the program relative_id */
#define KPX_BPF_AFTER	(1U << 2) /* behind it */
#define KPX_BPF_REPLACE (1U << 3) /* in its place */
#define KPX_BPF_EVENT	(1U << 4) /* out: it lives with events, see config2 */

/**
 * struct kpx_bpf_attach - KPX_IOC_BPF_ATTACH: one program more
 * @size:	in: size of this struct
 * @id:		in: the probe's id, or 0: take @name; out: the id
 * @name:	in (if @id is 0): the probe's name
 * @flags:	in: KPX_BPF_LINK, and at most one of BEFORE, AFTER and REPLACE;
 *		none of them: the last
 * @prog_fd:	in: the program
 * @cookie:	in: what bpf_get_attach_cookie() gives it
 * @relative_id: in: the id of a program that is attached to this probe, with
 *		BEFORE, AFTER or REPLACE; 0: the first with BEFORE, the last with
 *		AFTER
 * @prog_id:	out: the program's id, as bpf(2) has it
 * @link_fd:	out, with LINK: a descriptor; the program is detached when its
 *		last copy is closed
 * @error_code: out: the error's stable number, enum kpx_error_code; 0: none
 * @error:	out: the error in words, NUL-terminated, with what to do
 *
 * From then on the kernel calls the probe for the program, event or not. What
 * is attached without LINK stays until it's detached, or until the probe's
 * descriptor closes (see kpx_define.flags); a program that is replaced leaves
 * its place, cookie excepted, to the new one, also that of a link. Every hit
 * runs what was attached before or what is after, whole.
 *
 * -EBADF, -EINVAL @prog_fd isn't a program of type KPROBE; -EOPNOTSUPP it is
 * sleepable, of a MULTI or SESSION attach type, or overrides returns, or the
 * probe can't be hooked so that its helpers work; -EEXIST it's attached to this
 * probe; -E2BIG there are KPX_PROGRAMS_MAX; -ENOENT no such probe, or no program
 * @relative_id on it; -EBUSY the program to replace lives with events, or events
 * that are open keep the probe from being hooked another way.
 * Needs CAP_BPF besides what DEFINE needs.
 */
struct kpx_bpf_attach {
	__u32 size;
	__u32 id;
	char name[KPX_NAME_SIZE];
	__u32 flags;
	__s32 prog_fd;
	__u64 cookie;
	__u32 relative_id;
	__u32 prog_id;
	__s32 link_fd;
	__u32 error_code;
	char error[KPX_ERROR_SIZE];
};

/**
 * struct kpx_bpf_detach - KPX_IOC_BPF_DETACH: one program less
 * @size:	in: size of this struct
 * @id:		in: the probe's id, or 0: take @name
 * @name:	in (if @id is 0): the probe's name
 * @prog_id:	in: the program's id
 * @pad:	0
 *
 * -ENOENT no such probe, or the program isn't on it; -EBUSY it's a link's or an
 * event's, and goes when that is closed. Capabilities as for BPF_ATTACH.
 */
struct kpx_bpf_detach {
	__u32 size;
	__u32 id;
	char name[KPX_NAME_SIZE];
	__u32 prog_id;
	__u32 pad;
};

/**
 * struct kpx_bpf_program - one program of a probe
 * @id:		as bpf(2) has it
 * @flags:	KPX_BPF_LINK, KPX_BPF_EVENT
 * @cookie:	what it was attached with
 * @runs:	how often it ran on this probe
 */
struct kpx_bpf_program {
	__u32 id;
	__u32 flags;
	__u64 cookie;
	__u64 runs;
};

/**
 * struct kpx_bpf_query - KPX_IOC_BPF_QUERY: the programs, in the order they run
 * @size:	in: size of this struct
 * @id:		in: the probe's id, or 0: take @name; out: the id
 * @name:	in (if @id is 0) and out
 * @programs:	in: pointer to an array of struct kpx_bpf_program, may be 0
 * @programs_max: in: how many it holds
 * @nr_programs: out: how many there are; min(@programs_max, @nr_programs) are
 *		written
 * @program_size: in: sizeof(struct kpx_bpf_program) as the caller knows it
 * @pad:	0
 *
 * Needs no capability beyond opening.
 */
struct kpx_bpf_query {
	__u32 size;
	__u32 id;
	char name[KPX_NAME_SIZE];
	__u64 programs;
	__u32 programs_max;
	__u32 nr_programs;
	__u32 program_size;
	__u32 pad;
};

/**
 * struct kpx_event_program - one program of an event's
 * @prog_fd:	the program
 * @pad:	0
 * @cookie:	what bpf_get_attach_cookie() gives it
 */
struct kpx_event_program {
	__s32 prog_fd;
	__u32 pad;
	__u64 cookie;
};

/**
 * struct kpx_event_bpf - perf_event_attr::config2 points to it
 * @size:	size of this struct
 * @nr:		programs, 1 to KPX_PROGRAMS_MAX
 * @programs:	pointer to an array of @nr struct kpx_event_program
 *
 * They are attached to the event's probe as the last ones, for all its events,
 * and run where one of these is active, or with programs of BPF_ATTACH everywhere;
 * until the event is closed, and all that it was inherited by. Events with the
 * same programs and cookies, as those of a recording of all CPUs, have them in
 * common, and they run once a hit. Errors are those of BPF_ATTACH, with a line
 * in error_log.
 */
struct kpx_event_bpf {
	__u32 size;
	__u32 nr;
	__u64 programs;
};

/* What KPX_IOC_TRIAL calls, as a definition's target; it has two arguments. */
#define KPX_TRIAL_FUNCTION  "kprobex:kpx_trial_target"
#define KPX_TRIAL_CALLS_MAX 100000

/**
 * struct kpx_trial - KPX_IOC_TRIAL: how long calls of a function take
 * @size:	in: size of this struct
 * @pad:	0
 * @calls:	in: how many, 1 to KPX_TRIAL_CALLS_MAX
 * @ns:		out: how long all of them took, in nanoseconds
 *
 * Calls KPX_TRIAL_FUNCTION, which does next to nothing, one call after the other,
 * in the caller: with a probe on it and without, the difference is what a hit
 * costs on this machine. Whatever else the CPU did meanwhile is in it, so take
 * the median of several. Others may run between every thousand calls, which isn't
 * counted. -EINVAL @calls; -EINTR the caller is being killed. Capabilities as for
 * DEFINE.
 */
struct kpx_trial {
	__u32 size;
	__u32 pad;
	__u64 calls;
	__u64 ns;
};

#define KPX_IOC_MAGIC 0xb9
/* Each call's number carries no size: the struct's first member does. */
#define KPX_IOC_VERSION	   _IO(KPX_IOC_MAGIC, 0)
#define KPX_IOC_DEFINE	   _IO(KPX_IOC_MAGIC, 1)
#define KPX_IOC_REMOVE	   _IO(KPX_IOC_MAGIC, 2)
#define KPX_IOC_DESCRIBE   _IO(KPX_IOC_MAGIC, 3)
#define KPX_IOC_STATS	   _IO(KPX_IOC_MAGIC, 4)
#define KPX_IOC_BPF_ATTACH _IO(KPX_IOC_MAGIC, 5)
#define KPX_IOC_BPF_DETACH _IO(KPX_IOC_MAGIC, 6)
#define KPX_IOC_BPF_QUERY  _IO(KPX_IOC_MAGIC, 7)
#define KPX_IOC_TRIAL	   _IO(KPX_IOC_MAGIC, 8)

#endif /* _UAPI_KPROBEX_H */
