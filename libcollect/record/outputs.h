/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outputs - what BPF programs write, on its way into the file: for each perf
 * event array a PERF_COUNT_SW_BPF_OUTPUT event on every CPU, with rings that they
 * share; and BPF ring buffers
 *
 * Programs run on all CPUs and for all processes, whatever is recorded: so their
 * outputs are of all.
 */
#ifndef KPC_OUTPUTS_H
#define KPC_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpfmap.h"
#include "bpfstream.h"
#include "cpulist.h"
#include "drain.h"
#include "events.h"
#include "evlist.h"
#include "self.h"
#include "share.h"
#include "writer.h"

struct kpc_outputs_opts {
	uint64_t ring_bytes; /* of each CPU's ring for the arrays */
	uint32_t watermark_bytes;
	struct kpc_callchain callchain; /* of what comes through the arrays */
	bool cgroup;			/* the same */
};

struct kpc_outputs {
	struct kpc_bpfmaps *maps; /* borrowed; the same order */
	struct kpc_cpulist cpus;  /* online when the arrays were opened */
	bool cpus_changed;	  /* since */
	bool *dead; /* per descriptor: it would wake us at once, for ever */
	struct kpc_evlist *evlist; /* of the arrays; NULL: there are none */
	struct kpc_drain drain;	   /* of its rings */
	struct kpc_bpfstream *stream;
	uint32_t nr_streams;
};

/*
 * Opens all, enabled but for the arrays' events. 0 or a negative errno with the
 * reason; @outputs is for kpc_outputs_uninit() in any case. Zeroed is fine.
 */
int kpc_outputs_open(struct kpc_outputs *outputs, struct kpc_bpfmaps *maps,
		     const struct kpc_outputs_opts *opts, char *error,
		     size_t error_size);
void kpc_outputs_uninit(struct kpc_outputs *outputs);

/* As opened; NULL of a ring buffer. */
const struct perf_event_attr *
kpc_outputs_attr(const struct kpc_outputs *outputs, uint32_t map);
uint32_t kpc_outputs_nr_rings(const struct kpc_outputs *outputs);
/* How ring @i is described in the trace. */
struct kpc_ring_desc kpc_outputs_ring(const struct kpc_outputs *outputs,
				      uint32_t i);

/* Where things go; what they are in the trace. */
struct kpc_outputs_sink {
	struct kpc_share *share;
	struct kpc_batch *batch;
	struct kpc_writer *writer;
	uint64_t flush_ns;
	uint32_t first_event;
	uint32_t first_ring;
};

/* 0 or -ENOMEM. */
int kpc_outputs_into(struct kpc_outputs *outputs,
		     const struct kpc_outputs_sink *sink);

/*
 * From now on; what was written to ring buffers before is left out. What the
 * threads @self (NULL: none) make is dropped, if records tell; their ids are the
 * initial namespace's if @self_is_initial.
 */
int kpc_outputs_start(struct kpc_outputs *outputs, const struct kpc_self *self,
		      bool self_is_initial);
/* When no program writes any more. */
void kpc_outputs_stop(struct kpc_outputs *outputs);
/* As kpc_drain_pass() and kpc_drain_due_ns(). */
int kpc_outputs_pass(struct kpc_outputs *outputs, uint64_t now_ns, bool all);
uint64_t kpc_outputs_due_ns(const struct kpc_outputs *outputs);
/*
 * Sets the accounts of their events, by who has the book. 0, or the errno of a
 * count not read.
 */
int kpc_outputs_count(struct kpc_outputs *outputs);

/* Descriptors to poll, for POLLIN. */
uint32_t kpc_outputs_nr_fds(const struct kpc_outputs *outputs);
/* That one hung up. */
void kpc_outputs_dead(struct kpc_outputs *outputs, uint32_t i);
/*
 * -1: of one that hung up, or a ring buffer in which something waits already,
 * which would wake us at once; look at it often instead, if kpc_outputs_wait().
 */
int kpc_outputs_fd(const struct kpc_outputs *outputs, uint32_t i);
bool kpc_outputs_wait(const struct kpc_outputs *outputs);

#endif /* KPC_OUTPUTS_H */
