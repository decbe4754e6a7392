// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "sample.h"

/* In the order of perf_event_open(2), "PERF_RECORD_SAMPLE". */
int kpc_sample_layout(struct kpc_sample_layout *l, uint64_t type)
{
	uint32_t at = sizeof(struct perf_event_header);

	*l = (struct kpc_sample_layout){ .raw = type & PERF_SAMPLE_RAW };
	if (type & ~KPC_SAMPLE_TYPES)
		return -EINVAL;
	if (type & PERF_SAMPLE_IDENTIFIER)
		at += sizeof(uint64_t);
	if (type & PERF_SAMPLE_IP) {
		l->raw_at = at;
		at += sizeof(uint64_t);
	}
	if (type & PERF_SAMPLE_TID) {
		l->tid_at = at + sizeof(uint32_t); /* behind the pid */
		at += sizeof(uint64_t);
	}
	if (type & PERF_SAMPLE_TIME) {
		l->time_at = at;
		at += sizeof(uint64_t);
	}
	if (type & PERF_SAMPLE_PERIOD) {
		l->period_at = at;
		at += sizeof(uint64_t);
	}
	if (type & PERF_SAMPLE_CALLCHAIN) {
		l->chain_at = at;
		at += sizeof(uint64_t);
	}
	if (type & PERF_SAMPLE_RAW) {
		l->raw_at = at;
		at += sizeof(uint32_t);
	}
	if (type & PERF_SAMPLE_CGROUP)
		l->tail = sizeof(uint64_t);
	l->bytes = at + l->tail;
	return 0;
}

int kpc_sample_parse(struct kpc_sample *sample,
		     const struct perf_event_header *record, uint64_t type)
{
	struct kpc_sample_layout layout;

	if (kpc_sample_layout(&layout, type) ||
	    !kpc_sample_read(sample, &layout, record))
		return -EBADMSG;
	sample->cgroup = kpc_sample_cgroup(&layout, record);
	return 0;
}
