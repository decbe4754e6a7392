// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <internal/mmap.h>

#include "ring.h"

#define RECORD_MAX 65536u /* perf_event_header.size has 16 bits */

int kpc_ring_init_memory(struct kpc_ring *ring,
			 struct perf_event_mmap_page *page, const void *data,
			 uint64_t size)
{
	*ring = (struct kpc_ring){
		.page = page,
		.data = data,
		.size = size,
		.cpu = -1,
		.fd = -1,
	};
	ring->bounce = aligned_alloc(8, RECORD_MAX);
	return ring->bounce ? 0 : -ENOMEM;
}

int kpc_ring_init(struct kpc_ring *ring, struct perf_mmap *map)
{
	int err = kpc_ring_init_memory(
		ring, map->base, (uint8_t *)map->base + sysconf(_SC_PAGESIZE),
		(uint64_t)map->mask + 1);

	ring->cpu = map->cpu.cpu;
	ring->fd = map->fd;
	if (!err && ring->size < KPC_RING_STAGE)
		err = kpc_ring_stage(ring, KPC_RING_STAGE);
	if (err)
		kpc_ring_uninit(ring);
	return err;
}

int kpc_ring_stage(struct kpc_ring *ring, uint64_t size)
{
	uint8_t *stage = aligned_alloc(64, size);

	if (!stage)
		return -ENOMEM;
	ring->small = ring->data;
	ring->small_size = ring->size;
	ring->data = stage;
	ring->size = size;
	return 0;
}

void kpc_ring_publish(struct kpc_ring *ring, const struct kpc_ring *from)
{
	struct perf_event_mmap_page *page = from->page;

	ring->data = from->data;
	ring->size = from->size;
	ring->small = from->small;
	ring->small_size = from->small_size;
	ring->bounce = from->bounce;
	ring->cpu = from->cpu;
	__atomic_store_n(&ring->fd, from->fd, __ATOMIC_RELAXED);
	/* Release: who finds the page has the rest. Pairs with kpc_ring_look() */
	__atomic_store_n(&ring->page, page, __ATOMIC_RELEASE);
}

void kpc_ring_uninit(struct kpc_ring *ring)
{
	free(ring->bounce);
	if (ring->small)
		free((void *)ring->data);
	*ring = (struct kpc_ring){ .fd = -1 };
}

static uint64_t min3(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static void give_back(struct kpc_ring *ring, uint64_t tail)
{
	/*
	 * Release: our reads are done before the kernel sees the space as
	 * free. Pairs with the control dependency on data_tail in
	 * __perf_output_begin(), kernel/events/ring_buffer.c.
	 */
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
}

/* A small ring's head makes no sense: nothing of it is copied. */
static bool is_wild(const struct kpc_ring *ring)
{
	return ring->small && ring->there - ring->head > ring->small_size;
}

/* What the copy has room for; the rest stays in the kernel's ring. */
static void copy_out(struct kpc_ring *ring)
{
	uint64_t begin = ring->head;
	uint64_t left = ring->there - begin;

	/* Nor before what was skipped is released. */
	if (is_wild(ring) || begin - ring->tail > ring->size)
		return;
	while (left) {
		uint64_t from = ring->head & (ring->small_size - 1);
		uint64_t to = ring->head & (ring->size - 1);
		uint64_t room = ring->size - (ring->head - ring->tail);
		uint64_t bytes =
			min3(ring->small_size - from, ring->size - to, room);

		if (bytes > left)
			bytes = left;
		if (!bytes)
			break;
		memcpy((uint8_t *)ring->data + to, ring->small + from, bytes);
		ring->head += bytes;
		left -= bytes;
	}
	if (ring->head != begin)
		give_back(ring, ring->head);
}

uint64_t kpc_ring_look(struct kpc_ring *ring)
{
	/* Acquire: pairs with kpc_ring_publish() */
	const struct perf_event_mmap_page *page =
		__atomic_load_n(&ring->page, __ATOMIC_ACQUIRE);

	if (!page)
		return 0;
	/*
	 * Acquire: the records up to data_head are read after it. Pairs with
	 * the smp_wmb() before the store of data_head in
	 * perf_output_put_handle(), kernel/events/ring_buffer.c.
	 */
	ring->there = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	if (ring->small)
		copy_out(ring);
	else
		ring->head = ring->there;
	return ring->there - ring->at;
}

/* The record at @offset, whose @bytes go around the end, in one piece. */
static const void *unwrap(struct kpc_ring *ring, uint64_t offset,
			  uint64_t bytes)
{
	uint64_t first = ring->size - offset;

	memcpy(ring->bounce, ring->data + offset, first);
	memcpy(ring->bounce + first, ring->data, bytes - first);
	return ring->bounce;
}

int kpc_ring_next(struct kpc_ring *ring,
		  const struct perf_event_header **record)
{
	uint64_t offset = ring->at & (ring->size - 1);
	uint64_t left = ring->head - ring->at;
	const struct perf_event_header *header;
	uint16_t bytes;

	if (!left)
		return is_wild(ring) ? -EBADMSG : 0;
	/* The kernel writes in units of 8, so a header never wraps. */
	if (left < sizeof(*header) || offset % 8 ||
	    ring->head - ring->tail > ring->size)
		return -EBADMSG;
	header = (const void *)(ring->data + offset);
	bytes = header->size;
	if (bytes < sizeof(*header) || bytes % 8 ||
	    bytes > ring->there - ring->at)
		return -EBADMSG;
	/* The copy had room for a part of it: what is read makes more. */
	if (bytes > left)
		return 0;
	if (bytes > ring->size - offset)
		header = unwrap(ring, offset, bytes);
	ring->at += bytes;
	*record = header;
	return 1;
}

void kpc_ring_unread(struct kpc_ring *ring,
		     const struct perf_event_header *record)
{
	ring->at -= record->size;
}

uint64_t kpc_ring_skip(struct kpc_ring *ring)
{
	uint64_t bytes;

	if (ring->small) {
		ring->head = ring->there;
		give_back(ring, ring->there);
	}
	bytes = ring->head - ring->at;
	ring->at = ring->head;
	return bytes;
}

void kpc_ring_release(struct kpc_ring *ring)
{
	if (ring->tail == ring->at)
		return;
	ring->tail = ring->at;
	if (!ring->small)
		give_back(ring, ring->tail);
}
