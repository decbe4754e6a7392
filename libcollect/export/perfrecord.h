/* SPDX-License-Identifier: GPL-2.0-only */
/* perfrecord - one record of a perf.data, as it's put together */
#ifndef KPC_PERFRECORD_H
#define KPC_PERFRECORD_H

#include <stdint.h>

#include "buf.h"
#include "outfile.h"

/* Zeroed is empty. */
struct kpc_perfrecord {
	struct kpc_buf buf;
};

/* What is behind a record that is no sample, by sample_id_all. */
struct kpc_perfrecord_trailer {
	uint32_t pid;
	uint32_t tid;
	uint64_t time_ns;
	int32_t cpu;
	uint32_t reserved;
	uint64_t id; /* an event's */
};

/* @misc: PERF_RECORD_MISC_… */
void kpc_perfrecord_begin(struct kpc_perfrecord *r, uint32_t type,
			  uint16_t misc);
void kpc_perfrecord_u32(struct kpc_perfrecord *r, uint32_t v);
void kpc_perfrecord_u64(struct kpc_perfrecord *r, uint64_t v);
void kpc_perfrecord_bytes(struct kpc_perfrecord *r, const void *data,
			  size_t bytes);
/* With its NUL, up to a multiple of 8. */
void kpc_perfrecord_text(struct kpc_perfrecord *r, const char *text,
			 size_t bytes);
/* Writes it; @trailer: or NULL. -ENOMEM, or 0: @out keeps errors of its own. */
int kpc_perfrecord_end(struct kpc_perfrecord *r,
		       const struct kpc_perfrecord_trailer *trailer,
		       struct kpc_outfile *out);
void kpc_perfrecord_uninit(struct kpc_perfrecord *r);

#endif /* KPC_PERFRECORD_H */
