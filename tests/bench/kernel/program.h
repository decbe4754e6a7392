/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program - BPF programs of two instructions: return 0, or return 1; and of
 * three, which call a helper before they return 1
 *
 * Of type KPROBE. There are as many of each as a probe takes, because it takes
 * none twice; the variants have them in common, number 0 first.
 */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdint.h>

#define PROGRAMS_MAX 64 /* of one probe: the kernel's limit, and ours */

/* What they return, by the way. */
enum {
	DROPS,
	KEEPS,
	CALLS, /* bpf_ktime_get_ns(), and keeps */
	NR_VERDICTS,
};

/* The descriptor of program number @slot of @verdict; exits if it can't be
 * loaded. */
int program_fd(unsigned int verdict, unsigned int slot);

/* Has the kernel count runs, until the descriptor is closed. Exits on failure. */
int programs_count(void);

/* How often the program has run while that was so. */
uint64_t program_runs(unsigned int verdict, unsigned int slot);

#endif /* BENCH_PROGRAM_H */
