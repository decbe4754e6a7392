/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error - why a definition was refused: stable code, byte offset, words
 *
 * The codes go out through KPX_IOC_DEFINE and error_log. They are pinned:
 * append, never renumber.
 */
#ifndef KPX_CORE_ERROR_H
#define KPX_CORE_ERROR_H

#include <linux/types.h>

#include "../include/uapi/kprobex.h"
#include "slice.h"

/* X(NAME, code, text): the text says what to do about it */
#define KPX_ERRORS(X)                                                          \
	/* the command */                                                      \
	X(NO_COMMAND, 1, "no command: want p[:NAME] SYMBOL ... or -:NAME")     \
	X(BAD_COMMAND, 2, "unknown command: want p[:NAME] or -:NAME")          \
	X(BAD_BYTE, 3, "not a printable ASCII character")                      \
	X(TOO_LONG, 4, "definition too long: at most 4095 bytes")              \
	X(NO_RETURN, 5, "return probes aren't supported by this version")      \
	X(MAXACTIVE, 6, "a number after p: maxactive is for return probes")    \
	X(TRAILING, 7, "nothing may follow -:NAME")                            \
	X(ONE_COMMAND, 8,                                                      \
	  "one definition per call: remove through its own call")              \
	/* names */                                                            \
	X(NO_NAME, 10, "no name after ':': want p:NAME or -:NAME")             \
	X(NAME_TOO_LONG, 11, "name too long: at most 63 characters")           \
	X(BAD_NAME, 12, "bad name: letters, digits and _, no digit first")     \
	X(BAD_GROUP, 13, "bad group: the only one is kprobex")                 \
	X(RESERVED_NAME, 14,                                                   \
	  "reserved: perf reads it as a term; choose another name")            \
	X(NAME_TAKEN, 15,                                                      \
	  "already defined: remove it with -:NAME or choose another name")     \
	X(UNKNOWN_NAME, 16,                                                    \
	  "no probe of this name: read /dev/kprobex for the list")             \
	X(BUSY, 17, "events of this probe are open: close them first")         \
	/* the target */                                                       \
	X(NO_TARGET, 20, "no target: want [MOD:]SYMBOL[+OFFSET] or 0xADDRESS") \
	X(BAD_ADDRESS, 21,                                                     \
	  "bad address: want 0x and up to 16 hex digits, not 0")               \
	X(BAD_SYMBOL, 22, "bad symbol: want [MOD:]SYMBOL[+OFFSET]")            \
	X(SYMBOL_TOO_LONG, 23, "symbol too long")                              \
	X(BAD_OFFSET, 24, "bad offset: want + and a number below 2^32")        \
	X(NO_SYMBOL, 25,                                                       \
	  "no such symbol: look in /proc/kallsyms; is its module loaded?")     \
	X(BOUNDARY, 26,                                                        \
	  "inside an instruction: choose an offset where one starts")          \
	X(NOT_PROBEABLE, 27,                                                   \
	  "can't be probed: blacklisted, notrace or not kernel text")          \
	X(REFUSED, 28, "the kernel refused to probe it")                       \
	/* arguments */                                                        \
	X(TOO_MANY_ARGS, 30, "too many arguments: at most 123")                \
	X(NO_ARG_NAME, 31, "no argument name before '='")                      \
	X(ARG_NAME_TOO_LONG, 32,                                               \
	  "argument name too long: at most 63 characters")                     \
	X(BAD_ARG_NAME, 33,                                                    \
	  "bad argument name: letters, digits and _, no digit first")          \
	X(RESERVED_ARG, 34,                                                    \
	  "reserved argument name: every record has a field of this name")     \
	X(USED_ARG, 35, "argument name used twice: choose another")            \
	X(NO_FETCH, 36, "no fetch argument: want NAME=$argN or NAME=%REG")     \
	X(BAD_FETCH, 37, "bad fetch argument: want $argN or %REG")             \
	X(FETCH_UNSUPPORTED, 38,                                               \
	  "fetch argument not supported by this version: want $argN or %REG")  \
	X(BAD_REG, 39,                                                         \
	  "no such register: want %ax, %di, %r8 and so on, as struct pt_regs") \
	X(BAD_ARG_NUM, 40, "bad argument number: $arg1 to $arg6")              \
	X(ARG_NOT_ENTRY, 41,                                                   \
	  "$argN only at a function's entry: SYMBOL without offset")           \
	X(BAD_TYPE, 42, "unknown type: u8 to u64, s8 to s64 or x8 to x64")     \
	X(TYPE_UNSUPPORTED, 43,                                                \
	  "type not supported by this version: u, s or x with 8, 16, 32, 64")  \
	X(IF_UNSUPPORTED, 44, "'if' isn't supported by this version")

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
