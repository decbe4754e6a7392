/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hit - the hot path: from a mechanism's handler to perf's ring
 *
 * Takes no lock, allocates nothing, touches its own CPU's memory and never
 * faults. Runs in any context, NMI included, with preemption off. Every
 * mechanism ends in kpx_hit(), at an entry or at a return.
 */
#ifndef KPX_HIT_H
#define KPX_HIT_H

#include <linux/sched.h>
#include <linux/types.h>

#include "book.h"

struct kpx_attach;
struct kpx_call;
struct pt_regs;

/*
 * A hit. @regs: ip shows the probe, or the return address; maybe incomplete, see
 * kpx_arch_regs_complete(). @ip: what the record says, the function's or the
 * probe's address. @call: at a return, else NULL. @is_int3: an int3 brought us
 * here, which counts as an interrupt on its own.
 */
void kpx_hit(struct kpx_attach *attach, struct pt_regs *regs, unsigned long ip,
	     struct kpx_call *call, bool is_int3);

/* What quick.h leaves of it: a hit that is entered in the book. */
enum kpx_verdict kpx_hit_rest(struct kpx_attach *attach, struct pt_regs *regs,
			      unsigned long ip, struct kpx_call *call,
			      bool is_int3);

/* Adds @value to each event of @head; see kpx_count(). */
bool kpx_count_many(struct hlist_head *head, u64 value, u64 entry_ns);

/*
 * At the entry of a call whose return is hooked: fills @call, which has room
 * for @room bytes of words. False: the return isn't wanted.
 */
bool kpx_hit_call(struct kpx_attach *attach, struct kpx_call *call, size_t room,
		  struct pt_regs *regs, unsigned long ip);

/*
 * For every mechanism, first of all: in the idle loop of older kernels RCU may
 * not be watching, and then neither our lists nor perf's are safe. Elsewhere
 * such text can't be probed. False: counted for the module, and that was it.
 */
bool kpx_hit_is_unwatched(void);

static __always_inline bool kpx_hit_is_watched(void)
{
	return likely(!is_idle_task(current)) || !kpx_hit_is_unwatched();
}

u64 kpx_hit_nr_unwatched(void);

/* 0 or -ENOMEM; uninit once nothing is registered. */
int kpx_hit_init(void);
void kpx_hit_uninit(void);

#endif /* KPX_HIT_H */
