/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spec - a parsed and compiled definition; immutable
 *
 *	p[:[kprobex/]NAME] [MOD:]SYMBOL[+OFFSET]|0xADDRESS [[NAME=]FETCH[:TYPE]]…
 *	FETCH: $arg1 … $arg6 (at a function's entry only), %REGISTER
 *	TYPE:  u8 … u64, s8 … s64, x8 … x64 (default x64)
 *
 * A record: struct trace_entry (8 bytes, common_*), __probe_ip (u64), then
 * the arguments in order, each naturally aligned, and zeroes up to a size
 * that is 4 modulo 8, as perf wants raw data beside its u32 length.
 *
 * Pure: text in, struct out. No symbol is looked up here.
 */
#ifndef KPX_CORE_SPEC_H
#define KPX_CORE_SPEC_H

#include "error.h"
#include "fetch.h"
#include "regs.h"
#include "slice.h"
#include "type.h"

/* common_type, common_flags, common_preempt_count, common_pid, __probe_ip */
#define KPX_COMMON_FIELDS 5
#define KPX_ARGS_MAX	  (KPX_FIELDS_MAX - KPX_COMMON_FIELDS)
#define KPX_SYMBOL_MAX	  511 /* a kernel symbol's length */
#define KPX_MODULE_MAX	  55  /* a module name's length */

/* One argument of the record. */
struct kpx_spec_arg {
	char name[KPX_NAME_SIZE];
	const struct kpx_type *type;
	const struct kpx_reg *reg;
	u16 offset; /* in the record */
	u8 arg;	    /* N of $argN, or 0 for %REG */
};

struct kpx_spec {
	char name[KPX_NAME_SIZE]; /* "" if anonymous */
	const char *symbol;	  /* "sym" or "mod:sym"; NULL: address */
	u64 address;		  /* if there's no symbol */
	u32 symbol_offset;	  /* bytes behind the symbol */
	u32 name_at, target_at;	  /* where they stood in the text … */
	u32 name_len, target_len; /* … for errors found later */
	u16 nr_args;
	struct kpx_fetch fetch; /* the compiled form, for the hot path */
	struct kpx_spec_arg args[];
};

/* One field as KPX_IOC_DESCRIBE gives it; the common ones come first. */
struct kpx_spec_field {
	const char *name;
	const char *type;
	u16 offset;
	u16 bytes;
	u32 flags; /* KPX_FIELD_* */
};

#define KPX_SPEC_AUTO_NAME (1U << 0) /* name it if the text doesn't */

/*
 * Parses and compiles @text. On success *@spec is the caller's, to be freed
 * with kpx_spec_free(). 0, -ENOMEM (@err untouched), or -EINVAL with @err
 * filled. @text is only read and may hold any bytes.
 */
int kpx_spec_parse(struct kpx_slice text, unsigned int flags,
		   struct kpx_spec **spec, struct kpx_error *err);

/* NULL ok. */
void kpx_spec_free(const struct kpx_spec *spec);

/*
 * The canonical definition: parsing it gives the same spec again. Works as
 * snprintf: returns the whole length without NUL (which is always below
 * KPX_DEFINITION_SIZE), writes at most @size bytes with the NUL.
 */
size_t kpx_spec_print(const struct kpx_spec *spec, char *buf, size_t size);

/* Its target alone, "mod:sym+0x4" or "0x…", in the same way. */
size_t kpx_spec_print_target(const struct kpx_spec *spec, char *buf,
			     size_t size);

static inline unsigned int kpx_spec_nr_fields(const struct kpx_spec *spec)
{
	return KPX_COMMON_FIELDS + spec->nr_args;
}

/* Field @index < kpx_spec_nr_fields(). Points into @spec and static text. */
struct kpx_spec_field kpx_spec_field(const struct kpx_spec *spec,
				     unsigned int index);

#endif /* KPX_CORE_SPEC_H */
