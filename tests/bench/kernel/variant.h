/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * variant - one probe with one event, on a function of its own
 *
 * A side (ours.c, stock.c) defines the probe and opens the event; ring.c reads
 * what it records; main.c measures. A third side, floor.c, has no probe: it is
 * what ftrace and perf take below any. Both sides get the same attr but for type
 * and config, and the same ring.
 *
 * A variant of the scenario PROGRAMS has BPF programs and no sampling event; with
 * stock there is a third way, libbpf's, whose every program has a probe of its own.
 */
#ifndef BENCH_VARIANT_H
#define BENCH_VARIANT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "program.h"
#include "ring.h"

/* Where the loop runs, and where it doesn't. */
#define CPU	  0
#define OTHER_CPU 1

/* What becomes of a hit. */
enum scenario {
	ARMED,		/* nothing: the event is open on another CPU */
	COUNTED,	/* an event that doesn't sample counts it */
	SAMPLED,	/* a record with three integers */
	FILTERED,	/* a sampling event, and a condition that is false */
	RETURN,		/* the function's return is counted */
	RETURN_SAMPLED, /* … is sampled, with the value that it returned */
	NR_SCENARIOS,
	/* BPF programs, no sampling event; with none, an event counts elsewhere */
	PROGRAMS = NR_SCENARIOS,
};

struct variant;

struct side {
	const char *name;
	/*
	 * Defines the probe and fills attr's type and config. 0 or -errno with
	 * variant->why. @place: "kpx_bench:kpx_bench_10" or "…+9".
	 */
	int (*define)(struct variant *variant, const char *place,
		      struct perf_event_attr *attr);
	/* After the open: what only an open event takes. May be NULL. */
	int (*finish)(struct variant *variant);
	/*
	 * PROGRAMS, after define: attaches program number @slot and returns the
	 * descriptor that keeps it, or -errno with variant->why.
	 */
	int (*attach)(struct variant *variant,
		      const struct perf_event_attr *attr, unsigned int slot);
	/* Hits of the probe since it was defined, whatever became of them. */
	uint64_t (*hits)(struct variant *variant);
};

extern const struct side ours, stock, libbpf, floor_side;

/* The hooked function's calls, from kpx_bench.ko. */
uint64_t hooked_calls(void);

/**
 * struct variant
 * @side:	who probes
 * @mechanism:	the table's row
 * @mode:	ours: config:32-35
 * @body:	probe the first instruction behind the fentry nop
 * @opcode:	what the text must start with there, or 0: anything
 * @scenario:	the table's column
 * @target:	number of the function, see kpx_bench.h
 * @id:		the side's own
 * @programs:	PROGRAMS: how many
 * @verdict:	what each of them does: DROPS, KEEPS or CALLS
 * @fds:	what keeps them
 * @fd:		the event, or -1 if the variant isn't available; of PROGRAMS that
 *		of fds[0]
 * @why:	then the reason
 * @ring:	of a sampling event
 * @turns:	calls so far
 * @records:	samples so far, all of them right
 */
struct variant {
	const struct side *side;
	const char *mechanism;
	unsigned int mode;
	bool body;
	uint8_t opcode;
	enum scenario scenario;
	unsigned int target;
	unsigned int id;
	unsigned int programs;
	unsigned int verdict;
	int fds[PROGRAMS_MAX];
	int fd;
	char why[128];
	struct ring ring;
	uint64_t turns;
	uint64_t records;
};

static inline bool is_return(const struct variant *variant)
{
	return variant->scenario == RETURN ||
	       variant->scenario == RETURN_SAMPLED;
}

static inline bool is_sampling(const struct variant *variant)
{
	return variant->scenario != COUNTED && variant->scenario != RETURN &&
	       variant->scenario != PROGRAMS;
}

/* The fetch arguments, the same on both sides. */
static inline const char *fetch_args(const struct variant *variant)
{
	return is_return(variant) ? "a=$retval:u64" :
				    "a=%di:u64 b=%si:u64 c=%dx:u64";
}

/* Remembers a printf-like reason; returns -@error. */
int unavailable(struct variant *variant, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The measurement is wrong: says so and exits with 1. */
_Noreturn void broken(const struct variant *variant, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* BENCH_VARIANT_H */
