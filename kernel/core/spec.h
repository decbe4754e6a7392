/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spec - a parsed and compiled definition; immutable but for its symbols
 *
 *	p[:[kprobex/][NAME]] [MOD:]SYMBOL[+OFFSET]|ADDRESS [ARG]… [if EXPR]
 *	r[MAXACTIVE][:…]     [MOD:]SYMBOL[+0]|ADDRESS      [ARG]… [if EXPR]
 *	p[:…]                [MOD:]SYMBOL[+0]%return       [ARG]… [if EXPR]
 *
 *	ARG:   [NAME=]FETCH[:TYPE], or $args for $arg1 … $arg6
 *	FETCH: %REGISTER $argN $retval $stack $stackN $comm $duration
 *	       @ADDRESS @SYMBOL[+|-OFFSET] +|-[u]OFFSET(FETCH) \NUMBER \"TEXT"
 *	TYPE:  u8 … u64, s8 … s64, x8 … x64 (default x64), char, symbol,
 *	       bWIDTH@OFFSET/CONTAINER, string, ustring, symstr, and [N] arrays
 *
 * as kprobe_events takes them. record.h has the record, expr.h the condition.
 *
 * Pure: text in, struct out. No symbol is looked up here.
 */
#ifndef KPX_CORE_SPEC_H
#define KPX_CORE_SPEC_H

#include "error.h"
#include "record.h"
#include "regs.h"
#include "slice.h"
#include "type.h"

struct kpx_expr;

/* common_type, common_flags, common_preempt_count, common_pid, __probe_ip */
#define KPX_COMMON_FIELDS 5
/* the tail's: weight, duration_ns, retval */
#define KPX_TAIL_FIELDS	  3
#define KPX_ARGS_MAX	  (KPX_FIELDS_MAX - KPX_COMMON_FIELDS)
#define KPX_SYMBOL_MAX	  511 /* a kernel symbol's length */
#define KPX_MODULE_MAX	  55  /* a module name's length */
#define KPX_MAXACTIVE_MAX 4096

/* The units of an event that change the record: see kpx_spec_tail_bytes(). */
#define KPX_SPEC_UNIT_HITS 0
#define KPX_SPEC_UNIT_TIME 1

/* What an argument's chain begins with, as the text has it. */
enum kpx_source {
	KPX_SOURCE_REG,
	KPX_SOURCE_ARG,
	KPX_SOURCE_RETVAL,
	KPX_SOURCE_STACK,
	KPX_SOURCE_STACK_WORD,
	KPX_SOURCE_COMM,
	KPX_SOURCE_DURATION,
	KPX_SOURCE_ADDRESS,
	KPX_SOURCE_SYMBOL,
	KPX_SOURCE_VALUE,
	KPX_SOURCE_TEXT,
};

/* One argument of the record: what spec.fetch.args[] doesn't have of it. */
struct kpx_spec_arg {
	char name[KPX_NAME_SIZE];
	char type_text[KPX_TYPE_SIZE]; /* "u32", "b4@8/32", "string[3]" */
	struct kpx_type_use type;
	u8 source;		   /* enum kpx_source */
	u8 hidden_derefs;	   /* how many the text doesn't show */
	bool is_memory;		   /* its last deref is fetch's last */
	u16 number;		   /* N of $argN, of $stackN, the symbol */
	const struct kpx_reg *reg; /* of %REG */
};

/* A data symbol that an argument reads: "@name+offset". */
struct kpx_spec_symbol {
	const char *name; /* without offset */
	s64 offset;
	u32 at, len; /* name and offset in the text, for errors */
	u16 arg;     /* whose fetch gets the address; several may share */
};

struct kpx_spec {
	char name[KPX_NAME_SIZE]; /* "" if anonymous */
	/*
	 * "sym" or "mod:sym", as register_kprobe() wants it (for a syscall the
	 * stub); NULL: address.
	 */
	const char *symbol;
	const char *shown_symbol; /* the symbol as the text had it */
	u64 address;		  /* if there's no symbol */
	u32 symbol_offset;	  /* bytes behind the symbol */
	u32 name_at, target_at;	  /* where they stood in the text … */
	u32 name_len, target_len; /* … for errors found later */
	bool is_return;
	bool at_entry;	    /* a symbol without offset */
	bool is_syscall;    /* $argN are read from the stub's inner pt_regs */
	bool uses_duration; /* some argument is $duration */
	u16 maxactive;	    /* 0: default */
	u16 nr_args;
	/* r probes: what kpx_fetch_entry() captures, in order */
	u16 nr_entry;
	u16 stack_reg;	       /* the stack pointer's slot of pt_regs */
	const u16 *entry_regs; /* slots of pt_regs, or KPX_ENTRY_STACK */
	/* what the caller resolves with kpx_spec_set_symbol() */
	u16 nr_symbols;
	struct kpx_spec_symbol *symbols;
	const struct kpx_expr *condition; /* NULL: none */
	const char *condition_text;	  /* without "if" */
	struct kpx_fetch fetch; /* the compiled form, for the hot path */
	struct kpx_spec_arg *args;
};

/* One field as KPX_IOC_DESCRIBE gives it; the common ones come first. */
struct kpx_spec_field {
	const char *name;
	const char *type;
	u16 offset;
	u16 bytes; /* of the whole field */
	u16 count; /* 0: a scalar; N: an array of N */
	u32 flags; /* KPX_FIELD_* */
};

#define KPX_SPEC_AUTO_NAME (1U << 0) /* name it if the text doesn't */
/*
 * The target is a syscall: sys_NAME stands for the architecture's stub. For a
 * reparse, when there's no symbol sys_NAME: see kpx_spec_may_be_syscall().
 */
#define KPX_SPEC_SYSCALL (1U << 1)

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
 * Would KPX_SPEC_SYSCALL give another target? True of "sys_NAME" with no
 * offset and no module, parsed without that flag.
 */
bool kpx_spec_may_be_syscall(const struct kpx_spec *spec);

/*
 * Gives symbol @index < nr_symbols its address, without the offset. Before the
 * first fetch, or the argument reads from the offset alone, which faults.
 */
void kpx_spec_set_symbol(struct kpx_spec *spec, unsigned int index,
			 u64 address);

/*
 * The canonical definition: parsing it gives the same spec again. Works as
 * snprintf: returns the whole length without NUL (which is always below
 * KPX_DEFINITION_SIZE), writes at most @size bytes with the NUL.
 */
size_t kpx_spec_print(const struct kpx_spec *spec, char *buf, size_t size);

/* Its target alone, "mod:sym+0x4" or "0x…", in the same way. */
size_t kpx_spec_print_target(const struct kpx_spec *spec, char *buf,
			     size_t size);

/*
 * The bytes between static part and strings in the record of an event of
 * @unit: weight (u64) for every unit but hits, and for time also duration_ns
 * (u64) and retval (u64).
 */
static inline unsigned int kpx_spec_tail_bytes(unsigned int unit)
{
	if (unit == KPX_SPEC_UNIT_HITS)
		return 0;
	return unit == KPX_SPEC_UNIT_TIME ? 24 : 8;
}

/* The fields of a record of that unit: common, arguments, tail. */
static inline unsigned int kpx_spec_nr_fields(const struct kpx_spec *spec,
					      unsigned int unit)
{
	return KPX_COMMON_FIELDS + spec->nr_args +
	       kpx_spec_tail_bytes(unit) / sizeof(u64);
}

/*
 * Field @index < kpx_spec_nr_fields(). Points into @spec and static text. A
 * tail's field whose name an argument has is called "__weight" and so on.
 */
struct kpx_spec_field kpx_spec_field(const struct kpx_spec *spec,
				     unsigned int unit, unsigned int index);

/* In entry_regs: the word at the stack pointer, of that number. */
#define KPX_ENTRY_STACK 0x8000U

#endif /* KPX_CORE_SPEC_H */
