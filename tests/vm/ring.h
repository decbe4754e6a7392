/* SPDX-License-Identifier: GPL-2.0-only */
/* A reader of perf's rings that believes nothing, for the VM tests' helpers. */
#ifndef TESTS_VM_RING_H
#define TESTS_VM_RING_H

#include "kernel.h"

struct ring {
	struct perf_event_mmap_page *page;
	const char *data;
	uint64_t size;
	int writable; /* without, the kernel overwrites */
};

#define RECORD_MAX 65536

/* 0 or -errno; 2^order pages of data. */
static inline int ring_map(struct ring *ring, int fd, int order, int writable)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, page + (page << order),
			PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd,
			0);

	if (at == MAP_FAILED)
		return -errno;
	ring->page = at;
	ring->data = (const char *)at + page;
	ring->size = page << order;
	ring->writable = writable;
	return 0;
}

static inline void ring_unmap(struct ring *ring)
{
	if (ring->page)
		munmap(ring->page, sysconf(_SC_PAGESIZE) + ring->size);
	ring->page = NULL;
}

/*
 * The next record, copied to @record (RECORD_MAX bytes, aligned), or NULL. One
 * that can't be one fails the test and empties the ring.
 */
static inline const struct perf_event_header *ring_next(struct ring *ring,
							void *record)
{
	struct perf_event_header *header = record;
	uint64_t head, tail = ring->page->data_tail, left, i;

	/* Partner of the release in the kernel's perf_output_put_handle(). */
	head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	left = head - tail;
	if (!left)
		return NULL;
	/* records are multiples of 8, and so is the ring: no header is split */
	memcpy(header, ring->data + tail % ring->size, sizeof(*header));
	if (left > ring->size || left < sizeof(*header) ||
	    header->size < sizeof(*header) || header->size % 8 ||
	    header->size > left) {
		CHECK(0, "a record of %u bytes of type %u, %llu are left",
		      header->size, header->type, (unsigned long long)left);
		__atomic_store_n(&ring->page->data_tail, head,
				 __ATOMIC_RELEASE);
		return NULL;
	}
	for (i = 0; i < header->size; i += 8)
		memcpy((char *)record + i, ring->data + (tail + i) % ring->size,
		       8);
	/* Partner of the kernel's control dependency on data_tail. */
	__atomic_store_n(&ring->page->data_tail, tail + header->size,
			 __ATOMIC_RELEASE);
	return header;
}

/*
 * What follows PERF_SAMPLE_RAW's size in a sample of that sample_type, which
 * has none of ADDR, STREAM_ID and READ; NULL if the sample is too short or has
 * no raw data.
 */
static inline const char *sample_raw(const struct perf_event_header *header,
				     uint64_t type, uint32_t *size)
{
	static const uint64_t words = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
				      PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
				      PERF_SAMPLE_ID | PERF_SAMPLE_CPU |
				      PERF_SAMPLE_PERIOD;
	const char *at = (const char *)(header + 1);
	const char *end = (const char *)header + header->size;
	uint64_t nr;

	at += 8 * __builtin_popcountll(type & words);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		if (at + 8 > end)
			return NULL;
		memcpy(&nr, at, 8);
		if (nr > (uint64_t)(end - at) / 8 - 1)
			return NULL;
		at += 8 + 8 * nr;
	}
	if (!(type & PERF_SAMPLE_RAW) || at + 4 > end)
		return NULL;
	memcpy(size, at, 4);
	at += 4;
	return *size <= (size_t)(end - at) ? at : NULL;
}

#endif /* TESTS_VM_RING_H */
