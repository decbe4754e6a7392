/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * intake - from the records of a ring to rows of a batch: the one pass that
 * reads every record
 *
 * It finds the event of a sample, checks the record, and notes in the batch
 * where it is and what of it differs from the others. What it counts it keeps
 * until kpc_intake_settle().
 */
#ifndef KPC_INTAKE_H
#define KPC_INTAKE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "idmap.h"
#include "ring.h"
#include "self.h"
#include "share.h"
#include "trigger.h"

/* How records say which event they are of. */
enum kpc_intake_key {
	KPC_INTAKE_ID,	 /* PERF_SAMPLE_IDENTIFIER */
	KPC_INTAKE_ONLY, /* there is just one event */
	KPC_INTAKE_TYPE, /* by the type in the trace entry; all events have
			 * PERF_SAMPLE_RAW, and the same sample_type, but for
			 * PERF_SAMPLE_PERIOD */
};

/* What the intake is to know of an event. */
struct kpc_intake_event {
	uint64_t sample_type;
	uint32_t weight_at; /* offset of a weight in raw records, or 0 */
	uint32_t raw_bytes; /* a record of other size is kept whole; 0: any */
	uint16_t type;	    /* in its trace entries, for KPC_INTAKE_TYPE */
};

struct kpc_intake_opts {
	enum kpc_intake_key key;
	const struct kpc_idmap *ids; /* to an event's number; borrowed */
	const struct kpc_intake_event *events;
	uint32_t nr_events;
	uint32_t first_event; /* what event 0 is in the trace */
};

enum kpc_intake_result {
	KPC_INTAKE_DONE,  /* the ring is read up to its head */
	KPC_INTAKE_FULL,  /* the batch is: what comes next wasn't read */
	KPC_INTAKE_OTHER, /* a record that is no sample: the caller's */
	KPC_INTAKE_WILD,  /* the ring makes no sense here */
};

struct kpc_intake;

/* 0, -ENOMEM, or -EINVAL if the events' sample_types aren't known. */
int kpc_intake_new(struct kpc_intake **intake,
		   const struct kpc_intake_opts *opts);
void kpc_intake_free(struct kpc_intake *intake); /* NULL ok */
/* Samples of these threads are counted, and left out. Borrowed; NULL: of none. */
void kpc_intake_own(struct kpc_intake *intake, const struct kpc_self *self);
/* Has it look at the records of its event, if it's one of these. Borrowed. */
void kpc_intake_trigger(struct kpc_intake *intake, struct kpc_trigger *trigger);

/* The number in the trace of the event of this id, or -1. */
int64_t kpc_intake_find(const struct kpc_intake *intake, uint64_t id);

/*
 * Reads @ring into @batch; after KPC_INTAKE_OTHER, whose record is @other and
 * was read, call it again.
 */
enum kpc_intake_result kpc_intake_ring(struct kpc_intake *intake,
				       struct kpc_ring *ring,
				       struct kpc_batch *batch,
				       const struct perf_event_header **other);
/* One PERF_RECORD_SAMPLE; false if the batch is full. */
bool kpc_intake_sample(struct kpc_intake *intake, struct kpc_batch *batch,
		       const struct perf_event_header *record);
/*
 * Adds what was counted since the last time to @share. Returns whether there
 * were records whose event couldn't be told.
 */
bool kpc_intake_settle(struct kpc_intake *intake, struct kpc_share *share);

/* The ways to do the same, for tests. False: not on this machine. */
enum kpc_intake_lanes {
	KPC_INTAKE_BEST,
	KPC_INTAKE_SCALAR,
	KPC_INTAKE_AVX2,
	KPC_INTAKE_AVX512,
};
bool kpc_intake_use(struct kpc_intake *intake, enum kpc_intake_lanes lanes);

#endif /* KPC_INTAKE_H */
