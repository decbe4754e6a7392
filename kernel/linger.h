/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linger - jumps that outlive their kprobe
 *
 * The kernel takes the jump of an optimised kprobe back from a worker, some time after
 * the kprobe was disabled or unregistered. Two things go wrong in between (6.1 to
 * 6.12). If the text's module goes, the kernel keeps a kprobe that is none: whatever is
 * loaded there next can't be probed at that address, and trying warns
 * (kill_optimized_kprobe()). And a kprobe that is armed there stays an int3 for good
 * (__arm_kprobe() writes one over the jump, which counts as there). So who goes, and
 * who arms, waits for the worker.
 */
#ifndef KPX_LINGER_H
#define KPX_LINGER_H

#include <linux/kprobes.h>

struct module;

/*
 * @kp was just disabled or unregistered. Sleeps; where memory is short, it waits
 * itself.
 */
void kpx_linger_note(const struct kprobe *kp);

/*
 * Waits until no jump that was noted is left in @mod's text, NULL: in any module's;
 * but no longer than a second after it was noted: it may be somebody else's. Sleeps.
 */
void kpx_linger_wait(const struct module *mod);

/* The same of the jump at @ip, for 200 ms at most. */
void kpx_linger_wait_at(unsigned long ip);

/* Forgets what is left. */
void kpx_linger_uninit(void);

#endif /* KPX_LINGER_H */
