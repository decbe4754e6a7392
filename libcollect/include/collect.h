/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * collect.h - record perf events into a trace file, and read it back
 *
 * Conventions. Calls return 0 (or a count) on success and a negative errno on
 * failure; nothing here sets errno, prints or exits. After a failure,
 * kpc_*_error() has the reason in words, with what to do, until the next call
 * on that object. Constructors write an object through their first argument,
 * which the caller owns and gives back to the matching free, close; freeing
 * NULL is allowed. An option struct starts with its size: set it to sizeof, and
 * zero the rest for defaults. An object is used by one thread at a time, except
 * where said.
 */
#ifndef COLLECT_H
#define COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KPC_API __attribute__((visibility("default")))

/* The library's version, e.g. "0.1.0"; static. */
KPC_API const char *kpc_version(void);

/*
 * "ENOENT" of 2, also of those errors that only the kernel knows; static. NULL: it's
 * no error, or one without a name.
 */
KPC_API const char *kpc_errno_name(int number);

/*
 * "openat" of 257 on x86_64; static. @machine: a trace's (kpc_trace_info), or NULL: this
 * one. NULL: there is no such system call, or another machine's numbers aren't known.
 */
KPC_API const char *kpc_syscall_text(const char *machine, uint64_t number);

/* ---- what was recorded --------------------------------------------------- */

enum kpc_field_kind { /* as Field.Kind in proto/kprobex.proto */
	KPC_FIELD_UNSIGNED,
	KPC_FIELD_SIGNED,
	KPC_FIELD_HEX,
	KPC_FIELD_STRING, /* blob: text up to the first NUL */
	KPC_FIELD_BYTES,  /* blob: anything else */
};

struct kpc_symbol { /* the name of a value */
	uint64_t value;
	char *name;
};

struct kpc_field {
	char *name;
	char *type;	 /* as the kernel or the definition has it */
	uint32_t offset; /* bytes from the start of the raw record */
	uint32_t bytes;	 /* size there */
	enum kpc_field_kind kind;
	bool common;   /* of every record; not an argument */
	bool dynamic;  /* __data_loc: u32 offset | length << 16 there */
	bool relative; /* __rel_loc: the same, from the field's end */
	bool faults;   /* a string that the kernel may fail to read */
	/*
	 * N: this and the next N - 1 fields are the elements of an array, all
	 * with its name and type; 0: it isn't the first of one.
	 */
	uint32_t elements;
	uint8_t bit_offset; /* a bit field: of its lowest bit, in the integer of
			     * @bytes at @offset */
	uint8_t bits;	    /* how many; 0: it isn't a bit field */
	struct kpc_symbol *symbols;
	uint32_t nr_symbols;
};

enum kpc_source { /* as EventDesc.Source */
	KPC_SOURCE_UNKNOWN,
	KPC_SOURCE_KPROBEX,
	KPC_SOURCE_TRACEPOINT,
	KPC_SOURCE_SOFTWARE,
	KPC_SOURCE_BPF,	     /* records of BPF programs, through a map */
	KPC_SOURCE_UPROBE,   /* a probe in a program or shared library */
	KPC_SOURCE_HARDWARE, /* the CPU's counters */
};

enum kpc_unit { /* as EventDesc.Unit */
	KPC_UNIT_HITS,
	KPC_UNIT_NS,
	KPC_UNIT_FIELD, /* the sum of a field's values */
};

enum kpc_time {		/* as EventDesc.Time: what the rows' times are */
	KPC_TIME_EVENT, /* the kernel's, of the moment it was written */
	KPC_TIME_READ,	/* of the moment that the collector first saw it */
	KPC_TIME_FIELD, /* the field time_ns, if that is in the recording */
};

struct kpc_event {
	uint32_t id; /* position among the trace's events, from 0 */
	char *name;
	enum kpc_source source;
	void *attr; /* struct perf_event_attr as opened, or NULL */
	uint32_t attr_bytes;
	struct kpc_field *fields;
	uint32_t nr_fields;
	char *print_fmt;       /* or NULL */
	char *definition;      /* of a probe: canonical definition, or NULL */
	uint32_t record_bytes; /* fixed part of a raw record */
	bool callchain;
	enum kpc_unit unit; /* of the event's count */
	enum kpc_time time;
	bool cgroup; /* rows have the control group that they are of */
};

/* The two books; members as in ProbeAccount and EventAccount of the schema. */
struct kpc_probe_account {
	uint64_t entered;
	uint64_t no_listener;
	uint64_t offered;
	uint64_t filtered_pred;
	uint64_t filtered_bpf;
	uint64_t recursion;
	uint64_t self;
	uint64_t missed_kprobe;
	uint64_t missed_return;
	uint64_t in_flight; /* calls that haven't returned */
	uint64_t clamped;   /* values that counted for less than they are */
	uint64_t truncated; /* records in which a string was cut */
	uint64_t by_int3;   /* of mode jump */
	uint64_t bpf_runs;  /* hits on which its BPF programs ran */
	uint64_t bpf_busy;  /* on which they couldn't; part of recursion */
	bool deaf;	    /* was open, but switched off by the kernel */
	bool gone;	    /* the module that it probes wasn't loaded */
};

/* A BPF program on a probe. */
struct kpc_program_account {
	uint32_t id;	 /* the kernel's */
	char *name;	 /* of its function; "" if unknown */
	uint64_t cookie; /* what it was attached with */
	uint64_t runs;	 /* on this probe, since the recording began */
};

struct kpc_event_account {
	uint64_t count;		 /* perf's count */
	uint64_t delivered;	 /* samples in the file */
	uint64_t lost;		 /* samples lost in the rings */
	uint64_t period_skipped; /* counted between two samples */
	uint64_t own_dropped;	 /* samples of the collector itself, left out */
	uint64_t throttled;
	uint64_t enabled_ns;
	uint64_t running_ns;
	bool has_probe;
	struct kpc_probe_account probe;
	/*
	 * Of a BPF output: its program doesn't count what there was no room for,
	 * or records couldn't be read. Then lost is a lower bound.
	 */
	bool lost_unknown;
	struct kpc_program_account *programs; /* of the probe, as they run */
	uint32_t nr_programs;
	uint64_t overwritten; /* samples that a flight recorder dropped again */
	/* What was done to it, to stay below max_overhead_ppm; trace clock, or 0. */
	uint64_t raised_ns; /* its period was raised, or its frequency lowered, */
	uint64_t raised_to;   /* last to this, */
	uint32_t raises;      /* so often */
	uint64_t disarmed_ns; /* neither recorded nor counted from then on */
	uint64_t stopped; /* hits that perf counted and no longer sampled, because the
			   * event was being switched off meanwhile */
};

/* Records that a ring had no room for; members as in LossRange of the schema. */
struct kpc_loss_range {
	uint64_t from_ns; /* trace clock; 0: since the start */
	uint64_t to_ns;
	uint64_t count;
	uint32_t losses; /* so many were put together */
};

struct kpc_ring_account {
	uint64_t records;
	uint64_t bytes;
	uint64_t lost;
	uint64_t unreadable;	       /* records of no known event */
	struct kpc_loss_range *losses; /* when, in order */
	uint32_t nr_losses;
};

/* A CPU that came or went while a recording ran. */
struct kpc_cpu_account {
	uint32_t cpu;
	uint32_t came;	   /* how often it came online */
	uint32_t went;	   /* … went offline */
	uint64_t blind_ns; /* it was online without being recorded, at most */
};

struct kpc_ledger {
	uint64_t time_ns;
	bool final;	     /* events disabled and rings drained before it */
	bool begin;	     /* where a part of a series begins */
	uint64_t side_lost;  /* task records lost in their own ring */
	bool threads_missed; /* some may have begun while events were opened */
	struct kpc_event_account *events; /* one per event */
	uint32_t nr_events;
	struct kpc_ring_account *rings; /* one per ring */
	uint32_t nr_rings;
	struct kpc_cpu_account *cpus; /* only those that came or went */
	uint32_t nr_cpus;
	uint64_t full_waits;   /* the memory for what waits to be written was
				* full, and readers of rings waited */
	uint64_t full_wait_ns; /* so long, all together */
	uint32_t max_overhead_ppm; /* as of the session's options; 0: none */
};

/* ---- recording ----------------------------------------------------------- */

struct kpc_session;
struct kpc_session_result;
struct kpc_row; /* see reading, below */

enum kpc_log_level {
	KPC_LOG_INFO,
	KPC_LOG_WARNING
};

enum kpc_codec {
	KPC_CODEC_ZSTD,
	KPC_CODEC_NONE /* not compressed: least work, several times the bytes */
};

/* Default sizes and intervals. */
#define KPC_RING_BYTES	 (16u << 20)
#define KPC_FLUSH_NS	 1000000000ull
#define KPC_MEMORY_BYTES (64u << 20)
#define KPC_RECONNECT_NS (60 * 1000000000ull)
#define KPC_NEVER_NS	 UINT64_MAX

/* The least that a part may have; see rotate_bytes. */
#define KPC_ROTATE_BYTES_MIN (64u << 10)
#define KPC_ROTATE_NS_MIN    100000000ull

/* Whether a trace has what processes map to be executed. */
enum kpc_mmaps_choice {
	KPC_MMAPS_AUTO, /* with call chains or software events */
	KPC_MMAPS_YES,
	KPC_MMAPS_NO,
};

struct kpc_session_opts {
	size_t size;		   /* sizeof(struct kpc_session_opts) */
	const char *output;	   /* path of the file to write; "-": stdout;
			     * unix:PATH, tcp:HOST:PORT: a receiver's */
	const char *const *events; /* -e strings, as of collect; NULL-terminated;
				    * NULL or empty: all named kprobex probes */
	size_t ring_bytes;  /* per CPU, a power of two of pages; 0: default */
	uint64_t period;    /* sample every N counts; 0: every event */
	uint64_t frequency; /* samples per second instead; 0: period */
	bool callchain;
	bool system_wide;  /* all CPUs; else pids and tids, else the command */
	const char *cpus;  /* list such as "0-3,6"; NULL: all online */
	const pid_t *pids; /* existing processes, with all their threads */
	uint32_t nr_pids;
	char *const *argv;	   /* command to run, recorded from its exec on;
				 * NULL: none */
	char *const *command_line; /* the collector's own, for the Header */
	int zstd_level;		   /* -100 to 19; 0: the library's choice */
	uint64_t flush_ns; /* events are in the file after this; 0: default */
	/*
	 * Messages; may be NULL. log and progress are called by the thread that is
	 * in a call on the session, and log by threads of the session's own, too (of
	 * a receiver that is lost, say), from new until free. Never two of them at
	 * a time. Of the session they may call kpc_session_stop() and
	 * kpc_session_dump() only; while one runs, what it delays may be lost.
	 */
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;
	/* Called about once a second while it records; may be NULL. */
	void (*progress)(void *ctx, const struct kpc_session_result *so_far);
	void *progress_ctx;
	/*
	 * --bpf strings, as of collect: FILE[:PROGRAM][,cookie=N];
	 * NULL-terminated; NULL or empty: none. The BPF programs go onto the
	 * probes of the kprobex events, and what they write to their perf event
	 * arrays and ring buffers are events of the trace, bpf:MAP.
	 */
	const char *const *bpf;
	/*
	 * It ends by itself after so long; 0: it doesn't. A command that still
	 * runs gets SIGINT then, and SIGTERM if that doesn't end it soon.
	 */
	uint64_t duration_ns;
	const pid_t *tids; /* existing threads, without others of their process */
	uint32_t nr_tids;
	uint32_t threads; /* that read rings; 0: as many as they want, and one
			   * is enough on few CPUs */
	/*
	 * Of what is encoded and waits to be written, beside the rings, at most;
	 * at least 64 KiB; 0: default. When that is full the rings fill up and
	 * lose events, which is counted.
	 */
	uint64_t memory_bytes;
	/*
	 * For so long a receiver (see kpc_receiver_new()) that was lost is
	 * tried again; 0: default; KPC_NEVER_NS: not at all.
	 */
	uint64_t reconnect_ns;
	/*
	 * Whoever is in these cgroups, or in descendants of them, while it is:
	 * names, NULL-terminated, see --cgroup of collect-record(1). A command
	 * is recorded if it is in one.
	 */
	const char *const *cgroups;
	enum kpc_mmaps_choice mmaps;
	/*
	 * Writes it in parts, each a trace by itself, in files NAME.000001.EXT
	 * and so on if output is NAME.EXT: a new one when one has about so many
	 * bytes, or has been written for so long; 0: not for that. Below
	 * KPC_ROTATE_BYTES_MIN and KPC_ROTATE_NS_MIN: -EINVAL. No file that is
	 * there is written to, nor where a link leads.
	 */
	uint64_t rotate_bytes;
	uint64_t rotate_ns;
	uint32_t rotate_keep; /* and removes the oldest beyond so many; 0: none */
	/* Of callchain, which is by frame pointers: */
	bool callchain_no_kernel; /* without the kernel's part */
	bool callchain_no_user;	  /* … the user's */
	uint32_t max_stack; /* entries at most; 0: kernel.perf_event_max_stack,
			     * which is the largest, too */
	enum kpc_codec codec; /* without one, zstd_level means nothing */
	/*
	 * A flight recorder: if one of the first two isn't 0, nothing is written
	 * but dumps of the last overwrite_ns (0: of all that there's room for), each
	 * a trace by itself, in files NAME.000001.EXT and so on if output is
	 * NAME.EXT. Until then what is encoded is kept in overwrite_bytes of memory
	 * (0: memory_bytes), the oldest goes for the newest and for want of room,
	 * and is in the ledger as overwritten. A dump that fails is told to the log,
	 * and the recording goes on.
	 */
	uint64_t overwrite_ns;
	uint64_t overwrite_bytes; /* 1 MiB at least */
	bool overwrite_end;	  /* a dump at the end, too */
	/*
	 * The first record of an event, EVENT or "EVENT if EXPRESSION" as of
	 * collect --trigger, makes one dump so long after itself, which is part of
	 * overwrite_ns; NULL: only kpc_session_dump() does.
	 */
	const char *trigger;
	uint64_t trigger_after_ns;
	/*
	 * When hits take more of the time of all CPUs that are online, in
	 * millionths, as measured at the start (see kpc_costs_measure()) and counted
	 * since, the costliest event's period is raised; or it is disarmed to the end,
	 * where counting its hits takes too much by itself. The ledger says so. 0: no
	 * limit.
	 */
	uint32_t max_overhead_ppm;
	/*
	 * Takes the rows as they come, and output is NULL: nothing is written. Called
	 * by a thread of the session's own, one at a time, about flush_ns after the
	 * row at the latest; rows of one ring come in their order, those of several
	 * don't. A thread has the name that it has when the row is given; info and
	 * realtime_ns are of files, and zero. What it delays waits in memory_bytes,
	 * then in the rings, and is lost and counted then. Threads that the program
	 * has when it runs are left out, with system_wide. Of the session it may call
	 * kpc_session_stop() only: others, kpc_session_result() too, wait for locks
	 * whose owners may wait for it.
	 */
	void (*consume)(void *ctx, const struct kpc_row *row);
	void *consume_ctx;
	/*
	 * What is written has tokens for names of threads, files and the host and for
	 * strings and bytes of events, and other addresses than the real ones, as
	 * --anonymize of collect-record(1) says. Not with consume.
	 */
	bool anonymize;
	/*
	 * Each row has the control group that its thread was in, and the trace their
	 * names. -EOPNOTSUPP: the kernel can't.
	 */
	bool all_cgroups;
};

/* How a recording ended, or goes. */
struct kpc_session_result {
	size_t size;	 /* sizeof(struct kpc_session_result) */
	uint64_t events; /* samples in the file */
	uint64_t lost;	 /* samples lost in rings */
	uint64_t file_bytes;
	uint64_t elapsed_ns;
	bool has_status;   /* the command was run and ended */
	int status;	   /* its wait status, as waitpid(2) gives it */
	bool lost_unknown; /* there may be more than lost: nobody counts it */
};

/*
 * Opens the events, the rings and the file; nothing is recorded yet.
 * Errors: -EINVAL (bad option or event; a BPF program that the verifier or the
 * module refuses), -ENOENT (no such event, file or program, or the module isn't
 * loaded), -EOPNOTSUPP (the module is too old), -EACCES/-EPERM (permission), and
 * what open(2), perf_event_open(2), bpf(2) and mmap(2) give. The text of a failed
 * constructor is written to @error (of @error_size bytes, NUL-terminated; may be
 * NULL).
 */
KPC_API int kpc_session_new(struct kpc_session **session,
			    const struct kpc_session_opts *opts, char *error,
			    size_t error_size);

/*
 * Records until the command ends, all of pids and tids have ended, the duration is
 * over, or kpc_session_stop().
 * Returns 0 when the file is whole and closed; on a failed write, the negative
 * errno, after the events were disabled: what was written stays valid.
 */
KPC_API int kpc_session_run(struct kpc_session *session);

/*
 * Ends kpc_session_run() soon; from any thread or a signal handler. A slow reader of
 * a pipe or a socket is waited for then, as long as it takes something every three
 * seconds, until this is called again: run fails, with what hasn't arrived.
 */
KPC_API void kpc_session_stop(struct kpc_session *session);

/*
 * Makes a dump soon, of a session with overwrite_ns or overwrite_bytes (others
 * ignore it); what is asked for while one is made is one more dump. From any thread
 * or a signal handler.
 */
KPC_API void kpc_session_dump(struct kpc_session *session);

KPC_API int kpc_session_result(const struct kpc_session *session,
			       struct kpc_session_result *result);

/* The final ledger; valid until free; NULL before the end of run. */
KPC_API const struct kpc_ledger *
kpc_session_ledger(const struct kpc_session *session);

/* What it records, as opened by new; valid until free. NULL if @id is out of range. */
KPC_API uint32_t kpc_session_nr_events(const struct kpc_session *session);
KPC_API const struct kpc_event *
kpc_session_event(const struct kpc_session *session, uint32_t id);

KPC_API const char *kpc_session_error(const struct kpc_session *session);
KPC_API void kpc_session_free(struct kpc_session *session);

/* ---- counting ------------------------------------------------------------ */

struct kpc_counters;

/* An event as it was counted. Texts are the counters', until free. */
struct kpc_counter {
	const char *name;
	enum kpc_source source;
	enum kpc_unit
		unit; /* of count: KPC_UNIT_NS, of clocks and such, or hits */
	uint64_t count;
	bool has_time;	   /* the calls are timed: of functions */
	uint64_t time_ns;  /* in those that returned, all together */
	const char *field; /* whose values are added up; or NULL */
	uint64_t sum;
	/*
	 * Hits of the probe, whoever had them, that weren't counted: a lower bound,
	 * as missed_kprobe, missed_return and recursion of its account.
	 */
	uint64_t missed;
	bool deaf; /* the kernel doesn't call the probe */
	uint64_t enabled_ns;
	uint64_t running_ns; /* of that: less where events share a counter */
};

struct kpc_counts {
	const struct kpc_counter *counters; /* in the order of the events */
	uint32_t nr;
	uint64_t elapsed_ns;
	bool has_status; /* the command was run and ended */
	int status;	 /* as waitpid(2) gives it */
};

struct kpc_counters_opts {
	size_t size; /* sizeof(struct kpc_counters_opts) */
	/* These are as in struct kpc_session_opts. */
	const char *const *events;
	bool system_wide;
	const char *cpus;
	const pid_t *pids;
	uint32_t nr_pids;
	const pid_t *tids;
	uint32_t nr_tids;
	const char *const *cgroups;
	char *const *argv;
	uint64_t duration_ns;
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;
	/* Called every interval_ns while it counts, by who is in run; may be NULL. */
	void (*interval)(void *ctx, const struct kpc_counts *so_far);
	void *interval_ctx;
	uint64_t interval_ns;
	bool times;	 /* the time in functions, too, where it can be taken */
	const char *sum; /* and the values of this argument; NULL: of none */
};

/*
 * Opens events that only count: there are no records and no rings, and a hit costs
 * an addition. Errors and @error as of kpc_session_new().
 */
KPC_API int kpc_counters_new(struct kpc_counters **counters,
			     const struct kpc_counters_opts *opts, char *error,
			     size_t error_size);
/* Counts, once, until what ends a session. 0 or a negative errno. */
KPC_API int kpc_counters_run(struct kpc_counters *counters);
/* Ends kpc_counters_run() soon; from any thread or a signal handler. */
KPC_API void kpc_counters_stop(struct kpc_counters *counters);
/*
 * What was counted, or has been so far. @counts, which is filled, is valid until the
 * next call. 0 or a negative errno.
 */
KPC_API int kpc_counters_read(struct kpc_counters *counters,
			      struct kpc_counts *counts);
KPC_API const char *kpc_counters_error(const struct kpc_counters *counters);
KPC_API void kpc_counters_free(struct kpc_counters *counters);

/* ---- probes -------------------------------------------------------------- */

/*
 * Definitions are as collect record -e takes them: those of the kernel's
 * kprobe_events, with arguments by their names and paths to members,
 *
 *   p:NAME vfs_write count file->f_path.dentry->d_name.name if count > 4096
 *
 * which the kernel's BTF resolves. kprobex(4) has the whole grammar.
 */

struct kpc_probes; /* a connection to the module */

/* What kpc_probes_add() and kpc_definition() do besides. */
#define KPC_PROBE_ALL_ARGS (1u << 0) /* all arguments of the function, too */

/* One that has a name; valid during the call. */
struct kpc_probe {
	const char *name;
	const char *definition; /* as the module has it */
	uint32_t id;
	uint32_t targets;    /* addresses */
	uint32_t events;     /* that are open */
	uint32_t programs;   /* BPF programs */
	uint32_t mechanisms; /* 1 << 1 int3, 1 << 2 a jump, 1 << 3 ftrace are in
			      * force; 1 << 0: a return is hooked, too */
	bool alias;	     /* only a name: see kpc_probes_expose() */
	struct kpc_probe_account account; /* since it was defined */
};

/* A non-zero value ends the list, which returns it. */
typedef int (*kpc_probe_fn)(void *ctx, const struct kpc_probe *probe);

/*
 * Connects. -ENOENT the module isn't loaded; -EACCES; -EPROTO another version of
 * it. The reason is in @error.
 */
KPC_API int kpc_probes_open(struct kpc_probes **probes, char *error,
			    size_t error_size);
KPC_API void kpc_probes_close(struct kpc_probes *probes);
KPC_API const char *kpc_probes_error(const struct kpc_probes *probes);
/*
 * Defines a probe that stays until it's removed, called as its definition says, or
 * as its function (with __return behind it, of a return). A target such as vfs_*
 * has all functions that match. -EEXIST the name is taken; -EINVAL, -ENOENT,
 * -ENODATA (no BTF) as the text is at fault.
 */
KPC_API int kpc_probes_add(struct kpc_probes *probes, const char *definition,
			   uint32_t flags);
/* Removes the probe called @name. -ENOENT; -EBUSY events of it are open. */
KPC_API int kpc_probes_remove(struct kpc_probes *probes, const char *name);
/*
 * Calls @fn for each probe whose name @pattern, a shell pattern, matches (NULL:
 * all), by name, but not for aliases. Returns how many there were, @fn's value, or a
 * negative errno.
 */
KPC_API int kpc_probes_list(struct kpc_probes *probes, const char *pattern,
			    kpc_probe_fn fn, void *ctx);

/* What became of the functions that kpc_probes_expose() was to make names of. */
struct kpc_exposed {
	size_t size;	      /* sizeof(struct kpc_exposed) */
	uint32_t added;	      /* names that there are now */
	uint32_t there;	      /* that there were, of a probe or an alias */
	uint32_t ambiguous;   /* functions that share theirs with others */
	uint32_t blacklisted; /* that can't be probed */
	uint32_t untraced;    /* symbols that ftrace can't call: exposed only by
			       * their very names, for not all are functions */
	uint32_t unnamable; /* whose name an event can't have: too long, or one
			       * that perf takes for a term */
};

/*
 * Makes the functions that @patterns (NULL-terminated) match events of the PMU by
 * name, for perf and whatever else looks there, as kprobex/FUNCTION/: aliases, which
 * cost a file in sysfs each until they're opened. In a name, _ stands for each dot.
 * They stay until kpc_probes_hide(), or until the module is unloaded. @exposed, whose
 * size the caller sets, is also filled, as far as it went, on failure: -ENOENT no
 * function matches one of them, and nothing was done; -EINVAL one, which is no
 * pattern, can't be exposed, and those behind it weren't; -EACCES; -ENOSPC there are
 * too many probes.
 */
KPC_API int kpc_probes_expose(struct kpc_probes *probes,
			      const char *const *patterns,
			      struct kpc_exposed *exposed);
/*
 * Removes the aliases whose names @pattern matches. Returns how many; -EBUSY: some
 * are open, and stayed; or another negative errno.
 */
KPC_API int kpc_probes_hide(struct kpc_probes *probes, const char *pattern);
/* As kpc_probes_list(), for aliases only. */
KPC_API int kpc_probes_exposed(struct kpc_probes *probes, const char *pattern,
			       kpc_probe_fn fn, void *ctx);
/*
 * What the module would be given for @text: named, with its paths resolved. Needs
 * no module. The caller frees *@definition. 0 or as of kpc_probes_add().
 */
KPC_API int kpc_definition(const char *text, uint32_t flags, char **definition,
			   char *error, size_t error_size);

/* How a function can be probed at its entry. */
enum kpc_function_probing {
	KPC_FUNCTION_FTRACE, /* by the call that ftrace has there: the cheapest */
	KPC_FUNCTION_KPROBE,	  /* by a jump or a breakpoint */
	KPC_FUNCTION_BLACKLISTED, /* not at all: probes would recurse in it */
};

struct kpc_function { /* valid during the call */
	const char *name;
	const char *module; /* NULL: of the kernel itself */
	uint64_t address;   /* 0: hidden */
	enum kpc_function_probing probing;
	const char *prototype; /* as C has it; NULL: the BTF doesn't have it, or
				* it wasn't asked for */
};

typedef int (*kpc_function_fn)(void *ctx, const struct kpc_function *function);

/* What kpc_functions_list() finds out besides. */
#define KPC_FUNCTION_PROTOTYPES (1u << 0)

/*
 * Calls @fn for each function of the kernel, and then of its modules, that @pattern
 * matches, by name. Returns as kpc_probes_list(); -ENOENT none does, with the reason.
 */
KPC_API int kpc_functions_list(const char *pattern, uint32_t flags,
			       kpc_function_fn fn, void *ctx, char *error,
			       size_t error_size);

/* A place in the running kernel's text: start + offset. */
struct kpc_kernel_place {
	size_t size;	  /* sizeof(struct kpc_kernel_place) */
	char symbol[512]; /* that it is in */
	char module[64];  /* whose that is; "": of the kernel itself */
	uint64_t start;	  /* of the symbol */
	uint64_t bytes;	  /* to the next one; 0: not known */
	uint64_t offset;  /* from its start */
};

/*
 * Where a probe is, of many functions the first; and what an address of the kernel
 * is in. By /proc/kallsyms. 0; -ENOENT: there is no such symbol; -EACCES: addresses
 * are hidden; -EINVAL: the size, or the definition.
 */
KPC_API int kpc_probe_place(const struct kpc_probe *probe,
			    struct kpc_kernel_place *place);
KPC_API int kpc_kernel_place(uint64_t address, struct kpc_kernel_place *place);
/*
 * Copies at most @size bytes of the kernel's memory at @address, as it is now, by
 * /proc/kcore. How many there are, or a negative errno: -EFAULT no such memory;
 * -EACCES, -EPERM not permitted, by lockdown too; -ENOENT the kernel has no kcore.
 */
KPC_API ssize_t kpc_kernel_text(uint64_t address, void *bytes, size_t size);

typedef int (*kpc_tracepoint_name_fn)(void *ctx, const char *system,
				      const char *name);

/*
 * Calls @fn for each tracepoint whose "SYSTEM:NAME", or NAME, @pattern matches. As
 * kpc_functions_list().
 */
KPC_API int kpc_tracepoints_list(const char *pattern, kpc_tracepoint_name_fn fn,
				 void *ctx, char *error, size_t error_size);

/*
 * Of a pattern that matches no probe, function or tracepoint: says so, with the names
 * nearest to it. -ENOENT; or another negative errno with the reason, if not all of
 * them can be read.
 */
KPC_API int kpc_name_missing(const char *pattern, char *error,
			     size_t error_size);

/* ---- programs and shared libraries --------------------------------------- */

/*
 * Their files are named as in u:FILE:FUNCTION of collect record -e: by a path, or by
 * the name of a program in $PATH or of a shared library.
 */

struct kpc_file_function { /* valid during the call */
	const char *file;
	const char *name;
	uint64_t offset; /* in the file */
	uint64_t bytes;	 /* 0: not known */
	bool is_chooser; /* of an indirect function: it chooses, when a program
			  * starts, which function that is to be */
};

typedef int (*kpc_file_function_fn)(void *ctx,
				    const struct kpc_file_function *function);

/*
 * Calls @fn for each function of @file that the shell pattern @pattern matches (NULL:
 * all), by name. Returns as kpc_probes_list(); -ENOENT there is no such file or
 * function, -EINVAL it isn't a program or shared library, -EBADMSG it is damaged, with
 * the reason.
 */
KPC_API int kpc_file_functions_list(const char *file, const char *pattern,
				    kpc_file_function_fn fn, void *ctx,
				    char *error, size_t error_size);

struct kpc_usdt_argument {
	const char *type;   /* s32; NULL: it can't be recorded, */
	const char *reason; /* because of this */
};

/* A probe that its file brings with it; valid during the call. */
struct kpc_usdt {
	const char *file;
	const char *provider;
	const char *name;
	uint32_t places;
	bool has_semaphore; /* it does nothing unless somebody listens */
	const struct kpc_usdt_argument
		*arguments; /* arg1, … of its first place */
	uint32_t nr_arguments;
};

typedef int (*kpc_usdt_fn)(void *ctx, const struct kpc_usdt *probe);

/* The same of USDT probes; @pattern is of NAME or "PROVIDER:NAME". */
KPC_API int kpc_usdt_list(const char *file, const char *pattern, kpc_usdt_fn fn,
			  void *ctx, char *error, size_t error_size);

/* ---- doctor -------------------------------------------------------------- */

enum kpc_check_state {
	KPC_CHECK_OK,
	KPC_CHECK_WARNING, /* less is recorded, or it takes more to do so */
	KPC_CHECK_PROBLEM, /* it keeps probes, or everything, from being recorded */
};

/* One thing about this machine that was looked at; valid during the call. */
struct kpc_check {
	const char *group; /* "Kernel", "Module", … */
	const char *name;
	enum kpc_check_state state;
	const char *found;
	const char *meaning; /* for who records; NULL: nothing to be said */
	const char *mend;    /* the command for it, or NULL */
};

/* A non-zero value ends it. */
typedef int (*kpc_check_fn)(void *ctx, const struct kpc_check *check);

struct kpc_doctor_opts {
	size_t size; /* sizeof(struct kpc_doctor_opts) */
	/*
	 * Where /proc, /sys, /boot, /lib and /dev are; NULL: /. Below another root
	 * only files are looked at, and the running kernel isn't asked.
	 */
	const char *root;
};

/*
 * Calls @fn with all that recording depends on here, in a fixed order: kernel,
 * module, permissions, limits, tracing, programs. @opts NULL: defaults. Returns 0,
 * @fn's value, or -EINVAL (the size). Runs `perf version`.
 */
KPC_API int kpc_doctor(const struct kpc_doctor_opts *opts, kpc_check_fn fn,
		       void *ctx);

/* Ways in which the kernel calls a probe; the bits of kpc_probe.mechanisms. */
enum kpc_mechanism {
	KPC_MECHANISM_RETURN,
	KPC_MECHANISM_INT3,
	KPC_MECHANISM_JUMP,
	KPC_MECHANISM_FTRACE,
	KPC_NR_MECHANISMS
};

/* What has a cost: those mechanisms, and what needs no module. */
enum kpc_cost {
	KPC_COST_TRACEPOINT = KPC_NR_MECHANISMS, /* a system call's */
	KPC_COST_PROGRAM,			 /* a probe in a program, */
	KPC_COST_PROGRAM_STEP, /* … on an instruction that the kernel has the
				 * program do elsewhere, in a single step */
	KPC_NR_COSTS
};

/* What one hit takes of the CPU that it is on, in nanoseconds. */
struct kpc_hit_cost {
	double counted_ns;  /* by an event that counts */
	double recorded_ns; /* … by one that records it, with two arguments */
	char why_not[128]; /* ""; else it couldn't be measured, and this is why */
};

struct kpc_costs {
	size_t size; /* sizeof(struct kpc_costs) */
	double call_ns; /* the call of a function of the module's that does nothing;
			 * not part of: 0: not measured */
	struct kpc_hit_cost hit[KPC_NR_COSTS];
};

/*
 * Measures them, by probes on a function of the module's own and the like, for some
 * tenths of a second each: the median of several runs. @costs->size is the caller's.
 * What couldn't be measured says why. 0 or -EINVAL.
 */
KPC_API int kpc_costs_measure(struct kpc_costs *costs);

/* ---- receiving ----------------------------------------------------------- */

struct kpc_receiver;

struct kpc_receiver_opts {
	size_t size;	     /* sizeof(struct kpc_receiver_opts) */
	const char *address; /* where to listen: unix:PATH, tcp:HOST:PORT (an
			      * empty HOST is all of this machine's) */
	/*
	 * NAME.EXT names the files: a trace goes into NAME.UUID.EXT, a part of
	 * a series into NAME.SERIES.NUMBER.EXT, all in hex but the number.
	 */
	const char *output;
	bool single;   /* one trace, into output itself; run ends with it */
	uint32_t mode; /* of a UNIX socket; 0: 0600 */
	/* Called by the thread in kpc_receiver_new() or kpc_receiver_run(). */
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;
};

struct kpc_receiver_result {
	size_t size;	/* sizeof(struct kpc_receiver_result) */
	uint64_t whole; /* traces that were received to their end */
	uint64_t cut;	/* … that began, or went on, and didn't end yet */
};

/*
 * Listens for what collect -o ADDRESS sends. Senders are strangers: what they send
 * is checked packet by packet, and they choose no file's name. @error as in
 * kpc_session_new().
 */
KPC_API int kpc_receiver_new(struct kpc_receiver **receiver,
			     const struct kpc_receiver_opts *opts, char *error,
			     size_t error_size);
/*
 * Receives until kpc_receiver_stop(), or until its single trace is whole. What goes
 * wrong with a sender or a file ends a connection, and is for the log.
 */
KPC_API int kpc_receiver_run(struct kpc_receiver *receiver);
/* Ends kpc_receiver_run() soon; from any thread or a signal handler. */
KPC_API void kpc_receiver_stop(struct kpc_receiver *receiver);
KPC_API int kpc_receiver_result(const struct kpc_receiver *receiver,
				struct kpc_receiver_result *result);
KPC_API const char *kpc_receiver_error(const struct kpc_receiver *receiver);
KPC_API void kpc_receiver_free(struct kpc_receiver *receiver);

/* ---- how far a call is --------------------------------------------------- */

/* What a call that goes through whole files does, one after the other. */
enum kpc_stage {
	KPC_STAGE_FETCH,  /* copies what can't be read twice, such as a pipe */
	KPC_STAGE_SCAN,	  /* looks for packets */
	KPC_STAGE_DECODE, /* reads what is in them */
	KPC_STAGE_WRITE,  /* writes those that are good */
};

struct kpc_progress {
	size_t size; /* sizeof(struct kpc_progress) */
	enum kpc_stage stage;
	uint32_t file;	/* the number, from 0, of the one that it is about, */
	uint32_t files; /* of so many */
	uint64_t done_bytes; /* of the file, in this stage; about */
	uint64_t bytes;	     /* all of them; 0: nobody knows yet, of a pipe */
	uint64_t rows;	     /* that were decoded */
};

struct kpc_file_opts {
	size_t size; /* sizeof(struct kpc_file_opts) */
	/*
	 * Called for each packet, chunk or thousand records, by the thread that is
	 * in the call: it should look at a clock before it does anything dear. May
	 * be NULL.
	 */
	void (*progress)(void *ctx, const struct kpc_progress *so_far);
	void *progress_ctx;
};

/* ---- reading ------------------------------------------------------------- */

struct kpc_reader;

#define KPC_TID_UNKNOWN UINT32_MAX /* of a row */

struct kpc_value {
	uint64_t u;	     /* integers: sign-extended if signed */
	const uint8_t *blob; /* strings and bytes; not NUL-terminated */
	uint32_t blob_bytes;
	bool fault; /* the kernel couldn't read this string */
};

/* One row. Valid until the next call on the reader. */
struct kpc_row {
	const struct kpc_event *event;
	uint64_t time_ns; /* trace clock */
	uint32_t ring;
	int32_t cpu;	  /* -1: unknown */
	uint32_t tid;	  /* KPC_TID_UNKNOWN: not known; 0: idle */
	uint32_t pid;	  /* as the task records have it; tid if unknown */
	const char *comm; /* NUL-terminated; "" if unknown */
	const struct kpc_value *values; /* event->nr_fields of them */
	const uint64_t *stack; /* call chain, innermost first, or NULL */
	uint32_t stack_depth;
	const uint8_t *payload; /* the raw record if it couldn't be split: then
				 * the values are empty */
	uint32_t payload_bytes;
	uint64_t weight; /* hits that the sample stands for; 0: not known */
	const struct kpc_trace_info *info; /* of its trace */
	int64_t realtime_ns; /* since 1970; of joined traces, else 0 */
	uint64_t cgroup;     /* the control group that the thread was in, by the
			  * kernel's id; 0: not known */
	const char *
		cgroup_path; /* from the hierarchy's root; "#ID" if the trace has
				  * no name for it; "" if it isn't known */
};

/* What kpc_reader_next_table() is asked for; flags. */
enum kpc_table_what {
	KPC_TABLE_TIMES = 1, /* times, too */
	/*
	 * Only what sums are made of: columns of other kinds than KPC_FIELD_UNSIGNED
	 * and KPC_FIELD_SIGNED may be zeros, and others may have @times.
	 */
	KPC_TABLE_SUMS = 2,
	KPC_TABLE_THREADS = 4, /* threads, too */
};

struct kpc_table_column {
	const uint64_t *v; /* a value for each record, or NULL: */
	uint64_t constant; /* all have this one */
	bool by_row;	   /* v has a value for each row instead */
	/* Not NULL: v has nr values instead, and v[i] is that of times[i] rows. */
	const uint32_t *times;
	uint32_t nr;
};

/*
 * The rows of one event in a chunk, by column, in their order. Where rows repeat
 * each other their records are there once: then row i is record[i], and that has
 * the value v[record[i]] in a column; else row i is record i. Valid until the next
 * call on the reader.
 */
struct kpc_table {
	const struct kpc_event *event;
	uint32_t rows;
	uint32_t records;	/* at most as many as rows */
	const uint64_t *record; /* of each row, below records; or NULL */
	/*
	 * event->nr_fields of them; those of common fields, strings and bytes are
	 * zeros. NULL: the records couldn't be split into fields.
	 */
	const struct kpc_table_column *columns;
	const uint64_t *time_ns; /* of the rows: KPC_TABLE_TIMES; else NULL */
	const uint64_t *tids; /* the same, as kpc_row.tid: KPC_TABLE_THREADS */
};

/* Which rows are wanted. What is 0 or NULL leaves the choice open. */
struct kpc_selection {
	size_t size;	  /* sizeof(struct kpc_selection) */
	uint64_t from_ns; /* trace clock (of joined traces: since 1970) */
	uint64_t to_ns;	  /* the first moment after; 0: no end */
	const char *const *events; /* names, or patterns as fnmatch(3) has them;
				    * NULL-terminated */
	const int32_t *cpus;
	uint32_t nr_cpus;
	const uint32_t *pids; /* as kpc_row.pid */
	uint32_t nr_pids;
};

/* What a file's bytes were worth. */
struct kpc_reader_health {
	size_t size; /* sizeof(struct kpc_reader_health) */
	uint64_t file_bytes;
	uint64_t packets;	  /* good ones */
	uint64_t damaged_packets; /* failed a check, skipped */
	uint64_t damaged_bytes; /* bytes in no good packet, the cut tail included */
	uint64_t unknown_packets; /* need a newer reader */
	uint64_t missing_chunks;  /* gaps in the rings' sequence numbers */
	uint64_t rows;		  /* given by kpc_reader_next() so far */
	uint64_t lost_in_chunks;  /* losses noted in the chunks read so far */
	uint64_t unparsed;   /* records that the collector couldn't read, in
				 * the chunks read so far */
	bool cut;	     /* a trace has no Footer at its end */
	uint64_t cut_at;     /* the first byte after the last good packet */
	uint32_t cut_traces; /* how many have none */
	bool cut_end;	     /* the file's last one is among them */
};

/* Of the recorded machine; numbers are 0 and strings "" where unknown. */
struct kpc_host_info {
	const char *os_release; /* such as "Debian GNU/Linux 12 (bookworm)" */
	const char *kernel_options; /* those that matter to who reads a trace */
	const char *cpu_model;
	const char *clocksource;
	const char *hypervisor; /* "unknown": there is one */
	uint8_t boot_id[16];	/* zeros if unknown */
	uint8_t kernel_build_id[20];
	uint32_t kernel_build_id_bytes;
	uint32_t cpus_possible;
	uint32_t cpu_sockets;
	uint32_t cpu_cores;
	uint32_t numa_nodes;
	uint64_t memory_bytes;
	int32_t perf_event_paranoid; /* INT32_MIN: unknown */
	int32_t kptr_restrict;	     /* INT32_MIN: unknown */
};

/* The Header's facts; strings are "" where unknown. Owned by the reader. */
struct kpc_trace_info {
	uint8_t uuid[16];
	const char *writer;
	const char *hostname;
	const char *kernel_release;
	const char *machine;
	const char *const *argv; /* the collector's; NULL-terminated */
	uint32_t clock_id;
	uint32_t nr_rings;
	uint64_t start_ns;	    /* trace clock */
	uint64_t end_ns;	    /* last time of any chunk or ledger */
	int64_t realtime_offset_ns; /* add to trace times for CLOCK_REALTIME */
	bool has_realtime;
	uint32_t traces; /* in the file */
	bool cut;	 /* this trace has no Footer */
	/* Of a merged file: how far realtime readings were apart, at most. */
	bool merged;
	uint64_t uncertainty_ns;
	uint32_t clock_steps; /* times that CLOCK_REALTIME was set on the way */
	const char *kernel_version; /* uname(2)'s */
	uint32_t cpus_online;
	uint32_t page_bytes;
	const struct kpc_host_info *host; /* never NULL */
	/* Of a series, as collect --rotate writes it: its ledger is its own. */
	uint32_t part;		/* from 1; 0: it isn't one */
	uint32_t parts_removed; /* before it, to keep only so many */
	bool dump;		/* of a flight recorder */
	uint8_t series[16];
	const int32_t *ring_cpus; /* of nr_rings; -1: none in particular; NULL:
				   * not known */
	uint32_t argv_omitted;	  /* words behind those of argv */
	bool part_follows; /* this one's end says so: another part, or dump */
	bool anonymous; /* tokens and other addresses are in place of the real ones */
};

/*
 * Opens and scans a trace file ("-": standard input, copied to a temporary
 * file). Chunk bodies are not decompressed yet. A cut or damaged file opens as
 * far as it is readable: see health. Where a trace has an index, its chunks are only
 * looked at when they are read, and damage in them is known then. Errors: -EBADMSG
 * (not a trace file, or nothing readable in it), open(2)'s, -ENOMEM. @error as in
 * kpc_session_new().
 */
KPC_API int kpc_reader_open(struct kpc_reader **reader, const char *path,
			    char *error, size_t error_size);
/*
 * The same with options, NULL: defaults. Of a reader, progress is called as long as
 * that is open, by whoever is in a call on it: in open as what can't be read twice is
 * copied (KPC_STAGE_FETCH) and as a file without an index is scanned (KPC_STAGE_SCAN),
 * then for each chunk that is read (KPC_STAGE_DECODE, with kpc_reader_position() and
 * health.rows, and from the beginning again after a rewind). In it the reader may be
 * asked for its health, position and info.
 */
KPC_API int kpc_reader_open_opts(struct kpc_reader **reader, const char *path,
				 const struct kpc_file_opts *opts, char *error,
				 size_t error_size);

/*
 * The next row in (time, ring, order) of the current trace, the file's first to
 * begin with; one chunk per ring is in memory. Returns 1 and fills @row, 0 at
 * the trace's end, or a negative errno. A damaged chunk is skipped and counted
 * in health, which is final only at the end.
 */
KPC_API int kpc_reader_next(struct kpc_reader *reader, struct kpc_row *row);

/*
 * From here on only the rows that are in @selection (NULL: all), of this trace and
 * the next ones; the trace is read from its beginning again. Chunks that have none
 * of them are passed over by what the index or their heads say. 0, -EINVAL (its
 * size) or -ENOMEM.
 */
KPC_API int kpc_reader_select(struct kpc_reader *reader,
			      const struct kpc_selection *selection);
/*
 * From here on only the rows of which the expression @text is true (NULL: all), of
 * this trace and the next ones, besides what is selected; the trace is read from its
 * beginning again. Such as
 *
 *   event == "vfs_write" && count > 4K && (comm ~ "dd*" || !(cpu == 0))
 *
 * A comparison has a name, == != < <= > >= (or &: some of these bits are set) and a
 * number, or == != or ~ (a glob) and a text, which needs quotes only for its blanks
 * and signs. Numbers are decimal or 0x hex, with K M G T (times 1024) or ns us ms s (in
 * nanoseconds) behind them, -ENOENT and the like, the names that the kernel has for
 * the field's values, addresses as 10.0.0.1, or another field. A name is one of the
 * row's, event comm pid tid cpu time (in seconds, or with + since the trace's
 * beginning) ring stack_depth cgroup (a path), or a field's: NAME, NAME[INDEX] of an array, or
 * args.NAME where the row has that name, too.
 *
 * A comparison with what a row doesn't have is neither true nor false: neither it nor
 * its opposite lets the row in. Chunks without such rows are passed over as far as
 * their heads say it: by event, CPU, ring and time. 0; -EINVAL it makes no sense;
 * -ENOENT there is no such field in the file, or no such event; -ENOMEM.
 */
KPC_API int kpc_reader_filter(struct kpc_reader *reader, const char *text);
/*
 * Goes to the first row at or after that time (as kpc_row.time_ns; of joined
 * traces, realtime_ns), forward or back, within the selection. 0 or -ENOMEM.
 */
KPC_API int kpc_reader_seek(struct kpc_reader *reader, uint64_t time_ns);

/*
 * For a file that is still being written: looks for what was added to it, and from
 * here on kpc_reader_next() gives the rows of its last trace that it hasn't given
 * before, and are older by @hold_ns than the newest that the file has: the rings'
 * chunks come one after the other, and later ones may have earlier rows. A row that
 * comes later than that is given with the others of its call, out of order. 0: all
 * that there is. Selection and filter stay. Returns 1; 0 the trace has ended, and this
 * is the rest of it; or a negative errno. What kpc_reader_event() and
 * kpc_reader_ledger() gave is invalid then, and so are rows' events.
 */
KPC_API int kpc_reader_follow(struct kpc_reader *reader, uint64_t hold_ns);

/*
 * The same rows where their order doesn't matter, by chunk and event: many times
 * quicker, because only numbers are decoded, and counting needs none. @what is of
 * enum kpc_table_what, and the same until the trace's end. Returns 1 and fills
 * @table, 0 at the trace's end, or a negative errno: -EINVAL if times or processes
 * are selected, with a filter, or after kpc_reader_next() in this trace (as that does after this;
 * select or seek begin anew). Of a damaged chunk whose checksum is right (a broken
 * writer's) tables may be given though kpc_reader_next() refuses all of it.
 */
KPC_API int kpc_reader_next_table(struct kpc_reader *reader, unsigned int what,
				  struct kpc_table *table);

/*
 * Threads that decompress and decode ahead: 0: none, -1: by the number of CPUs,
 * the default. What is read is the same. From the next trace, select or seek on.
 */
KPC_API void kpc_reader_set_threads(struct kpc_reader *reader, int threads);

/*
 * Moves on to the file's next trace (there are several after `cat a b`), which
 * the calls below are then about. Returns 1, or 0 if there is none. What the
 * calls gave about earlier traces stays valid until close.
 */
KPC_API int kpc_reader_next_trace(struct kpc_reader *reader);
/* Goes back to the file's first trace, and its beginning. 0 or -ENOMEM. */
KPC_API int kpc_reader_rewind(struct kpc_reader *reader);

/*
 * Of a file that was merged: from here on kpc_reader_next() gives the rows of the
 * current trace and of all that were merged with it in one order, by realtime_ns;
 * kpc_row.info is the row's trace, and kpc_reader_next_trace() goes on behind all of
 * them. Returns how many traces they are; 0, and nothing changes, if the current one
 * isn't of a merge; or a negative errno.
 */
KPC_API int kpc_reader_join(struct kpc_reader *reader);

KPC_API const struct kpc_trace_info *
kpc_reader_info(const struct kpc_reader *reader);
KPC_API uint32_t kpc_reader_nr_events(const struct kpc_reader *reader);
/* NULL if @id is out of range. */
KPC_API const struct kpc_event *
kpc_reader_event(const struct kpc_reader *reader, uint32_t id);
/* The last ledger of the trace; NULL if there is none. */
KPC_API const struct kpc_ledger *
kpc_reader_ledger(const struct kpc_reader *reader);
KPC_API int kpc_reader_health(const struct kpc_reader *reader,
			      struct kpc_reader_health *health);
/* About how many of health.file_bytes were read, or passed over. */
KPC_API uint64_t kpc_reader_position(const struct kpc_reader *reader);
KPC_API const char *kpc_reader_error(const struct kpc_reader *reader);
KPC_API void kpc_reader_close(struct kpc_reader *reader);

/* ---- context: what addresses were ---------------------------------------- */

/* A symbol of the kernel. Texts are the reader's, until close. */
struct kpc_kernel_symbol {
	const char *name;   /* ""; only the module is known */
	const char *module; /* "": of the kernel itself; "bpf", "ftrace" and so
			     * on: made at run time */
	uint64_t start;	    /* of the symbol; of the module if it has no name */
	uint64_t bytes;
	uint64_t offset;	 /* of the address, from there */
	const uint8_t *build_id; /* the module's, or the kernel's */
	uint32_t build_id_bytes; /* 0: not known */
};

/* A file that was mapped. */
struct kpc_mapping {
	const char *path; /* as the process saw it; "[vdso]", "//anon", … */
	uint64_t start;	  /* of the mapping in memory */
	uint64_t bytes;
	uint64_t offset; /* of the address, in the file */
	const uint8_t *build_id;
	uint32_t build_id_bytes; /* 0: there is none, or it couldn't be read */
};

/* A thread. */
struct kpc_thread_info {
	uint32_t pid;	  /* of its process */
	const char *comm; /* its name then */
};

/* What of it a trace has. */
struct kpc_context_info {
	size_t size;	       /* sizeof(struct kpc_context_info) */
	uint64_t symbols;      /* of the kernel */
	uint64_t symbols_lost; /* addresses whose symbols weren't looked up */
	uint64_t modules;
	uint64_t modules_with_build_id;
	uint64_t ksymbols;   /* BPF programs and so on that came or went */
	uint64_t text_pokes; /* patches of the kernel's text */
	uint64_t maps;	     /* of processes */
	uint64_t maps_with_build_id;
	uint64_t maps_lost; /* not recorded */
	uint64_t clock_snapshots;
	bool symbols_denied; /* the kernel hid its addresses from the collector */
	uint64_t cgroups;    /* names of control groups */
	uint64_t cgroups_lost; /* at most: records, of these or of ksymbols */
};

/*
 * What an address of the kernel, and an executable one of process @pid, was at
 * that time (trace clock) in the trace: kpc_row.info of a row, or what
 * kpc_reader_info() gives. 0; -ENOENT: the trace doesn't say.
 */
KPC_API int kpc_trace_symbol(const struct kpc_trace_info *trace,
			     uint64_t address, uint64_t time_ns,
			     struct kpc_kernel_symbol *symbol);
KPC_API int kpc_trace_map(const struct kpc_trace_info *trace, uint32_t pid,
			  uint64_t address, uint64_t time_ns,
			  struct kpc_mapping *mapping);
/*
 * What thread @tid was at that time; the first that is known of it if that is later,
 * and the last after its end. 0; -ENOENT: the trace doesn't say.
 */
KPC_API int kpc_trace_thread(const struct kpc_trace_info *trace, uint32_t tid,
			     uint64_t time_ns, struct kpc_thread_info *thread);
/*
 * What CLOCK_REALTIME was then, in nanoseconds since 1970, by the clock
 * snapshots around it, also where it was set meanwhile. 0; -ENOENT.
 */
KPC_API int kpc_trace_realtime(const struct kpc_trace_info *trace,
			       uint64_t time_ns, int64_t *realtime_ns);
/* 0, or -EINVAL without a size. */
KPC_API int kpc_trace_context(const struct kpc_trace_info *trace,
			      struct kpc_context_info *context);
/* ---- exporting ----------------------------------------------------------- */

struct kpc_export;

enum kpc_export_flags {
	KPC_EXPORT_DIRECTORY = 1, /* writes a directory; not to stdout */
	KPC_EXPORT_BINARY = 2,	  /* not for a terminal */
	KPC_EXPORT_SEEKS = 4,	  /* a pipe gets all of it at the end */
	KPC_EXPORT_STACKS = 8,	  /* has call chains, summed up, not events */
	KPC_EXPORT_WEIGHT = 16,	  /* opts.weight has a meaning */
};

struct kpc_export_format_info { /* valid during the call */
	const char *name;
	const char *what; /* in a few words */
	unsigned int flags;
};

/* A non-zero value ends the list, which returns it. */
typedef int (*kpc_export_format_fn)(
	void *ctx, const struct kpc_export_format_info *format);

struct kpc_export_result {
	size_t size;	   /* sizeof(struct kpc_export_result) */
	uint64_t rows;	   /* that were read */
	uint64_t bytes;	   /* written; 0: not known, of a directory */
	uint64_t left_out; /* rows that the format has no place for */
};

struct kpc_export_opts {
	size_t size;	    /* sizeof(struct kpc_export_opts) */
	const char *format; /* its name */
	const char *output; /* path of the file, or the directory; "-": stdout */
	/*
	 * Names of events, or patterns as of kpc_selection, that will come: for a
	 * format that has to name their fields before the first. NULL-terminated;
	 * must stay; NULL: all.
	 */
	const char *const *events;
	/*
	 * Of call chains, what is added up: NULL the events, "hits" those that they
	 * stand for, else the values of that field.
	 */
	const char *weight;
	/*
	 * Names of functions in programs and shared libraries are read from the files of
	 * this machine that have the build-ids in the trace; not with this.
	 */
	bool no_files;
	/*
	 * Names of processes, files and hosts, and all other strings, become tokens by a
	 * key that is forgotten at the end, and addresses SYMBOL+OFFSET or what can't be
	 * told from one; see collect-export(1).
	 */
	bool anonymize;
	/* Called by who is in a call on the exporter; may be NULL. */
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;
	/*
	 * The same, each some thousand rows that are written, and at the end. How
	 * far the trace was read says the reader: see kpc_reader_open_opts().
	 */
	void (*progress)(void *ctx, const struct kpc_export_result *so_far);
	void *progress_ctx;
};

/* Calls @fn with each format. Returns 0 or @fn's value. */
KPC_API int kpc_export_formats(kpc_export_format_fn fn, void *ctx);

/*
 * Opens the output. A file or directory has its name only once it is whole: until
 * kpc_export_end() it is OUT.part-PID, and what is there under its name stays.
 * Errors: -ENOENT (no such format, no directory for the file), -EINVAL (options; a
 * binary format and a terminal; a link to what isn't a regular file), -EEXIST (a
 * directory to be made is there), and open(2)'s. @error as of kpc_session_new().
 */
KPC_API int kpc_export_new(struct kpc_export **out,
			   const struct kpc_export_opts *opts, char *error,
			   size_t error_size);
/*
 * Shows the events of all traces of a reader before the first is exported, for formats
 * that have a column for each field. The reader is at its first trace then, which
 * nothing was read of, and without a selection.
 */
KPC_API int kpc_export_show(struct kpc_export *exporter,
			    struct kpc_reader *reader);
/*
 * Writes what is selected of the reader's current trace, or of those that it has
 * joined. The reader stays open until kpc_export_end(). 0 or a negative errno; -EINTR
 * after kpc_export_stop(); no call but free does anything after a failure.
 */
KPC_API int kpc_export_trace(struct kpc_export *exporter,
			     struct kpc_reader *reader);
/* What was written so far is where the output goes. */
KPC_API int kpc_export_flush(struct kpc_export *exporter);
/* The output is whole, and has its name. @result, whose size is set, is filled. */
KPC_API int kpc_export_end(struct kpc_export *exporter,
			   struct kpc_export_result *result);
/* Ends what goes on, as a failure; from any thread or a signal handler. */
KPC_API void kpc_export_stop(struct kpc_export *exporter);
KPC_API const char *kpc_export_error(const struct kpc_export *exporter);
/* Without end, what was written is removed, but for a pipe, a device and stdout. */
KPC_API void kpc_export_free(struct kpc_export *exporter);

/* ---- whole files --------------------------------------------------------- */

enum kpc_verdict {
	KPC_WHOLE,
	KPC_CUT,     /* it ends early; all that is there is good */
	KPC_DAMAGED, /* something in it is damaged, missing or contradictory */
};

#define KPC_VERIFY_PLACES 16

struct kpc_verify_place {
	uint64_t offset;
	uint64_t bytes;
};

/* What a look at every byte of a file found. */
struct kpc_verify_result {
	size_t size; /* sizeof(struct kpc_verify_result) */
	enum kpc_verdict verdict;
	struct kpc_reader_health health; /* of the packets */
	uint32_t traces;
	uint64_t chunks;
	uint64_t bad_chunks; /* the checksum is right, what is in them isn't */
	uint64_t rows;	     /* in the others */
	uint64_t lost;	     /* as they note, when they were recorded */
	uint64_t index_errors;	/* chunks that index or head misstate */
	uint64_t footer_errors; /* traces whose footer does */
	uint64_t ledgers;	/* traces that have a final account */
	uint64_t ledger_errors; /* events with more or fewer rows than it says */
	uint64_t missing_rows;	/* that it has more */
	uint32_t nr_places;	/* the first damaged ones */
	struct kpc_verify_place places[KPC_VERIFY_PLACES];
};

/*
 * Reads all of a file ("-": standard input) and checks everything that can be
 * checked. Damage is no failure: it is in @result, whose size the caller sets. @opts
 * NULL: defaults, here and below.
 * Errors as of kpc_reader_open(), with their text in @error.
 */
KPC_API int kpc_verify(const char *path, const struct kpc_file_opts *opts,
		       struct kpc_verify_result *result, char *error,
		       size_t error_size);

/*
 * Writes what is good in the file @in to @out ("-": standard output), with a new
 * index and footer. @in isn't changed, and may not be @out (-EINVAL). @found, whose
 * size the caller sets, says what was wrong with @in.
 */
KPC_API int kpc_repair(const char *in, const char *out,
		       const struct kpc_file_opts *opts,
		       struct kpc_verify_result *found, char *error,
		       size_t error_size);

/* How a merge went. */
struct kpc_merge_result {
	size_t size; /* sizeof(struct kpc_merge_result) */
	uint32_t traces;
	enum kpc_verdict verdict; /* the worst of the files' */
	/*
	 * The most by which a clock's readings were apart: the order of rows of
	 * different traces that are closer isn't known, however well the hosts'
	 * clocks agree.
	 */
	uint64_t uncertainty_ns;
	uint32_t steps; /* times that a realtime clock was set on the way */
};

/*
 * Writes the traces of the files @in (NULL-terminated) to @out, to be read in one
 * order by CLOCK_REALTIME; see kpc_reader_join(). Of damaged ones, what is good.
 * -EINVAL if a trace has no Header or no ClockSnapshot, or is given twice, or a file
 * is @out.
 */
KPC_API int kpc_merge(const char *const *in, const char *out,
		      const struct kpc_file_opts *opts,
		      struct kpc_merge_result *result, char *error,
		      size_t error_size);

/* What a perf.data had, and what of it no trace has a place for. */
struct kpc_import_result {
	size_t size; /* sizeof(struct kpc_import_result) */
	uint64_t samples;
	uint64_t lost;	     /* as PERF_RECORD_LOST tell */
	uint64_t bytes;	     /* of the trace */
	bool cut;	     /* the file ends before it says, or in a record */
	bool damaged;	     /* some of it made no sense */
	uint64_t unreadable; /* records */
	uint32_t bad_parts;  /* sections, and formats of tracepoints */
	uint32_t unknown_events; /* tracepoints without a format: their records
				  * are whole, but not split into fields */
	uint64_t late;		 /* samples that are behind later ones, because
				* the file has them so far apart */
	uint64_t without_time;	 /* samples: they have that of the one before */
	/* Samples that had one of these, which isn't in the trace. */
	uint64_t branch_stacks;
	uint64_t user_stacks;
	uint64_t registers;
	uint64_t values;	/* counts, weights, data sources and so on */
	uint64_t aux_bytes;	/* of processor traces and the like */
	uint64_t other_records; /* such as of namespaces and context switches */
};

/*
 * Makes a trace @out ("-": standard output) of what perf record wrote into @in ("-":
 * standard input), to a file or a pipe, compressed or not. Of one that is cut or
 * damaged, what is readable. -EBADMSG: it is no perf.data, or nothing in it can be
 * read; -EINVAL: @in is @out; open(2)'s; -ENOMEM.
 */
KPC_API int kpc_import(const char *in, const char *out,
		       const struct kpc_file_opts *opts,
		       struct kpc_import_result *result, char *error,
		       size_t error_size);

#ifdef __cplusplus
}
#endif

#endif /* COLLECT_H */
