/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fetch - from the registers to a record: the hot path's inner loop
 *
 * Header only, so that the handler gets the loop over plain registers inlined
 * and tests call the same code. The rest is in functions of their own, for it
 * would cost that loop a larger frame and a stack protector; none is traced,
 * and a file that calls them says KPX_FETCH_NOKPROBE(). The readers of
 * memory are the includer's, who declares or defines them before a use:
 * memory.c in the kernel, a made-up memory in the tests.
 */
#ifndef KPX_CORE_FETCH_H
#define KPX_CORE_FETCH_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <linux/thread_info.h>
#include <linux/types.h>

#include "record.h"
#include "spec.h"

/*
 * The readers. Any context, no fault is handled. @from is hostile.
 * kpx_read_kernel() and _kernel_string() decide by the address whether it is
 * user memory, as the kernel's own probes do on x86.
 */
/* 0, or -EFAULT with any bytes in @to. */
int kpx_read_kernel(void *to, unsigned long from, size_t n);
int kpx_read_user(void *to, unsigned long from, size_t n);
/*
 * The length with the NUL, at most @max (> 0): a longer string is cut there,
 * with the NUL in the last byte; or -EFAULT with any bytes in @to.
 */
int kpx_read_kernel_string(char *to, unsigned long from, size_t max);
int kpx_read_user_string(char *to, unsigned long from, size_t max);
/* "symbol+0x1/0x2 [module]", or the address in hex; lengths as above. */
int kpx_read_symbol(char *to, unsigned long address, size_t max);
/* The current task's name, NUL-terminated and zero-filled. */
void kpx_read_comm(char to[KPX_COMM_BYTES]);

/* What a fetch reads from. */
struct kpx_fetch_source {
	const void *regs; /* struct pt_regs */
	const u64 *entry; /* kpx_fetch_entry() filled it, or NULL: zeroes */
	u64 ip;
	u64 duration_ns; /* $duration */
};

static __always_inline u64 kpx_fetch_reg(const void *regs, unsigned int reg)
{
	return *(const u64 *)((const char *)regs + reg);
}

/* Word @n from the stack pointer, in slot @reg; 0 outside of that stack. */
static noinline notrace __maybe_unused u64 kpx_fetch_stack(const void *regs,
							   unsigned int reg,
							   unsigned int n)
{
	unsigned long sp = kpx_fetch_reg(regs, reg);
	unsigned long at = sp + n * sizeof(long);
	u64 value;

	if ((at ^ sp) & ~(unsigned long)(THREAD_SIZE - 1))
		return 0;
	return kpx_read_kernel(&value, at, sizeof(value)) ? 0 : value;
}

static __always_inline void kpx_fetch_put(void *to, unsigned int bytes,
					  u64 value)
{
	switch (bytes) {
	case 1:
		*(u8 *)to = (u8)value;
		break;
	case 2:
		*(u16 *)to = (u16)value;
		break;
	case 4:
		*(u32 *)to = (u32)value;
		break;
	default:
		*(u64 *)to = value;
	}
}

/* The bits of a bit field, at the low end of its container; a number's bytes. */
static __always_inline u64 kpx_fetch_bits(const struct kpx_fetch_arg *arg,
					  u64 value)
{
	unsigned int spare = 64 - 8 * arg->bytes;

	if (arg->is_big) /* as x86 isn't */
		return arg->bytes == sizeof(u16) ? __swab16((u16)value) :
						   __swab32((u32)value);
	if (!arg->right)
		return value;
	return value << (spare + arg->left) >> (spare + arg->right);
}

static __always_inline int kpx_fetch_read(bool is_user, void *to, u64 from,
					  size_t n)
{
	return is_user ? kpx_read_user(to, (unsigned long)from, n) :
			 kpx_read_kernel(to, (unsigned long)from, n);
}

/* Follows @n of the argument's dereferences from *@value on. 0 or -EFAULT. */
static __always_inline int kpx_fetch_follow(const struct kpx_fetch_arg *arg,
					    unsigned int n, u64 *value)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct kpx_fetch_deref *deref = &arg->derefs[i];
		int ret = kpx_fetch_read(deref->is_user, value,
					 *value + deref->offset,
					 sizeof(*value));

		if (ret)
			return ret;
	}
	return 0;
}

static __always_inline u64 kpx_fetch_base(const struct kpx_fetch_arg *arg,
					  const struct kpx_fetch_source *source)
{
	switch (arg->base) {
	case KPX_BASE_REG:
		return kpx_fetch_reg(source->regs, arg->index);
	case KPX_BASE_STACK:
		return kpx_fetch_stack(source->regs, arg->reg, arg->index);
	case KPX_BASE_ENTRY:
		return source->entry ? source->entry[arg->index] : 0;
	case KPX_BASE_DURATION:
		return source->duration_ns;
	case KPX_BASE_VALUE:
		return arg->value;
	default: /* a text has none */
		return 0;
	}
}

/* kpx_fetch_value() of what isn't a plain register. */
static noinline notrace __maybe_unused u64 kpx_fetch_value_any(
	const struct kpx_fetch_arg *arg, const struct kpx_fetch_source *source)
{
	u64 value = kpx_fetch_base(arg, source);
	u64 word;

	if (arg->count || arg->store > KPX_STORE_MEMORY ||
	    kpx_fetch_follow(arg, arg->nr_derefs, &value))
		return 0;
	if (arg->store == KPX_STORE_MEMORY) {
		if (kpx_fetch_read(arg->is_user, &word, value + arg->last,
				   arg->bytes))
			return 0;
		value = kpx_record_get(&word, arg->bytes);
	}
	return kpx_record_extend(kpx_fetch_bits(arg, value), arg->bytes,
				 arg->is_signed);
}

/*
 * A scalar number: argument @index, sign-extended if its type is signed. 0 if
 * it can't be read, and for what isn't a scalar number.
 */
static __always_inline u64 kpx_fetch_value(const struct kpx_fetch *fetch,
					   unsigned int index,
					   const struct kpx_fetch_source *source)
{
	const struct kpx_fetch_arg *arg = &fetch->args[index];

	if (fetch->is_plain)
		return kpx_record_extend(kpx_fetch_reg(source->regs,
						       arg->index),
					 arg->bytes, arg->is_signed);
	return kpx_fetch_value_any(arg, source);
}

/* A record being written. */
struct kpx_fetch_out {
	char *record;
	unsigned int next; /* where the next string goes */
	unsigned int last; /* the last byte there is, which no string takes */
	bool truncated;
};

/* The number, or the numbers, at @from; what can't be read is zero. */
static __always_inline void kpx_fetch_memory(const struct kpx_fetch_arg *arg,
					     u64 from, char *to)
{
	unsigned int i, n = arg->count ?: 1, bytes = arg->bytes;

	if (kpx_fetch_read(arg->is_user, to, from, n * bytes)) {
		/* maybe it ends on a page's end: as many as there are */
		for (i = 0; i < n; i++)
			if (kpx_fetch_read(arg->is_user, to + i * bytes,
					   from + i * bytes, bytes))
				memset(to + i * bytes, 0, bytes);
	}
	if (!arg->right && !arg->is_big)
		return;
	for (i = 0; i < n; i++, to += bytes)
		kpx_fetch_put(to, bytes,
			      kpx_fetch_bits(arg, kpx_record_get(to, bytes)));
}

/* A string's word for one that can't be had: no length, at a NUL. */
static __always_inline u32 kpx_fetch_no_string(struct kpx_fetch_out *out)
{
	u32 word = out->next;

	out->record[out->next] = '\0';
	if (out->next < out->last)
		out->next++;
	return word;
}

/* To @to, at most @max > 0 bytes; see the readers. */
static __always_inline int kpx_fetch_text(const struct kpx_fetch_arg *arg,
					  u64 from, char *to, size_t max)
{
	char comm[KPX_COMM_BYTES];
	const char *text;
	size_t len;

	if (arg->store == KPX_STORE_SYMBOL)
		return kpx_read_symbol(to, (unsigned long)from, max);
	if (arg->base != KPX_BASE_COMM && arg->base != KPX_BASE_TEXT) {
		from += arg->last;
		return arg->is_user ?
			       kpx_read_user_string(to, (unsigned long)from,
						    max) :
			       kpx_read_kernel_string(to, (unsigned long)from,
						      max);
	}
	if (arg->base == KPX_BASE_COMM) {
		kpx_read_comm(comm);
		comm[sizeof(comm) - 1] = '\0';
		text = comm;
		len = strlen(comm) + 1;
	} else {
		text = arg->text;
		len = arg->index;
	}
	if (len > max)
		len = max;
	memcpy(to, text, len);
	to[len - 1] = '\0';
	return (int)len;
}

/* Appends a string; returns its word. */
static __always_inline u32 kpx_fetch_string(const struct kpx_fetch_arg *arg,
					    u64 from, struct kpx_fetch_out *out)
{
	int max = out->last - out->next, len;
	u32 word;

	if (max > KPX_STRING_MAX)
		max = KPX_STRING_MAX;
	if (max <= 0) {
		out->truncated = true;
		return kpx_fetch_no_string(out);
	}
	/* one byte more than it may have, which is there, tells if it's cut */
	len = kpx_fetch_text(arg, from, out->record + out->next, max + 1);
	if (len <= 0)
		return kpx_fetch_no_string(out);
	if (len > max) {
		len = max;
		out->record[out->next + len - 1] = '\0';
		out->truncated = true;
	}
	word = (u32)len << 16 | out->next;
	out->next += len;
	return word;
}

/* Strings: each element is reached through a pointer of its own. */
static __always_inline void kpx_fetch_strings(const struct kpx_fetch_arg *arg,
					      u64 value,
					      struct kpx_fetch_out *out)
{
	u32 *to = (u32 *)(out->record + arg->offset);
	const struct kpx_fetch_deref *pointers =
		&arg->derefs[arg->nr_derefs - 1];
	bool bad = kpx_fetch_follow(arg, arg->nr_derefs - 1, &value);
	unsigned int i;

	for (i = 0; i < arg->count; i++) {
		u64 from, at = value + pointers->offset + i * sizeof(u64);

		if (bad ||
		    kpx_fetch_read(pointers->is_user, &from, at, sizeof(from)))
			to[i] = kpx_fetch_no_string(out);
		else
			to[i] = kpx_fetch_string(arg, from, out);
	}
}

static __always_inline void kpx_fetch_arg(const struct kpx_fetch_arg *arg,
					  const struct kpx_fetch_source *source,
					  struct kpx_fetch_out *out)
{
	bool is_string = arg->store >= KPX_STORE_STRING;
	char *to = out->record + arg->offset;
	u64 value = kpx_fetch_base(arg, source);

	if (is_string && arg->count) {
		kpx_fetch_strings(arg, value, out);
		return;
	}
	if (kpx_fetch_follow(arg, arg->nr_derefs, &value)) {
		/* numbers stay zero */
		if (is_string)
			*(u32 *)to = kpx_fetch_no_string(out);
		return;
	}
	if (is_string)
		*(u32 *)to = kpx_fetch_string(arg, value, out);
	else if (arg->store == KPX_STORE_MEMORY)
		kpx_fetch_memory(arg, value + arg->last, to);
	else
		kpx_fetch_put(to, arg->bytes, kpx_fetch_bits(arg, value));
}

/*
 * Words without a tail, in order behind the address; @to has 4 bytes more. This
 * is what most definitions come to, and what a hit's cost is measured by.
 */
static __always_inline unsigned int
kpx_fetch_words(const struct kpx_fetch *fetch, const void *regs, char *to)
{
	const struct kpx_fetch_op *ops = fetch->ops;
	u64 *words = (u64 *)(to + KPX_RECORD_ARGS);
	unsigned long i = fetch->nr_args;

	words[i] = 0;
	while (i--)
		words[i] = kpx_fetch_reg(regs, ops[i].reg);
	return fetch->max_bytes;
}

static __always_inline unsigned int
kpx_fetch_plain(const struct kpx_fetch *fetch, const void *regs,
		unsigned int tail_bytes, char *to)
{
	const struct kpx_fetch_op *op, *end = fetch->ops + fetch->nr_args;
	unsigned int bytes = fetch->max_bytes, at = bytes - 4;

	if (tail_bytes)
		bytes = fetch->static_bytes + tail_bytes + 4;
	/*
	 * at is a multiple of 8: without a tail one store zeroes the last
	 * arguments' padding and the 4 bytes behind the record, still in the
	 * buffer. It comes first, because an argument may share those 8 bytes.
	 */
	if (fetch->has_gaps)
		memset(to + KPX_RECORD_ARGS, 0, at - KPX_RECORD_ARGS);
	do {
		*(u64 *)(to + at) = 0;
		at += sizeof(u64);
	} while (at < bytes);

	for (op = fetch->ops; op < end; op++)
		kpx_fetch_put(to + op->offset, op->bytes,
			      kpx_fetch_reg(regs, op->reg));
	return bytes;
}

/* kpx_fetch_record() of what isn't all plain registers. */
static noinline notrace __maybe_unused unsigned int
kpx_fetch_any(const struct kpx_fetch *fetch,
	      const struct kpx_fetch_source *source, unsigned int tail_bytes,
	      unsigned int limit, char *to, bool *truncated)
{
	const struct kpx_fetch_arg *arg, *end = fetch->args + fetch->nr_args;
	struct kpx_fetch_out out = {
		.record = to,
		.next = fetch->static_bytes + tail_bytes,
		.last = ((limit + 4) & ~7U) - 5, /* size: 4 modulo 8 */
	};
	unsigned int bytes;

	memset(to + KPX_RECORD_ARGS, 0, out.next - KPX_RECORD_ARGS);
	for (arg = fetch->args; arg < end; arg++)
		kpx_fetch_arg(arg, source, &out);
	bytes = ((out.next + 4 + 7) & ~7U) - 4;
	memset(to + out.next, 0, bytes - out.next);
	if (out.truncated)
		*truncated = true;
	return bytes;
}

/*
 * Fills @record (8-byte aligned, @limit bytes) from byte 8 on: the first 8 are
 * the caller's or perf's. Every byte up to the size that is returned is
 * written, and up to 4 more. The tail's @tail_bytes (a multiple of 8) are
 * zeroes at static_bytes, for the caller to fill. @limit is at least
 * static_bytes + tail_bytes + 8, at most KPX_RECORD_MAX. *@truncated becomes
 * true if a string was cut, and is left alone else.
 */
static __always_inline unsigned int
kpx_fetch_record(const struct kpx_fetch *fetch,
		 const struct kpx_fetch_source *source, unsigned int tail_bytes,
		 unsigned int limit, void *record, bool *truncated)
{
	char *to = record;

	*(u64 *)(to + KPX_RECORD_IP) = source->ip;
	if (fetch->is_plain)
		return kpx_fetch_plain(fetch, source->regs, tail_bytes, to);
	return kpx_fetch_any(fetch, source, tail_bytes, limit, to, truncated);
}

/*
 * r probes, at entry: keeps what $argN need at return, in @entry of nr_entry
 * words. A dereference runs at return, as upstream does since 6.9.
 */
static __always_inline void kpx_fetch_entry(const struct kpx_spec *spec,
					    const void *regs, u64 *entry)
{
	unsigned int i;

	for (i = 0; i < spec->nr_entry; i++) {
		unsigned int from = spec->entry_regs[i];

		if (from & KPX_ENTRY_STACK)
			entry[i] = kpx_fetch_stack(regs, spec->stack_reg,
						   from & ~KPX_ENTRY_STACK);
		else
			entry[i] = kpx_fetch_reg(regs, from);
	}
}

/* Once in a file that fetches records or values. */
#define KPX_FETCH_NOKPROBE()                  \
	NOKPROBE_SYMBOL(kpx_fetch_stack);     \
	NOKPROBE_SYMBOL(kpx_fetch_value_any); \
	NOKPROBE_SYMBOL(kpx_fetch_any)

#endif /* KPX_CORE_FETCH_H */
