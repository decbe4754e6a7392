/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * condition - an expression over an event's fields, for its raw records
 *
 *   expression = and { "||" and }          and = term { "&&" term }
 *   term       = "(" expression ")" | FIELD operator value
 *   FIELD      = a name, or NAME[INDEX] of an array
 *
 * An integer is compared by == != < <= > >= with a number in decimal or 0x… (- if
 * it is signed), or by & : some of these bits are set. A string is compared by ==
 * and != with a "text", in which \" and \\ stand for " and \.
 */
#ifndef KPC_CONDITION_H
#define KPC_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect.h"

struct kpc_condition;

/*
 * Of the part of @text from @at on; @event is only looked at here. 0, -ENOMEM, or
 * -EINVAL with three lines in @error: the reason, @text, and a caret.
 */
int kpc_condition_new(struct kpc_condition **condition,
		      const struct kpc_event *event, const char *text,
		      const char *at, char *error, size_t error_size);
void kpc_condition_free(struct kpc_condition *condition); /* NULL ok */

/*
 * Is it true of a raw record of @bytes? It may be hostile. Whatever is compared
 * with a field that lies beyond the record is false.
 */
bool kpc_condition_holds(const struct kpc_condition *condition,
			 const uint8_t *raw, uint32_t bytes);

#endif /* KPC_CONDITION_H */
