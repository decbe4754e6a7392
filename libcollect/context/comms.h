/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * comms - the names of the threads that live
 */
#ifndef KPC_COMMS_H
#define KPC_COMMS_H

#include <stdint.h>

#define KPC_COMM_BYTES 16 /* NUL-padded; all may be used */

struct kpc_comms_slot {
	uint32_t tid; /* 0: empty */
	uint32_t pid;
	char comm[KPC_COMM_BYTES];
};

/* Zeroed is empty. */
struct kpc_comms {
	struct kpc_comms_slot *slot; /* a power of two of them */
	uint32_t nr_slots;
	uint32_t nr;
};

/* 0 or -ENOMEM. */
int kpc_comms_set(struct kpc_comms *comms, uint32_t tid, uint32_t pid,
		  const char comm[KPC_COMM_BYTES]);
/* NULL if it isn't known; valid until the next change. */
const struct kpc_comms_slot *kpc_comms_find(const struct kpc_comms *comms,
					    uint32_t tid);
/* Its name, likewise. */
const char *kpc_comms_get(const struct kpc_comms *comms, uint32_t tid);
void kpc_comms_remove(struct kpc_comms *comms, uint32_t tid);
void kpc_comms_uninit(struct kpc_comms *comms);

#endif /* KPC_COMMS_H */
