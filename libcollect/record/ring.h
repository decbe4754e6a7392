/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring - reads records from a perf ring buffer, in place
 *
 * Records are read where the kernel wrote them, and the kernel may write over
 * them only after kpc_ring_release(). Only the one record that wraps around the
 * ring's end is copied, to a bounce buffer that stays valid just as long: what
 * is unreleased is at most the ring, so at most one record wraps.
 *
 * A small ring can't wait for an encoder: what it has is copied out as soon as it is
 * looked at, and the kernel has its space back; the records are read from the copy,
 * a larger ring in plain memory, in batches worth encoding.
 */
#ifndef KPC_RING_H
#define KPC_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

struct perf_mmap;

#define KPC_RING_STAGE (256u << 10) /* the copy; rings below that are small */

struct kpc_ring {
	struct perf_event_mmap_page *page;
	const uint8_t *data;  /* the kernel's, or the copy */
	uint64_t size;	      /* of data, a power of two */
	const uint8_t *small; /* the kernel's, if it's copied; or NULL */
	uint64_t small_size;
	uint64_t tail; /* what the kernel may write over ends here */
	uint64_t at;   /* read so far */
	uint64_t head; /* as last looked at, or copied */
	uint64_t there; /* the kernel's, as last looked at: head if all is copied */
	uint8_t *bounce; /* of the record that wraps */
	int cpu;
	int fd; /* to poll; -1: none */
};

/* Over a mapping of libperf's, borrowed. 0 or -ENOMEM. */
int kpc_ring_init(struct kpc_ring *ring, struct perf_mmap *map);
/* Over plain memory: a control page, and @size bytes of data. */
int kpc_ring_init_memory(struct kpc_ring *ring,
			 struct perf_event_mmap_page *page, const void *data,
			 uint64_t size);
void kpc_ring_uninit(struct kpc_ring *ring);
/* From now on it is copied out, to @size bytes, a power of two. 0 or -ENOMEM. */
int kpc_ring_stage(struct kpc_ring *ring, uint64_t size);

/*
 * Makes @ring, which had no page and whose reader may be looking at it, what @from
 * is. kpc_ring_uninit() is for @ring alone then.
 */
void kpc_ring_publish(struct kpc_ring *ring, const struct kpc_ring *from);

/* It has a page. */
static inline bool kpc_ring_is_there(const struct kpc_ring *ring)
{
	return __atomic_load_n(&ring->page, __ATOMIC_ACQUIRE);
}

/*
 * Looks at the kernel's head; how many bytes are there to be read: none if it has
 * no page yet.
 */
uint64_t kpc_ring_look(struct kpc_ring *ring);
/*
 * The next record before the head that was last looked at: 1, 0 at the head, or
 * -EBADMSG if the ring makes no sense there (kpc_ring_skip() gets over it).
 * The record is aligned to 8 and whole.
 */
int kpc_ring_next(struct kpc_ring *ring,
		  const struct perf_event_header **record);
/* Takes back the last kpc_ring_next(), which gave @record. */
void kpc_ring_unread(struct kpc_ring *ring,
		     const struct perf_event_header *record);
/* Leaves out everything up to the head; returns how many bytes. */
uint64_t kpc_ring_skip(struct kpc_ring *ring);
/* Gives what was read back to the kernel; no record of it may be used again. */
void kpc_ring_release(struct kpc_ring *ring);

#endif /* KPC_RING_H */
