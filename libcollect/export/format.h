/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format - what a format that a trace can be exported to provides
 *
 * Operations give 0 or a negative errno, with a text of kpc_export_fail(); but failed
 * writes of x->out are sticky and found by the engine, so that nobody need look after
 * them. What isn't there is NULL. They are called in this order:
 *
 *   event…, begin, (trace_begin, row…, trace_end)…, end, uninit
 *
 * event once for each event of all traces that may come, if the exporter was shown
 * them beforehand; uninit always, after a failure too. Rows come in the order of
 * time within a trace (of joined traces, of realtime_ns).
 *
 * A format never asks a kpc_trace_*() function or the reader about events: what is in
 * rows, and what the functions below give, may have been made anonymous.
 */
#ifndef KPC_FORMAT_H
#define KPC_FORMAT_H

#include "anonymizer.h"
#include "clockmap.h"
#include "collect.h"
#include "outdir.h"
#include "outfile.h"
#include "usersyms.h"

struct kpc_export;

enum kpc_format_flags {				     /* the public ones first */
	KPC_FORMAT_DIRECTORY = KPC_EXPORT_DIRECTORY, /* x->dir, not x->out */
	KPC_FORMAT_BINARY = KPC_EXPORT_BINARY,
	KPC_FORMAT_SEEKS = KPC_EXPORT_SEEKS,   /* kpc_outfile_patch() */
	KPC_FORMAT_STACKS = KPC_EXPORT_STACKS, /* of call chains, no rows */
	KPC_FORMAT_WEIGHT = KPC_EXPORT_WEIGHT,
};

struct kpc_export_format {
	const char *name;
	const char *what; /* for people; a few words */
	unsigned int flags;
	size_t state_bytes; /* x->state: so much, zeroed */
	int (*event)(struct kpc_export *x, const struct kpc_event *event);
	int (*begin)(struct kpc_export *x);
	int (*trace_begin)(struct kpc_export *x,
			   const struct kpc_reader *reader);
	int (*row)(struct kpc_export *x, const struct kpc_row *row);
	int (*trace_end)(struct kpc_export *x, const struct kpc_reader *reader);
	int (*end)(struct kpc_export *x);
	void (*uninit)(struct kpc_export *x);
};

/* What formats see of the exporter. */
struct kpc_export {
	const struct kpc_export_format *format;
	void *state;
	struct kpc_outfile *out; /* NULL of a directory */
	struct kpc_outdir *dir;
	struct kpc_export_opts opts; /* its texts are the exporter's */
	struct kpc_export_result result;
	struct kpc_usersyms usersyms;
	struct kpc_anonymizer *anonymizer; /* NULL: all is as it was recorded */
	bool shown;			   /* events were */
	bool begun;
	volatile bool stop;
	int failed; /* negative errno of the first failure */
	char error[KPC_ERROR_BYTES];
};

/* Texts that end up in kpc_export_error(). Returns @err. */
__attribute__((format(printf, 3, 4))) int
kpc_export_fail(struct kpc_export *x, int err, const char *format, ...);
/* To the caller's log. */
__attribute__((format(printf, 3, 4))) void
kpc_export_log(struct kpc_export *x, enum kpc_log_level level,
	       const char *format, ...);
/* A row that the format has no place for was left out. */
static inline void kpc_export_left_out(struct kpc_export *x)
{
	x->result.left_out++;
}

/* Of the reader's current trace; as kpc_row.info and kpc_row.event have them. */
const struct kpc_trace_info *kpc_export_info(struct kpc_export *x,
					     const struct kpc_reader *reader);
const struct kpc_event *kpc_export_event(struct kpc_export *x,
					 const struct kpc_reader *reader,
					 uint32_t id);

/*
 * Whether an integer stands for an address of the kernel in place of itself: text says
 * SYMBOL+OFFSET then. Only of what was made anonymous.
 */
bool kpc_export_is_place(const struct kpc_export *x, uint64_t v,
			 struct kpc_kernel_symbol *symbol);

/*
 * As kpc_trace_symbol(), kpc_trace_map() and kpc_trace_realtime(); @info is a row's,
 * or of kpc_export_info(), and @address one of the row's.
 */
int kpc_export_symbol(struct kpc_export *x, const struct kpc_trace_info *info,
		      uint64_t address, uint64_t time_ns,
		      struct kpc_kernel_symbol *symbol);
int kpc_export_map(struct kpc_export *x, const struct kpc_trace_info *info,
		   uint32_t pid, uint64_t address, uint64_t time_ns,
		   struct kpc_mapping *mapping);
int kpc_export_realtime(struct kpc_export *x, const struct kpc_trace_info *info,
			uint64_t time_ns, int64_t *realtime_ns);
/*
 * The function of a program that is at mapping->offset, and how far behind its start,
 * if this machine has the file. NULL: not known.
 */
const char *kpc_export_function(struct kpc_export *x,
				const struct kpc_mapping *mapping,
				uint64_t *offset);
/* Of a joined trace, too. NULL: it has none. */
const struct kpc_ledger *kpc_export_ledger(struct kpc_export *x,
					   const struct kpc_trace_info *info);
/* All its snapshots of clocks, by time. */
const struct kpc_clockmap *kpc_export_clocks(struct kpc_export *x,
					     const struct kpc_trace_info *info);
/* Threads that began and ended, by time. */
const struct kpc_lives *kpc_export_lives(struct kpc_export *x,
					 const struct kpc_trace_info *info);

#endif /* KPC_FORMAT_H */
