// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "exprrun.h"

/*
 * A character class, whose '[' is at @pattern[at]: where it ends, behind its ']', or
 * 0 if it doesn't. *@has: is @c in it?
 */
static size_t class_end(const char *pattern, size_t bytes, size_t at, uint8_t c,
			bool *has)
{
	size_t i = at + 1;
	bool invert = i < bytes && pattern[i] == '!', found = false;
	size_t first = i += invert;

	/* A ']' that comes first is a member. */
	for (; i < bytes && (i == first || pattern[i] != ']'); i++) {
		uint8_t from = pattern[i], to = from;

		if (i + 2 < bytes && pattern[i + 1] == '-' &&
		    pattern[i + 2] != ']') {
			to = pattern[i + 2];
			i += 2;
		}
		found |= from <= c && c <= to;
	}
	*has = found != invert;
	return i < bytes ? i + 1 : 0;
}

bool kpc_expr_is_glob(const char *pattern)
{
	size_t bytes = strlen(pattern);
	size_t i = 0;
	bool has;

	while (i < bytes) {
		i = pattern[i] == '[' ? class_end(pattern, bytes, i, 0, &has) :
					i + 1;
		if (!i)
			return false;
	}
	return true;
}

/* No recursion: only the last '*' is tried on. */
bool kpc_expr_glob(const char *pattern, size_t pattern_bytes,
		   const uint8_t *text, size_t text_bytes)
{
	size_t p = 0, i = 0, star_p = 0, star_i = 0;
	bool star = false;

	while (i < text_bytes || p < pattern_bytes) {
		if (p < pattern_bytes && pattern[p] == '*') {
			star = true;
			star_p = ++p;
			star_i = i;
			continue;
		}
		if (p < pattern_bytes && i < text_bytes) {
			size_t next = p + 1;
			bool same = pattern[p] == '?' ||
				    (uint8_t)pattern[p] == text[i];

			if (pattern[p] == '[')
				next = class_end(pattern, pattern_bytes, p,
						 text[i], &same);
			if (same) {
				p = next;
				i++;
				continue;
			}
		}
		/* The star takes one more, if there is one and one is left. */
		if (!star || star_i >= text_bytes)
			return false;
		i = ++star_i;
		p = star_p;
	}
	return true;
}

bool kpc_expr_text_holds(const struct kpc_expr_step *step,
			 const struct kpc_expr_value *left)
{
	bool same;

	if (step->operation == KPC_EXPR_GLOB)
		return kpc_expr_glob(step->text, step->text_bytes, left->text,
				     left->text_bytes);
	same = left->text_bytes == step->text_bytes &&
	       (!step->text_bytes ||
		!memcmp(left->text, step->text, step->text_bytes));
	return same == (step->operation == KPC_EXPR_EQUAL);
}
