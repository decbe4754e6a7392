// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpfring.h"

void kpc_bpfring_init_memory(struct kpc_bpfring *ring, unsigned long *consumer,
			     const unsigned long *producer, const void *data,
			     uint64_t size)
{
	*ring = (struct kpc_bpfring){
		.consumer = consumer,
		.producer = producer,
		.data = data,
		.size = size,
		.at = *consumer,
		.head = *consumer,
		.end = UINT64_MAX,
	};
}

int kpc_bpfring_map(struct kpc_bpfring *ring, int fd, uint64_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer, *producer;
	int err;

	*ring = (struct kpc_bpfring){ 0 };
	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, page);
	if (producer == MAP_FAILED) {
		err = -errno;
		munmap(consumer, page);
		return err;
	}
	kpc_bpfring_init_memory(ring, consumer, producer,
				(uint8_t *)producer + page, size);
	ring->page = page;
	return 0;
}

void kpc_bpfring_uninit(struct kpc_bpfring *ring)
{
	if (ring->page) {
		munmap(ring->consumer, ring->page);
		munmap((void *)ring->producer, ring->page + 2 * ring->size);
	}
	*ring = (struct kpc_bpfring){ 0 };
}

uint64_t kpc_bpfring_look(struct kpc_bpfring *ring)
{
	/*
	 * Acquire: the headers up to it are read after it. Pairs with
	 * smp_store_release(&rb->producer_pos) in __bpf_ringbuf_reserve(),
	 * kernel/bpf/ringbuf.c.
	 */
	ring->head = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
	if (ring->head > ring->end)
		ring->head = ring->end;
	return ring->head - ring->at;
}

static uint64_t whole_bytes(uint32_t bytes)
{
	return ((uint64_t)bytes + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
}

/* Of the record at @at. */
static uint32_t load_header(const struct kpc_bpfring *ring, uint64_t at)
{
	const uint8_t *header = ring->data + (at & (ring->size - 1));

	/*
	 * Acquire: the record is read after its length without the busy bit.
	 * Pairs with the xchg() in bpf_ringbuf_commit().
	 */
	return __atomic_load_n((const uint32_t *)header, __ATOMIC_ACQUIRE);
}

static uint32_t length(uint32_t header)
{
	return header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
}

bool kpc_bpfring_settled(const struct kpc_bpfring *ring)
{
	uint64_t end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
	uint64_t at = ring->at;

	end = end < ring->end ? end : ring->end;
	/* What makes no sense is kpc_bpfring_next()'s to say. */
	while (at < end && end - at <= ring->size && at % 8 == 0) {
		uint32_t header = load_header(ring, at);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return false;
		at += whole_bytes(length(header));
	}
	return true;
}

int kpc_bpfring_next(struct kpc_bpfring *ring, const uint8_t **record,
		     uint32_t *bytes)
{
	if (ring->head - ring->at > ring->size || ring->at % 8)
		return -EBADMSG;
	while (ring->at != ring->head) {
		uint32_t header = load_header(ring, ring->at);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return 0;
		*bytes = length(header);
		if (whole_bytes(*bytes) > ring->head - ring->at)
			return -EBADMSG;
		*record = ring->data + (ring->at & (ring->size - 1)) +
			  BPF_RINGBUF_HDR_SZ;
		ring->last = ring->at;
		ring->at += whole_bytes(*bytes);
		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			return 1;
	}
	return 0;
}

void kpc_bpfring_unread(struct kpc_bpfring *ring)
{
	ring->at = ring->last;
}

void kpc_bpfring_skip(struct kpc_bpfring *ring)
{
	ring->at = ring->head;
}

void kpc_bpfring_close(struct kpc_bpfring *ring)
{
	ring->end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

void kpc_bpfring_release(struct kpc_bpfring *ring)
{
	/*
	 * Release: our reads are done before the kernel sees the space as free.
	 * Pairs with smp_load_acquire(&rb->consumer_pos) in
	 * __bpf_ringbuf_reserve().
	 */
	__atomic_store_n(ring->consumer, (unsigned long)ring->at,
			 __ATOMIC_RELEASE);
}
