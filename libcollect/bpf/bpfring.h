/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfring - reads records from a BPF ring buffer, in place
 *
 * As with a perf ring, the kernel may write over a record only after
 * kpc_bpfring_release(). Records of all CPUs are in it, in the order in which
 * they were reserved; its pages are mapped twice, so no record wraps.
 */
#ifndef KPC_BPFRING_H
#define KPC_BPFRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kpc_bpfring {
	unsigned long *consumer;       /* what is free ends here */
	const unsigned long *producer; /* what is reserved ends here */
	const uint8_t *data;
	uint64_t size; /* of data, a power of two */
	uint64_t at;   /* read so far */
	uint64_t last; /* where the record that was read last begins */
	uint64_t head; /* as last looked at */
	uint64_t end;  /* nothing behind it is read */
	size_t page;   /* of the mapping; 0: it isn't one of ours */
};

/* Maps the map behind @fd, of @size bytes. 0 or a negative errno. */
int kpc_bpfring_map(struct kpc_bpfring *ring, int fd, uint64_t size);
/* Over plain memory, of which @data has the @size bytes twice. */
void kpc_bpfring_init_memory(struct kpc_bpfring *ring, unsigned long *consumer,
			     const unsigned long *producer, const void *data,
			     uint64_t size);
void kpc_bpfring_uninit(struct kpc_bpfring *ring);

/* Looks at the kernel's position; how many bytes there are to be read. */
uint64_t kpc_bpfring_look(struct kpc_bpfring *ring);
/*
 * The next record that was submitted, before the position last looked at: 1, 0
 * if there is none (yet), or -EBADMSG if the ring makes no sense there.
 */
int kpc_bpfring_next(struct kpc_bpfring *ring, const uint8_t **record,
		     uint32_t *bytes);
/* Takes back the last kpc_bpfring_next(), which gave a record. */
void kpc_bpfring_unread(struct kpc_bpfring *ring);
/*
 * Leaves out everything that was seen: after -EBADMSG only, for the kernel may
 * still be writing to it.
 */
void kpc_bpfring_skip(struct kpc_bpfring *ring);
/* Of what is there now nothing is reserved and not yet submitted. */
bool kpc_bpfring_settled(const struct kpc_bpfring *ring);
/* What is written from now on isn't read. */
void kpc_bpfring_close(struct kpc_bpfring *ring);
/* Gives what was read back to the kernel; no record of it may be used again. */
void kpc_bpfring_release(struct kpc_bpfring *ring);

#endif /* KPC_BPFRING_H */
