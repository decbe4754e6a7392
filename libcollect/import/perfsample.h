/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfsample - takes records of a perf.data apart, whatever samples were asked to have
 *
 * Pointers go into the record, which is aligned to 8 bytes.
 */
#ifndef KPC_PERFSAMPLE_H
#define KPC_PERFSAMPLE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

struct kpc_perfsample {
	uint64_t id;
	uint64_t time_ns;
	uint64_t ip;
	uint64_t addr;
	uint64_t period; /* 0: not known */
	uint32_t pid;
	uint32_t tid; /* UINT32_MAX: not known */
	int32_t cpu;  /* -1: not known */
	bool has_time;
	const uint64_t *chain;
	uint32_t chain_depth;
	const uint8_t *raw;
	uint32_t raw_bytes;
	uint64_t cgroup; /* 0: not known */
};

/* Do samples have it where it can be found? */
bool kpc_perfsample_has_cgroup(const struct perf_event_attr *attr);

/*
 * Fills @sample from a PERF_RECORD_SAMPLE of an event of that attr. False: the record
 * isn't what that says.
 */
bool kpc_perfsample_read(struct kpc_perfsample *sample,
			 const struct perf_event_header *record,
			 const struct perf_event_attr *attr);
/*
 * The same of another record, whose last members say when and where, with the bytes
 * that these take in @bytes; nothing is known if the attr doesn't ask for them.
 */
bool kpc_perfsample_trailer(struct kpc_perfsample *sample,
			    const struct perf_event_header *record,
			    const struct perf_event_attr *attr,
			    uint32_t *bytes);
/*
 * The id in a sample, and in another record, as the first event's attr has it, which
 * all have at the same place. 0: there is none.
 */
uint64_t kpc_perfsample_id(const struct perf_event_header *record,
			   const struct perf_event_attr *first);

#endif /* KPC_PERFSAMPLE_H */
