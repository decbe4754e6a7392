/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record - what a definition's record is, and how it is fetched, compiled
 *
 * A record: struct trace_entry (8 bytes, common_*), __probe_ip (u64), the
 * arguments in order, each naturally aligned, zeroes up to static_bytes, the
 * caller's tail, the bytes of strings, zeroes up to a size of 4 modulo 8, as
 * perf wants raw data beside its u32 length. A string's field is a u32, its
 * length with the NUL << 16 | its offset in the record, as tracefs has it;
 * length 0 (and an offset where a NUL is) says that it couldn't be read.
 */
#ifndef KPX_CORE_RECORD_H
#define KPX_CORE_RECORD_H

#include <linux/compiler.h>
#include <linux/types.h>

/* The record's head: struct trace_entry, which perf fills, and the address. */
#define KPX_RECORD_IP	8
#define KPX_RECORD_ARGS 16
/* No record is larger, whatever the limit; a multiple of 8. */
#define KPX_RECORD_MAX 8192
/* What tracefs' rings refuse without a word is longer than this. */
#define KPX_RECORD_TRACE 4048
/* The arguments' static part takes at most this, as for kprobe_events. */
#define KPX_STATIC_MAX 3072
/* A string is cut to this, with its NUL. */
#define KPX_STRING_MAX 4096
#define KPX_COMM_BYTES 16

/* A plain argument: a register's low bytes. Of 8 bytes, for the loop's index. */
struct kpx_fetch_op {
	u16 reg;    /* offset in struct pt_regs, of 8 bytes */
	u16 offset; /* offset in the record */
	u16 bytes;  /* 1, 2, 4, 8: the low part is stored */
	u16 pad;
};

/* What the chain of an argument begins with. */
enum kpx_fetch_base {
	KPX_BASE_REG,	   /* the slot of pt_regs at index */
	KPX_BASE_STACK,	   /* the index-th word at the stack pointer, in reg */
	KPX_BASE_ENTRY,	   /* what was captured at entry under index */
	KPX_BASE_VALUE,	   /* value */
	KPX_BASE_DURATION, /* $duration */
	KPX_BASE_COMM,	   /* the task's name */
	KPX_BASE_TEXT,	   /* text, of index bytes with its NUL */
};

/* How it ends. */
enum kpx_fetch_store {
	KPX_STORE_VALUE,  /* the value that the chain came to */
	KPX_STORE_MEMORY, /* what is at that value + last */
	KPX_STORE_STRING, /* the string at that value + last */
	KPX_STORE_SYMBOL, /* the name of the symbol at that value */
};

/* value = *(u64 *)(value + offset) */
struct kpx_fetch_deref {
	s64 offset;
	bool is_user;
};

struct kpx_fetch_arg {
	u8 base;  /* enum kpx_fetch_base */
	u8 store; /* enum kpx_fetch_store */
	u8 bytes; /* of one element: 1, 2, 4, 8 */
	u8 nr_derefs;
	u8 left, right; /* a bit field's shifts; right is 0 for none */
	bool is_signed;
	bool is_big;  /* big-endian where it is, not in the record */
	bool is_user; /* the last access, MEMORY's or STRING's */
	u16 reg;      /* STACK: the stack pointer's slot */
	u16 index;    /* see the base */
	u16 offset;   /* in the record */
	u16 count;    /* of an array; 0: not one */
	union {
		u64 value;
		const char *text;
	};
	s64 last;
	const struct kpx_fetch_deref *derefs;
};

struct kpx_fetch {
	const struct kpx_fetch_op *ops; /* nr_args of them, if is_plain */
	const struct kpx_fetch_arg *args;
	u16 nr_args;
	u16 static_bytes; /* end of the static part, a multiple of 8 */
	u16 max_bytes;	  /* largest record without tail, 4 modulo 8 */
	bool is_plain;	  /* registers only: one fast loop, a constant size */
	bool is_words;	  /* plain, and all of 8 bytes: no gaps, no choice */
	bool has_gaps;	  /* plain: padding before the last 8 bytes */
	bool wants_all_regs; /* needs more than di si dx cx r8 r9 ax sp bp ip */
};

/* A number in the record, of 1, 2, 4 or 8 bytes. */
static __always_inline u64 kpx_record_get(const void *from, unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return *(const u8 *)from;
	case 2:
		return *(const u16 *)from;
	case 4:
		return *(const u32 *)from;
	default:
		return *(const u64 *)from;
	}
}

/* @value's low @bytes, as 64 bits. */
static __always_inline u64 kpx_record_extend(u64 value, unsigned int bytes,
					     bool is_signed)
{
	unsigned int spare = 64 - 8 * bytes;

	value <<= spare;
	return is_signed ? (u64)((s64)value >> spare) : value >> spare;
}

#endif /* KPX_CORE_RECORD_H */
