/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call - a call whose return is hooked, from its entry to its return
 *
 * What the mechanisms have in common that hook returns: the kernel takes an
 * instance at the entry, keeps it, and hands it back at the return, on whatever
 * CPU that is. In it is a struct kpx_call.
 */
#ifndef KPX_CALL_H
#define KPX_CALL_H

#include <linux/percpu.h>
#include <linux/ptrace.h>

#include "attach.h"
#include "hit.h"

/**
 * struct kpx_call - kept from the entry to the return
 * @entry_ns:	CLOCK_MONOTONIC; 0: nobody wanted it
 * @bytes:	of the entry's record in @words, with a tail to fill; 0: none
 * @is_offered:	BPF programs had the entry
 * @site:	of many functions with one hook: which
 * @words:	an entry probe: that record; a return probe: kpx_fetch_entry()'s
 */
struct kpx_call {
	u64 entry_ns;
	u16 bytes;
	bool is_offered;
	u32 site;
	u64 words[];
};

/* Instances of all hooks of a probe together. */
#define KPX_CALLS_MAX 65536

/* The bytes of an instance; 0: it can't hold a record of this definition. */
size_t kpx_call_bytes(const struct kpx_spec *spec);

/* Calls of one function that may be inside at a time: 1 to KPX_MAXACTIVE_MAX. */
unsigned int kpx_call_maxactive(const struct kpx_spec *spec);

/*
 * For a probe whose hook is gone, with no handler running any more: whoever is
 * still inside returns unseen, or never, as from do_exit(). For the book that
 * is over. A probe has one hook, so nothing else writes to these counters.
 */
void kpx_call_settle(struct kpx_book __percpu *book);

/*
 * At the entry of @func, with preemption off: fills @call, which has room for
 * @room bytes of words. False: the return isn't wanted.
 */
static __always_inline bool kpx_call_enter(struct kpx_attach *attach,
					   struct kpx_call *call, size_t room,
					   struct pt_regs *regs,
					   unsigned long func)
{
	unsigned long ip = instruction_pointer(regs);
	bool is_wanted;

	if (!kpx_hit_is_watched())
		return false;
	/* %ip shows the function, as it does without a return hook */
	instruction_pointer_set(regs, func);
	is_wanted = kpx_hit_call(attach, call, room, regs, func);
	instruction_pointer_set(regs, ip);
	if (is_wanted)
		this_cpu_inc(attach->book->calls);
	return is_wanted;
}

/* At its return, with preemption off. */
static __always_inline void kpx_call_leave(struct kpx_attach *attach,
					   struct kpx_call *call,
					   struct pt_regs *regs,
					   unsigned long func)
{
	this_cpu_inc(attach->book->returns);
	if (kpx_hit_is_watched())
		kpx_hit(attach, regs, func, call, false);
}

#endif /* KPX_CALL_H */
