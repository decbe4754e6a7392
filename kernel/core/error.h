/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error - why a definition was refused: stable code, byte offset, words
 *
 * The codes go out through KPX_IOC_DEFINE and error_log. They are pinned:
 * append, never renumber; a code that isn't used any more leaves a gap.
 */
#ifndef KPX_CORE_ERROR_H
#define KPX_CORE_ERROR_H

#include <linux/types.h>

#include "../include/uapi/kprobex.h"
#include "slice.h"

/* X(NAME, code, text): the text says what to do about it */
#define KPX_ERRORS(X)                                                                 \
	/* the command */                                                             \
	X(NO_COMMAND, 1, "no command: want p[:NAME] SYMBOL ... or -:NAME")            \
	X(BAD_COMMAND, 2, "unknown command: want p[:NAME] or -:NAME")                 \
	X(BAD_BYTE, 3, "not a printable ASCII character")                             \
	X(TOO_LONG, 4, "definition too long: at most 4095 bytes")                     \
	X(MAXACTIVE, 6, "a number after p: maxactive is for return probes")           \
	X(TRAILING, 7, "nothing may follow -:NAME")                                   \
	X(ONE_COMMAND, 8,                                                             \
	  "one definition per call: remove through its own call")                     \
	/* names */                                                                   \
	X(NO_NAME, 10, "no name after ':': want p:NAME or -:NAME")                    \
	X(NAME_TOO_LONG, 11, "name too long: at most 63 characters")                  \
	X(BAD_NAME, 12, "bad name: letters, digits and _, no digit first")            \
	X(BAD_GROUP, 13, "bad group: the only one is kprobex")                        \
	X(RESERVED_NAME, 14,                                                          \
	  "reserved: perf reads it as a term; choose another name")                   \
	X(NAME_TAKEN, 15,                                                             \
	  "already defined: remove it with -:NAME or choose another name")            \
	X(UNKNOWN_NAME, 16,                                                           \
	  "no probe of this name: read /dev/kprobex for the list")                    \
	X(BUSY, 17, "events of this probe are open: close them first")                \
	/* the target */                                                              \
	X(NO_TARGET, 20,                                                              \
	  "no target: want [MOD:]SYMBOL[+OFFSET] or an address")                      \
	X(BAD_ADDRESS, 21, "bad address: want a number of 64 bits, not 0")            \
	X(BAD_SYMBOL, 22, "bad symbol: want [MOD:]SYMBOL[+OFFSET]")                   \
	X(SYMBOL_TOO_LONG, 23, "symbol too long")                                     \
	X(BAD_OFFSET, 24,                                                             \
	  "bad offset: want SYMBOL+NUMBER, a number below 2^32")                      \
	X(NO_SYMBOL, 25,                                                              \
	  "no such symbol: look in /proc/kallsyms; is its module loaded?")            \
	X(BOUNDARY, 26,                                                               \
	  "inside an instruction: choose an offset where one starts")                 \
	X(NOT_PROBEABLE, 27,                                                          \
	  "can't be probed: blacklisted, notrace or not kernel text")                 \
	X(REFUSED, 28, "the kernel refused to probe it")                              \
	/* arguments */                                                               \
	X(TOO_MANY_ARGS, 30, "too many arguments: at most 123")                       \
	X(NO_ARG_NAME, 31, "no argument name before '='")                             \
	X(ARG_NAME_TOO_LONG, 32,                                                      \
	  "argument name too long: at most 63 characters")                            \
	X(BAD_ARG_NAME, 33,                                                           \
	  "bad argument name: letters, digits and _, no digit first")                 \
	X(RESERVED_ARG, 34,                                                           \
	  "reserved argument name: every record has a field of this name")            \
	X(USED_ARG, 35, "argument name used twice: choose another")                   \
	X(NO_FETCH, 36,                                                               \
	  "no fetch argument: want NAME=$argN, NAME=%REG or another")                 \
	X(BAD_FETCH, 37,                                                              \
	  "bad fetch argument: want $argN %REG @SYMBOL +OFFSET(FETCH) and so on")     \
	X(BAD_REG, 39,                                                                \
	  "no such register: want %ax, %di, %r8 and so on, as struct pt_regs")        \
	X(BAD_ARG_NUM, 40,                                                            \
	  "bad argument number: from $arg1 on; of a system call to $arg6")            \
	X(ARG_NOT_ENTRY, 41,                                                          \
	  "$argN only at a function's entry: SYMBOL without offset")                  \
	X(BAD_TYPE, 42,                                                               \
	  "unknown type: want u8 to x64, char, symbol, bW@O/S, string and so on")     \
	X(BAD_MAXACTIVE, 45, "bad maxactive: want r and a number, 1 to 4096")         \
	X(NOT_ENTRY, 46,                                                              \
	  "a return probe's target is a function's entry: give no offset")            \
	X(BAD_SUFFIX, 47, "want %return or nothing behind the symbol")                \
	X(RETVAL_ON_ENTRY, 48,                                                        \
	  "$retval is for return probes: r, or SYMBOL%return")                        \
	X(DURATION_ON_ENTRY, 49,                                                      \
	  "$duration is for return probes: r, or SYMBOL%return")                      \
	X(BAD_STACK_NUM, 50, "bad number of a word on the stack")                     \
	X(BAD_MEMORY, 51, "bad memory: want @ADDRESS or @SYMBOL[+|-OFFSET]")          \
	X(FILE_OFFSET, 52,                                                            \
	  "an offset in a file is for user probes: want @SYMBOL")                     \
	X(BAD_NUMBER, 53, "bad value: want \\NUMBER or \\\"TEXT\"")                   \
	X(TEXT_OPEN, 54, "no closing \" at the argument's end")                       \
	X(DEREF_BRACE, 55, "no brace: want +|-[u]OFFSET(FETCH)")                      \
	X(DEREF_OFFSET, 56, "bad offset: want +|-[u]OFFSET(FETCH)")                   \
	X(DEREF_OPEN, 57, "no closing ) here")                                        \
	X(DEREF_TRAILING, 58, "only :TYPE may follow the closing )")                  \
	X(DEREF_DEEP, 59, "too many dereferences: at most 14, of @SYMBOL 13")         \
	X(DEREF_TEXT, 60, "a text can't be dereferenced")                             \
	X(ARRAY_OPEN, 61, "no closing ] here")                                        \
	X(ARRAY_SUFFIX, 62, "nothing may follow the closing ]")                       \
	X(BAD_ARRAY_NUM, 63, "bad array: want TYPE[N], N from 1 to 64")               \
	X(ARRAY_TOO_BIG, 64, "array too big: at most 64 elements")                    \
	X(BAD_STRING, 65,                                                             \
	  "strings and arrays are read from memory: want +OFFSET(FETCH)")             \
	X(BAD_SYMSTR, 66,                                                             \
	  "symstr wants an address from a register, the stack or memory")             \
	X(BAD_BITFIELD, 67,                                                           \
	  "bad bit field: want bWIDTH@OFFSET/SIZE that fits")                         \
	X(NEED_STRING, 68, "a text's type is string, and it is no array")             \
	X(RECORD_TOO_BIG, 69,                                                         \
	  "arguments too big: at most 3072 bytes without the strings' text")          \
	X(NO_DATA_SYMBOL, 70,                                                         \
	  "symbol not found: give its address from /proc/kallsyms as @0x...")         \
	/* the condition */                                                           \
	X(NO_EXPR, 80, "no condition: want if FIELD == VALUE or the like")            \
	X(EXPR_FIELD, 81, "no such field: want an argument's name")                   \
	X(EXPR_COMMON, 82,                                                            \
	  "filled in after the condition: want an argument or __probe_ip")            \
	X(EXPR_OPERATOR, 83,                                                          \
	  "want == != < <= > >= & for numbers, == != ~ for strings")                  \
	X(EXPR_VALUE, 84,                                                             \
	  "bad value: want a number, 'c', a field or \"text\"")                       \
	X(EXPR_RANGE, 85, "a field of this type never has that value")                \
	X(EXPR_KIND, 86,                                                              \
	  "not comparable: numbers with numbers, strings with \"text\"")              \
	X(EXPR_ARRAY, 87, "an array can't be compared")                               \
	X(EXPR_QUOTE, 88, "no closing quote")                                         \
	X(EXPR_PAREN, 89, "want ) here")                                              \
	X(EXPR_DEEP, 90, "too deeply nested: at most 8 levels")                       \
	X(EXPR_LONG, 91, "condition too long: at most 64 comparisons or so")          \
	X(EXPR_GLOB, 92, "bad pattern: a [ has no ]")                                 \
	X(EXPR_TRAILING, 93, "want && or || or the end here")                         \
	X(EXPR_TEXT_LONG, 94, "text too long: at most 127 bytes")                     \
	/* opening and arming */                                                      \
	X(DEAF, 100,                                                                  \
	  "never called: set kernel.ftrace_enabled and debugfs kprobes/enabled to 1") \
	X(MANY_RETURNS, 101,                                                          \
	  "too many return hooks: at most 1024 targets, 65536 instances")             \
	X(RECORD_TOO_LONG, 102,                                                       \
	  "record too long to keep from entry to return: fewer arguments")            \
	X(ENTRY_ONLY, 103,                                                            \
	  "returns and times are had at a function's entry only")                     \
	X(MODE_RETURN, 104,                                                           \
	  "returns and times take mode=0 or 3: their hook sits at the entry")         \
	X(MODE_FTRACE, 105,                                                           \
	  "mode=3 is for a function's entry that ftrace can call from")               \
	X(MODE_MANY, 106, "a probe with many targets takes mode=0 or 3")              \
	X(MODE_JUMP, 107,                                                             \
	  "no jump in 2 s: kprobes-optimization off, or the code there forbids it")   \
	X(UNIT_FIELD, 108,                                                            \
	  "unit=2 wants field=N, a number among the arguments")                       \
	X(FIRST_TARGET, 109,                                                          \
	  "of many targets the definition's own must be the first one given")         \
	X(EVENT_TAKEN, 110,                                                           \
	  "there is a trace event kprobex:NAME: remove it from kprobe_events")        \
	X(NAME_HERE, 111, "a definition that comes with an event has no name")        \
	/* BPF programs */                                                            \
	X(BPF_FD, 120, "not a descriptor of a BPF program of type KPROBE")            \
	X(BPF_SLEEPABLE, 121,                                                         \
	  "a sleepable program can't run here: load it without BPF_F_SLEEPABLE")      \
	X(BPF_ATTACH_TYPE, 122,                                                       \
	  "loaded for a MULTI or SESSION link: use SEC(kprobe) or SEC(kretprobe)")    \
	X(BPF_OVERRIDE, 123,                                                          \
	  "bpf_override_return() isn't for this probe: use a kprobe event")           \
	X(BPF_TOO_MANY, 124, "too many BPF programs: at most 64 on a probe")          \
	X(BPF_TWICE, 125,                                                             \
	  "the program is on this probe already: load it once more, or replace it")   \
	X(BPF_NO_SUCH, 126,                                                           \
	  "no such program on this probe: KPX_IOC_BPF_QUERY has the ids")             \
	X(BPF_OWNED, 127, "the program lives with an event: close that")              \
	X(BPF_HOOKED, 128,                                                            \
	  "it wants a kprobe here: close the probe's events, detach its programs")    \
	X(BPF_CAPABLE, 129, "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN")        \
	X(BPF_MODE, 130,                                                              \
	  "bpf_get_func_ip() or tail calls in a probe's programs want mode=0")        \
	X(BPF_MAP, 131,                                                               \
	  "without the kernel's guard no maps but (per-CPU, perf) arrays, no kfuncs") \
	X(BPF_PLACE, 132,                                                             \
	  "at most one of before, after and replace; a link replaces nothing")        \
	X(BPF_EVENT, 133,                                                             \
	  "config2: want a struct kpx_event_bpf with 1 to 64 programs")               \
	X(BPF_MANY, 135,                                                              \
	  "bpf_get_func_ip() or tail calls: at most 1024 targets, a kprobe each")     \
	X(BPF_KPROBE_FACE, 134,                                                       \
	  "no KPROBE programs on trace events here: attach them to the probe")

enum kpx_error_code {
	KPX_ERR_NONE,
#define KPX_ERROR_ENUM(name, code, text) KPX_ERR_##name = (code),
	KPX_ERRORS(KPX_ERROR_ENUM)
#undef KPX_ERROR_ENUM
};

/* Where and why. code is KPX_ERR_NONE if the failure isn't about the text. */
struct kpx_error {
	u32 code;
	u32 offset;		   /* bytes from the start of the text */
	char text[KPX_ERROR_SIZE]; /* NUL-terminated */
};

/* The list's text for @code; never NULL. */
const char *kpx_error_text(enum kpx_error_code code);

/* Its name without the prefix, "BAD_TYPE"; never NULL. */
const char *kpx_error_name(enum kpx_error_code code);

/*
 * Fills @err. @subject (NULL ok; @subject_len bytes, any bytes, shortened if
 * it is long) is quoted in front of the text, so that a message names the
 * thing that it is about.
 */
void kpx_error_set(struct kpx_error *err, enum kpx_error_code code,
		   size_t offset, const char *subject, size_t subject_len);

/*
 * The parsers' way: the error is about @at, a slice of @text that is quoted
 * and whose offset is taken. Returns -EINVAL, so "return kpx_error_at(…)".
 */
int kpx_error_at(struct kpx_error *err, enum kpx_error_code code,
		 struct kpx_slice text, struct kpx_slice at);

#endif /* KPX_CORE_ERROR_H */
