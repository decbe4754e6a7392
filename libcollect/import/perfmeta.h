/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfmeta - what a perf.data says of itself: its events, their formats, the host
 *
 * From sections of a file, or records of a pipe.
 */
#ifndef KPC_PERFMETA_H
#define KPC_PERFMETA_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "buf.h"
#include "collect.h"
#include "idmap.h"
#include "perfinput.h"

struct kpc_perfmeta_event {
	struct perf_event_attr attr;
	char *name; /* or NULL */
};

struct kpc_perfmeta_format { /* of a tracepoint */
	uint64_t id;
	struct kpc_event event;
};

struct kpc_perfmeta_build_id {
	char *path;
	uint8_t id[20];
	uint8_t bytes;
};

/* Zeroed is empty. */
struct kpc_perfmeta {
	struct kpc_perfmeta_event *events;
	uint32_t nr_events;
	struct kpc_idmap ids; /* of samples, to events */
	struct kpc_perfmeta_format *formats;
	uint32_t nr_formats;
	uint32_t bad_formats; /* that couldn't be read */
	void *build_ids;      /* a tree by path */
	uint32_t nr_build_ids;
	struct utsname uts;	   /* what is known of it */
	struct kpc_host_info host; /* cpu_model is the next */
	char cpu_model[128];
	uint32_t cpus_online;
	char **argv; /* NULL-terminated, or NULL */
	bool has_clock;
	uint32_t clock_id; /* of has_clock; and the two at one moment */
	uint64_t realtime_ns;
	uint64_t clock_ns;
	uint64_t first_ns;  /* of the samples; 0: not known */
	uint32_t bad_parts; /* sections and records that made no sense */
};

/* A file's sections. 0 or a negative errno. */
int kpc_perfmeta_sections(struct kpc_perfmeta *meta, struct kpc_perfinput *in);
/*
 * A record of a pipe, or one that may be in either. 1: it was one of these; 0; or a
 * negative errno.
 */
int kpc_perfmeta_record(struct kpc_perfmeta *meta, struct kpc_perfinput *in,
			const struct perf_event_header *record);
/* NULL: there is none of that id. */
const struct kpc_perfmeta_format *
kpc_perfmeta_format(const struct kpc_perfmeta *meta, uint64_t id);
/* NULL: there is none for the file. */
const struct kpc_perfmeta_build_id *
kpc_perfmeta_build_id(const struct kpc_perfmeta *meta, const char *path);
void kpc_perfmeta_uninit(struct kpc_perfmeta *meta);

/* The formats in the data of trace-cmd's files. For tests, too. */
int kpc_perfmeta_tracing_data(struct kpc_perfmeta *meta, const uint8_t *data,
			      size_t bytes);

#endif /* KPC_PERFMETA_H */
