/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fetch - from the registers to a record: the hot path's inner loop
 *
 * Header only, so that the handler gets it inlined, tests call the same code,
 * and nothing in the path is a call that could be probed.
 */
#ifndef KPX_CORE_FETCH_H
#define KPX_CORE_FETCH_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* The record's head: struct trace_entry, which perf fills, and the address. */
#define KPX_RECORD_IP	8
#define KPX_RECORD_ARGS 16
/* No record is larger: 123 arguments of 8 bytes. */
#define KPX_RECORD_MAX 1024

struct kpx_fetch_op {
	u16 reg;    /* offset in struct pt_regs, of 8 bytes */
	u16 offset; /* offset in the record */
	u8 bytes;   /* 1, 2, 4, 8: the low part is stored */
};

struct kpx_fetch {
	const struct kpx_fetch_op *ops;
	u16 nr_ops;
	u16 record_bytes; /* 4 modulo 8, at most KPX_RECORD_MAX */
	bool has_gaps;	  /* padding outside the last word of 8 bytes */
};

/*
 * Fills @record (8-byte aligned, KPX_RECORD_MAX bytes) from byte 8 on: the
 * first 8 are the caller's or perf's. Every byte up to record_bytes is
 * written. @regs is a struct pt_regs; no other memory is read.
 */
static __always_inline void kpx_fetch_record(const struct kpx_fetch *fetch,
					     const void *regs, u64 ip,
					     void *record)
{
	const struct kpx_fetch_op *op, *end = fetch->ops + fetch->nr_ops;
	char *to = record;

	/*
	 * record_bytes - 4 is a multiple of 8: one store zeroes the tail (and
	 * the 4 bytes behind it, still in the buffer). It comes first, because
	 * the last argument may share those 8 bytes.
	 */
	if (fetch->has_gaps)
		memset(to + KPX_RECORD_ARGS, 0,
		       fetch->record_bytes + 4 - KPX_RECORD_ARGS);
	else
		*(u64 *)(to + fetch->record_bytes - 4) = 0;
	*(u64 *)(to + KPX_RECORD_IP) = ip;

	for (op = fetch->ops; op < end; op++) {
		u64 value = *(const u64 *)((const char *)regs + op->reg);

		switch (op->bytes) {
		case 1:
			*(u8 *)(to + op->offset) = (u8)value;
			break;
		case 2:
			*(u16 *)(to + op->offset) = (u16)value;
			break;
		case 4:
			*(u32 *)(to + op->offset) = (u32)value;
			break;
		default:
			*(u64 *)(to + op->offset) = value;
		}
	}
}

#endif /* KPX_CORE_FETCH_H */
