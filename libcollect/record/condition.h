/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * condition - an expression over an event's fields, for its raw records
 *
 * The expressions are those of expr.h, the values those of exprbind.h.
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
 * with a field that lies beyond the record is false, and so is the opposite.
 */
bool kpc_condition_holds(const struct kpc_condition *condition,
			 const uint8_t *raw, uint32_t bytes);

#endif /* KPC_CONDITION_H */
