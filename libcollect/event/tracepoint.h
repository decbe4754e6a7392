/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoint - trace events of the kernel, as tracefs describes them
 */
#ifndef KPC_TRACEPOINT_H
#define KPC_TRACEPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "collect.h"

/*
 * Where tracefs is ("/sys/kernel/tracing", or below debugfs), a static string,
 * in @root; it is mounted if it isn't yet. -ENOENT or -EACCES with what to do.
 */
int kpc_tracepoint_root(const char **root, char *error, size_t error_size);

/* Called for each event that matches; a non-zero value ends the walk. */
typedef int (*kpc_tracepoint_fn)(void *ctx, const char *system,
				 const char *name);
/*
 * Calls @fn for the events below @root that match the shell patterns, in the
 * order of their names. Returns how many matched, @fn's value, or -ENOENT with
 * near misses if there are none.
 */
int kpc_tracepoint_match(const char *root, const char *system, const char *name,
			 kpc_tracepoint_fn fn, void *ctx, char *error,
			 size_t error_size);

/*
 * Fills name, source, fields, print format and record_bytes of @event (zeroed
 * before, for kpc_event_uninit() after), and @id, its perf config.
 */
int kpc_tracepoint_load(struct kpc_event *event, uint64_t *id, const char *root,
			const char *system, const char *name, char *error,
			size_t error_size);
/* The same from the text of a format file, with a NUL. -EBADMSG: it isn't one */
int kpc_tracepoint_parse(struct kpc_event *event, uint64_t *id,
			 const char *format, size_t bytes, const char *system);
/*
 * The same of a file that may be anybody's: the print format, on which libtraceevent
 * crashes if it's made for that, is kept, but no names of values are taken from it.
 */
int kpc_tracepoint_parse_foreign(struct kpc_event *event, uint64_t *id,
				 const char *format, size_t bytes,
				 const char *system);

#endif /* KPC_TRACEPOINT_H */
