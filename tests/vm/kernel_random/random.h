/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernel_random's parts share: the tally, the random numbers, the workers.
 * Every do_… is one thing that a worker does, from time to time.
 */
#ifndef TESTS_VM_KERNEL_RANDOM_H
#define TESTS_VM_KERNEL_RANDOM_H

#include <pthread.h>

#include "../kernel.h"
#include "../ring.h"

#define WORKERS 8
#define SLOTS	6
#define NAMES	8
#define RECENT	64
#define TRACING "/sys/kernel/tracing/events/kprobex/"
#define EVENTS	"/sys/bus/event_source/devices/kprobex/events/"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* X(KIND, words, 1 if every version must do it) */
#define KINDS(X)                                            \
	X(PLAIN, "defined: registers", 1)                   \
	X(RETURN, "defined: return", 0)                     \
	X(MAXACTIVE, "defined: return with maxactive", 0)   \
	X(MEMORY, "defined: memory, bitfields, arrays", 0)  \
	X(STRING, "defined: strings", 0)                    \
	X(IF, "defined: if", 0)                             \
	X(SYS, "defined: sys_NAME and $args", 0)            \
	X(MANY, "defined: many targets", 0)                 \
	X(WRITTEN, "defined: through write(2)", 1)          \
	X(REMOVED, "removed", 1)                            \
	X(COUNTING, "opened: counting", 1)                  \
	X(SAMPLING, "opened: sampling", 1)                  \
	X(ON_TASK, "opened: on a thread", 1)                \
	X(ON_CPU, "opened: on a CPU", 1)                    \
	X(INHERITED, "opened: inherited", 1)                \
	X(SKIP_SELF, "opened: skip_self", 1)                \
	X(GROUPED, "opened: in a group", 1)                 \
	X(CONFIG1, "opened: definition in config1", 0)      \
	X(UNIT_NS, "opened: unit nanoseconds", 0)           \
	X(UNIT_FIELD, "opened: unit field", 0)              \
	X(UNIT_MISSED, "opened: unit missed", 0)            \
	X(UNIT_FILTERED, "opened: unit filtered", 0)        \
	X(MODE_INT3, "opened: mode int3", 0)                \
	X(MODE_JUMP, "opened: mode jump", 0)                \
	X(MODE_FTRACE, "opened: mode ftrace", 0)            \
	X(RING, "mapped a ring", 1)                         \
	X(RECORD, "records in rings", 1)                    \
	X(RAW, "records with raw data", 1)                  \
	X(READ, "counts read", 1)                           \
	X(EXACT, "counts compared with what was called", 1) \
	X(SWITCHED, "switched on, off, to another ring", 1) \
	X(HIT, "calls of probed functions", 1)              \
	X(FORK, "children", 1)                              \
	X(THREAD, "threads", 1)                             \
	X(FACE, "trace event switched", 0)                  \
	X(FILTER, "trace event filtered", 0)                \
	X(DESCRIBED, "described", 1)                        \
	X(STATS, "statistics", 1)                           \
	X(LISTED, "files read", 1)                          \
	X(UNLOAD, "rmmod refused", 1)

enum kind {
#define KIND_ENUM(kind, words, always) kind,
	KINDS(KIND_ENUM)
#undef KIND_ENUM
	NR_KINDS
};

struct tally {
	const char *words;
	int always;
	int works; /* it did, before the threads started */
	unsigned long ok, refused;
};
extern struct tally tally[NR_KINDS];

/*
 * Counts @ret, a result or a negative errno; of errors only those of the
 * zero-terminated list are in order.
 */
void note(enum kind kind, int ret, const int *errors, const char *what);
#define ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })

/* Has each kind that works been done? */
int all_done(void);
/* @all: the run was long enough for everything to have happened. */
void print_tally(int all);

struct slot {
	int fd; /* -1: none */
	struct perf_event_attr attr;
	struct ring ring;
	uint64_t count;
	pid_t pid;
	int cpu;
	int mixed; /* others write to this ring */
};

struct worker {
	pthread_t thread;
	uint64_t state; /* of its random numbers */
	pid_t tid;
	int dev;
	struct slot slots[SLOTS];
	uint64_t record[RECORD_MAX / 8];
	uint64_t stack[4096]; /* of a child that borrows our memory */
};

extern struct worker workers[WORKERS];
extern int null;
extern unsigned int vfs_write_id;   /* of the default probe */
extern unsigned int exact_id;	    /* of ours on getppid, for do_exact() */
extern unsigned int recent[RECENT]; /* ids that were defined lately, or 0 */
extern unsigned int pmu, cpus;

/* xorshift64*: from one seed, each thread has its own row. */
static inline unsigned int below(struct worker *w, unsigned int n)
{
	w->state ^= w->state >> 12;
	w->state ^= w->state << 25;
	w->state ^= w->state >> 27;
	return (w->state * 0x2545f4914f6cdd1dULL >> 33) % n;
}

static inline int one_in(struct worker *w, unsigned int n)
{
	return !below(w, n);
}

/* tasks.c */
void hit(unsigned int n);
void do_hit(struct worker *w);
void do_exact(struct worker *w);
void do_fork(struct worker *w);
void do_thread(struct worker *w);
void do_move(struct worker *w);

/* definitions.c */
enum kind pick_definition(struct worker *w, const char *name, char *text,
			  size_t size);
void survey_definitions(int dev);
void do_define(struct worker *w);
void do_define_many(struct worker *w);
void do_write(struct worker *w);
void do_remove(struct worker *w);
void do_reopen(struct worker *w);

/* events.c */
unsigned int pick_id(struct worker *w);
void survey_events(void);
void slot_fill(struct worker *w, struct slot *slot);
void slot_close(struct slot *slot);
void do_event(struct worker *w);

/* files.c */
int spill(const char *path, const char *text);
void survey_files(void);
void do_list(struct worker *w);
void do_describe(struct worker *w);
void do_face(struct worker *w);
void do_unload(struct worker *w);

#endif /* TESTS_VM_KERNEL_RANDOM_H */
