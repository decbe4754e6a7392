/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context - what of the kernel a trace needs to be read elsewhere: the symbols of
 * the addresses in it, the modules, text that comes and goes, the names of cgroups, and
 * whether somebody sets the clock. (Threads and their mappings are side's.)
 */
#ifndef KPC_CONTEXT_H
#define KPC_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "addresses.h"
#include "cgroups.h"
#include "collect.h"
#include "ksymbols.h"
#include "modules.h"
#include "symbols.h"
#include "writer.h"

struct kpc_context {
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;
	struct kpc_addresses *addresses; /* to be noted in while encoding */
	struct kpc_symbols symbols;
	struct kpc_modules modules;
	struct kpc_ksymbols ksymbols;
	struct kpc_cgroups cgroups;
	bool with_cgroups;   /* rows have their ids */
	int clock_fd;	     /* becomes readable when the clock is set, or -1 */
	uint64_t look_ns;    /* when to look at all of it again */
	uint64_t symbols_ns; /* … for symbols, at the earliest */
	uint64_t symbols_step; /* until the time after */
	uint64_t looked_up_ns; /* when they were last */
	bool told_denied;
	bool told_lost;
};

/* Opens what there is to be heard. 0 or -ENOMEM; for uninit in any case. */
int kpc_context_init(struct kpc_context *context,
		     const struct kpc_session_opts *opts);
/* Descriptors to poll, until kpc_context_tick(). */
uint32_t kpc_context_nr_fds(const struct kpc_context *context);
int kpc_context_fd(const struct kpc_context *context, uint32_t i);
/* There is none: nothing is ever due, and there's nothing to poll. */
void kpc_context_none(struct kpc_context *context);
/* Zeroed is fine: it wasn't initialised. */
void kpc_context_uninit(struct kpc_context *context);
/*
 * Does what is due, which may take a tenth of a second: not by who reads rings.
 * 0 or the writer's errno, as of all of these.
 */
int kpc_context_tick(struct kpc_context *context, struct kpc_writer *writer,
		     uint64_t now_ns);
/*
 * Before a part ends: the symbols of what was encoded so far. Not by who has the outlet's
 * lock; and not within a second of the last time, for the kernel's list is long.
 */
int kpc_context_symbols(struct kpc_context *context, struct kpc_writer *writer,
			uint64_t now_ns);
/* What was heard since the last tick, of text that came and of cgroups that were made. */
int kpc_context_news(struct kpc_context *context, struct kpc_writer *writer);
/* All of it, when all batches are encoded. */
int kpc_context_finish(struct kpc_context *context, struct kpc_writer *writer);
/*
 * Writes all that is known now into a trace that begins anew. What isn't written
 * yet comes with the next tick.
 */
int kpc_context_snapshot(struct kpc_context *context,
			 struct kpc_writer *writer);

#endif /* KPC_CONTEXT_H */
