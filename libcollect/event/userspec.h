/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userspec - what the strings of -e ask for in programs and shared libraries
 *
 *   EVENT  = ("u" | "uprobe") ":" TARGET { " " ARG }       when it's reached
 *          | ("ur" | "uretprobe") ":" TARGET { " " ARG }   when it returns
 *          | "usdt:" FILE ":" [PROVIDER ":"] NAME          * and ? match
 *   TARGET = FILE ":" PLACE ["%return"] ["(" NUMBER ")"]
 *   PLACE  = FUNCTION ["+" NUMBER] | NUMBER                of the file's bytes
 *
 * ARG is as in the kernel's uprobe_events, NAME=FETCH:TYPE, and so are the closing
 * parts of a TARGET; the number in parentheses is the offset of a semaphore.
 */
#ifndef KPC_USERSPEC_H
#define KPC_USERSPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "eventmistake.h"

struct kpc_userspec {
	bool is_usdt;
	bool is_return;
	char *file;	/* as it was written */
	char *provider; /* of a USDT probe; NULL: any */
	char *name; /* of the function or USDT probe; NULL: only an offset */
	uint64_t offset;
	bool has_offset;
	uint64_t semaphore; /* its offset; 0: none */
	char *args;	    /* or NULL */
	char *group;	    /* of a definition p:GROUP/NAME, or NULL */
};

/* @text is one of those, or is meant to be. */
bool kpc_userspec_is_event(const char *text);
/* The same of a definition's target. */
bool kpc_userspec_is_target(const char *text);

/*
 * Takes apart what is from @text to @end: an EVENT, or TARGET { " " ARG }. 0,
 * -ENOMEM, or -EINVAL and @mistake. @spec is for kpc_userspec_uninit() in any case.
 */
int kpc_userspec_parse(struct kpc_userspec *spec, const char *text,
		       const char *end, struct kpc_eventmistake *mistake);
int kpc_userspec_parse_target(struct kpc_userspec *spec, const char *text,
			      const char *end,
			      struct kpc_eventmistake *mistake);
/* Zeroed is fine. */
void kpc_userspec_uninit(struct kpc_userspec *spec);

#endif /* KPC_USERSPEC_H */
