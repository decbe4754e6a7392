/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfevent - an event as perf.data has it: its attr, the text of its format, and raw
 * records that are made of a row's values
 *
 * perf shows fields of tracepoints only. So whatever has fields is a tracepoint there:
 * those of the kernel with their own ids, the probes of kprobex, of programs and what
 * BPF programs write with ids that are free. Their records are what the kernel wrote,
 * byte for byte where the trace has it: what is dynamic comes behind the rest, in the
 * fields' order.
 */
#ifndef KPC_PERFEVENT_H
#define KPC_PERFEVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "collect.h"

#define KPC_PERFEVENT_TYPES 65536u /* common_type has 16 bits */

struct kpc_perfevent {
	const struct kpc_event *event; /* borrowed */
	struct perf_event_attr attr;
	uint64_t id;	/* of its samples */
	char *name;	/* SYSTEM:NAME, or as perf calls a counter */
	char *system;	/* of a tracepoint; NULL: it is none */
	char *format;	/* of a tracepoint: the text of tracefs' file */
	uint32_t *at;	/* of a tracepoint: where each field is in its record */
	uint32_t bytes; /* that it has without what is dynamic */
	int32_t ip;	/* fields, or -1: where it happened, */
	int32_t weight; /* how many periods that counts for */
	bool common;	/* the trace has common_type and so on */
};

/*
 * @type: of a tracepoint, its id (see kpc_perfevent_type()). 0 or -ENOMEM; @perf is
 * for uninit in any case.
 */
int kpc_perfevent_init(struct kpc_perfevent *perf,
		       const struct kpc_event *event, uint64_t id,
		       uint16_t type);
void kpc_perfevent_uninit(struct kpc_perfevent *perf);
/* A tracepoint's id that the kernel gave it, or 0: any will do. */
uint16_t kpc_perfevent_type(const struct kpc_event *event);
/* It is one, or becomes one. */
bool kpc_perfevent_is_tracepoint(const struct kpc_event *event);
/* Appends the raw record of a row; what is too long for perf is cut. */
void kpc_perfevent_raw(const struct kpc_perfevent *perf,
		       const struct kpc_row *row, struct kpc_buf *raw);
/* Where a row happened, as far as its fields say; 0: they don't. */
uint64_t kpc_perfevent_ip(const struct kpc_perfevent *perf,
			  const struct kpc_row *row);
/* What a row counts for, in what the event counts. */
uint64_t kpc_perfevent_period(const struct kpc_perfevent *perf,
			      const struct kpc_row *row);

#endif /* KPC_PERFEVENT_H */
