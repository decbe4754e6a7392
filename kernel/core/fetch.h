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
 *
 * A record: struct trace_entry (8 bytes, common_*), __probe_ip (u64), the
 * arguments in order, each naturally aligned, zeroes up to static_bytes, the
 * caller's tail, the bytes of strings, zeroes up to a size of 4 modulo 8, as
 * perf wants raw data beside its u32 length. A string's field is a u32, its
 * length with the NUL << 16 | its offset in the record, as tracefs has it;
 * length 0 (and an offset where a NUL is) says that it couldn't be read.
 */
#ifndef KPX_CORE_FETCH_H
#define KPX_CORE_FETCH_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/thread_info.h>
#include <linux/types.h>

/* The record's head: struct trace_entry, which perf fills, and the address. */
#define KPX_RECORD_IP	8
#define KPX_RECORD_ARGS 16
/* No record is larger, whatever the limit; a multiple of 8. */
#define KPX_RECORD_MAX 8192
/* The arguments' static part takes at most this, as for kprobe_events. */
#define KPX_STATIC_MAX 3072
/* A string is cut to this, with its NUL. */
#define KPX_STRING_MAX 4096
#define KPX_COMM_BYTES 16

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

/* A plain argument: a register's low bytes. */
struct kpx_fetch_op {
	u16 reg;    /* offset in struct pt_regs, of 8 bytes */
	u16 offset; /* offset in the record */
	u8 bytes;   /* 1, 2, 4, 8: the low part is stored */
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

static __always_inline u64 kpx_fetch_get(const void *from, unsigned int bytes)
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

/* The bits of a bit field, at the low end of its container. */
static __always_inline u64 kpx_fetch_bits(const struct kpx_fetch_arg *arg,
					  u64 value)
{
	unsigned int spare = 64 - 8 * arg->bytes;

	if (!arg->right)
		return value;
	return value << (spare + arg->left) >> (spare + arg->right);
}

/* @value's low @bytes, as 64 bits. */
static __always_inline u64 kpx_fetch_extend(u64 value, unsigned int bytes,
					    bool is_signed)
{
	unsigned int spare = 64 - 8 * bytes;

	value <<= spare;
	return is_signed ? (u64)((s64)value >> spare) : value >> spare;
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
		value = kpx_fetch_get(&word, arg->bytes);
	}
	return kpx_fetch_extend(kpx_fetch_bits(arg, value), arg->bytes,
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
		return kpx_fetch_extend(kpx_fetch_reg(source->regs, arg->index),
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
	if (!arg->right)
		return;
	for (i = 0; i < n; i++, to += bytes)
		kpx_fetch_put(to, bytes,
			      kpx_fetch_bits(arg, kpx_fetch_get(to, bytes)));
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
	if (!max) {
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
	const struct kpx_fetch_op *op, *end = fetch->ops + fetch->nr_args;
	u64 *word = (u64 *)(to + KPX_RECORD_ARGS);

	for (op = fetch->ops; op < end; op++)
		*word++ = kpx_fetch_reg(regs, op->reg);
	*word = 0;
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

/* Once in a file that fetches records or values. */
#define KPX_FETCH_NOKPROBE()                  \
	NOKPROBE_SYMBOL(kpx_fetch_stack);     \
	NOKPROBE_SYMBOL(kpx_fetch_value_any); \
	NOKPROBE_SYMBOL(kpx_fetch_any)

#endif /* KPX_CORE_FETCH_H */
