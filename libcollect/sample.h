/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample - takes PERF_RECORD_SAMPLE apart
 */
#ifndef KPC_SAMPLE_H
#define KPC_SAMPLE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "batch.h"

/* What kpc_sample_parse() understands; events are opened with no other. */
#define KPC_SAMPLE_TYPES                                                 \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |     \
	 PERF_SAMPLE_TIME | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN | \
	 PERF_SAMPLE_RAW)

/* The event's id, which PERF_SAMPLE_IDENTIFIER puts first; false: too short. */
bool kpc_sample_id(const struct perf_event_header *record, uint64_t *id);

/*
 * Fills @sample, all but its event, from a record of an event opened with
 * @sample_type. Without PERF_SAMPLE_RAW the raw record is the instruction
 * pointer. Pointers go into the record. 0, or -EBADMSG if the record isn't
 * what the type says.
 */
int kpc_sample_parse(struct kpc_sample *sample,
		     const struct perf_event_header *record,
		     uint64_t sample_type);

#endif /* KPC_SAMPLE_H */
