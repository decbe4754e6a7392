/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kpx_bench - functions to be probed, and a loop in the kernel that calls one
 *
 * Each variant of the benchmark has a function of its own, so that all probes
 * are armed at once and rounds can go from one to the next without patching
 * text. They are named kpx_bench_10 to kpx_bench_89 and alike to the byte but
 * for an immediate; the third argument is that number.
 */
#ifndef KPX_BENCH_H
#define KPX_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KPX_BENCH_DEVICE "/dev/kpx_bench"
#define KPX_BENCH_FIRST	 10
#define KPX_BENCH_END	 90
#define KPX_BENCH_TEXT	 16

/*
 * The floors below any probe. The last function has an ftrace callback that
 * only counts its calls; that of the last but one hands its arguments to
 * perf_tp_event(), for the events of the module's own PMU with config 1, and
 * does nothing else. PERF is no function: the loop itself does that, for events
 * with config 0.
 */
#define KPX_BENCH_HOOKED  (KPX_BENCH_END - 1)
#define KPX_BENCH_SAMPLED (KPX_BENCH_END - 2)
#define KPX_BENCH_PERF	  1
#define KPX_BENCH_PMU	  "kpx_bench"

/* What the loop calls its function with in turn @turn. */
#define KPX_BENCH_A(turn)      ((__u64)(turn))
#define KPX_BENCH_B(turn)      (~(__u64)(turn))
#define KPX_BENCH_RETURN(turn) (KPX_BENCH_A(turn) + 1)

/**
 * struct kpx_bench_info - a function as it is now
 * @target:	in: its number
 * @body:	out: offset of the first instruction behind the fentry nop
 * @address:	out
 * @hooked:	out: calls that the ftrace callback has seen, of any target
 * @text:	out: its first bytes
 */
struct kpx_bench_info {
	__u32 target;
	__u32 body;
	__u64 address;
	__u64 hooked;
	__u8 text[KPX_BENCH_TEXT];
};

/**
 * struct kpx_bench_run - call a function
 * @target:	in: its number, or KPX_BENCH_PERF
 * @turns:	in: how many times
 * @first:	in: the first turn's number
 * @ns:		out: how long that took
 * @cycles:	out: the same by the CPU's cycle counter
 */
struct kpx_bench_run {
	__u32 target;
	__u32 turns;
	__u64 first;
	__u64 ns;
	__u64 cycles;
};

#define KPX_BENCH_INFO _IOWR('k', 0, struct kpx_bench_info)
#define KPX_BENCH_RUN  _IOWR('k', 1, struct kpx_bench_run)

#endif /* KPX_BENCH_H */
