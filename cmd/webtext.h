/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * webtext - strings of a trace as JSON that may stand in a web page
 *
 * Whoever made the names that a trace has, what comes out closes no element and no
 * string, and looks like what it is: good UTF-8 stays, other bytes are written as
 * \xNN, and characters that can't be seen or turn the text around as \n, \t, \uNNNN.
 */
#ifndef WEBTEXT_H
#define WEBTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define WEBTEXT_BYTES 160 /* of a string; what is longer is cut: "..." */

/* In double quotes; at most @n bytes, to the first NUL. */
void webtext_bytes(struct text *out, const char *bytes, size_t n);
void webtext(struct text *out, const char *string);
/* A number, exact also where JavaScript's aren't: then it is a string. */
void webtext_u64(struct text *out, uint64_t v);
/* A comma before all but the first. */
void webtext_comma(struct text *out, bool *first);
/* Members of an object, as of json.h. */
void webtext_member(struct text *out, bool *first, const char *key,
		    const char *v);
void webtext_member_u64(struct text *out, bool *first, const char *key,
			uint64_t v);

#endif /* WEBTEXT_H */
