// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "few.h"

static bool is_less(const struct few *few, uint64_t a, uint64_t b)
{
	return few->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

void few_add(struct few *few, uint64_t value)
{
	uint32_t at = 0;

	few->below += few->is_signed && (int64_t)value < 0;
	if (few->more)
		return;
	while (at < few->nr && is_less(few, few->value[at].value, value))
		at++;
	if (at < few->nr && few->value[at].value == value) {
		few->value[at].n++;
		return;
	}
	if (few->nr == FEW_MAX) {
		few->more = true;
		return;
	}
	memmove(&few->value[at + 1], &few->value[at],
		(few->nr - at) * sizeof(*few->value));
	few->value[at] = (struct few_value){ .value = value, .n = 1 };
	few->nr++;
}
