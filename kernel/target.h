/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target - where a probe goes: its address or addresses, checked
 *
 * A single target has an anchor: a kprobe that is registered, disabled, from
 * the definition to the end. The kernel resolves the symbol for it, refuses
 * what can't be probed, and marks it when the probed module goes. Of many
 * targets the first has the anchor; ftrace checks all of them.
 */
#ifndef KPX_TARGET_H
#define KPX_TARGET_H

#include <linux/kprobes.h>

#include "core/error.h"
#include "core/spec.h"

struct module;

/* One address, as ftrace and as people know it. */
struct kpx_site {
	unsigned long ip;   /* where the kernel calls us */
	unsigned long func; /* the function's address: behind it is its endbr */
};

/**
 * struct kpx_target - part of a probe
 * @anchor:	see above
 * @registered:	@anchor is
 * @is_fentry:	ftrace owns the address: a function's entry
 * @sites:	@nr_sites of them; owned if @nr_sites > 1, else @one
 */
struct kpx_target {
	struct kprobe anchor;
	bool registered;
	bool is_fentry;
	unsigned int nr_sites;
	struct kpx_site one;
	struct kpx_site *sites;
};

/*
 * Takes @nr addresses of functions, in place of a single one. 0, -ENOMEM,
 * -E2BIG or -EINVAL with @err filled: one of them can't be probed. Sleeps.
 */
int kpx_target_set(struct kpx_target *target, const u64 *addresses,
		   unsigned int nr, struct kpx_error *err);

/*
 * Finds the target of @spec and registers the anchor, with @handler for when
 * it's enabled. 0; -ENOENT, -EILSEQ, -EINVAL or what register_kprobe() said,
 * with @err filled. Sleeps.
 */
int kpx_target_register(struct kpx_target *target, const struct kpx_spec *spec,
			kprobe_pre_handler_t handler, struct kpx_error *err);

/* Waits until no anchor is being hit any more. @nr <= KPX_TARGETS_BATCH. Sleeps. */
#define KPX_TARGETS_BATCH 32
void kpx_targets_unregister(struct kpx_target **targets, int nr);

/* Frees what is owned; the anchor isn't registered. */
void kpx_target_uninit(struct kpx_target *target);

/* Not registered, or the module that was probed went away. */
bool kpx_target_is_gone(const struct kpx_target *target);

/* Was it made of addresses, by kpx_target_set()? Maybe none is left of them. */
bool kpx_target_is_many(const struct kpx_target *target);

/* Is one of its addresses in @mod, or (@is_init) in its init text? */
bool kpx_target_is_within(const struct kpx_target *target,
			  const struct module *mod, bool is_init);

/*
 * Of @nr addresses keeps those that ftrace calls from, in order, and returns
 * how many. Slow: for when ftrace refused them as a whole. Sleeps.
 */
unsigned int kpx_target_known(unsigned long *ips, unsigned int nr);

/* Where ftrace calls from in the function at @address. */
unsigned long kpx_target_fentry(unsigned long address);

/*
 * Of many targets: forgets those in @mod, or (@is_init) in its init text, for
 * good. True if some are left, false also for a single one. Nothing is armed.
 */
bool kpx_target_prune(struct kpx_target *target, const struct module *mod,
		      bool is_init);

/*
 * The address of a kernel symbol that @spec's @SYM asks for, or 0. A data
 * symbol must be exported and holds its module until kpx_symbol_put().
 */
u64 kpx_symbol_get(const char *name, bool *is_held);
void kpx_symbol_put(const char *name);

#endif /* KPX_TARGET_H */
