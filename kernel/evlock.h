/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evlock - the kernel's event_mutex, which isn't exported
 *
 * Adding and removing a trace event want it held. A control event of our own,
 * kprobex_control:evlock, gets there: the kernel holds event_mutex while it
 * switches an event off, and the control event's class then runs a function.
 */
#ifndef KPX_EVLOCK_H
#define KPX_EVLOCK_H

struct trace_event_file;

/* At load, before a use. 0; -EOPNOTSUPP: the kernel made no event for us. */
int kpx_evlock_init(void);
/* At unload, behind the last use. */
void kpx_evlock_uninit(void);

/*
 * Calls @run(@arg) in this task with event_mutex held, and returns what that
 * returns. The order: the caller's mutexes, event_mutex, what @run takes.
 * Sleeps.
 */
int kpx_evlock_run(int (*run)(void *arg), void *arg);

/* The control event's file in the top instance: it is always there. */
const struct trace_event_file *kpx_evlock_file(void);

#endif /* KPX_EVLOCK_H */
