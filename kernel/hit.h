/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hit - the hot path: from a kprobe's handler to perf's ring
 *
 * Takes no lock, allocates nothing, touches its own CPU's memory and never
 * faults. Runs in any context, NMI included, with preemption off.
 */
#ifndef KPX_HIT_H
#define KPX_HIT_H

struct kprobe;
struct pt_regs;

/* kprobe::pre_handler of every probe. Always 0: the kernel goes on. */
int kpx_hit(struct kprobe *kp, struct pt_regs *regs);

/* The record buffers. 0 or -ENOMEM; uninit once no kprobe is registered. */
int kpx_hit_init(void);
void kpx_hit_uninit(void);

#endif /* KPX_HIT_H */
