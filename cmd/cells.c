// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>

#include "cells.h"

#define SLOT_BITS_MIN 12
#define SLOT_BITS_MAX 20 /* 16 MiB */

struct cells {
	struct cell *slot;
	uint32_t bits;
	uint32_t nr;
	uint64_t left_out;
};

struct cells *cells_new(void)
{
	struct cells *cells = calloc(1, sizeof(*cells));

	if (!cells)
		return NULL;
	cells->bits = SLOT_BITS_MIN;
	cells->slot = calloc(1u << cells->bits, sizeof(*cells->slot));
	if (cells->slot)
		return cells;
	free(cells);
	return NULL;
}

void cells_free(struct cells *cells)
{
	if (!cells)
		return;
	free(cells->slot);
	free(cells);
}

/* Its slot, or the one where it would be. */
static struct cell *find(struct cell *slot, uint32_t bits, uint16_t series,
			 uint16_t column, uint16_t row)
{
	uint64_t key = (uint64_t)series << 32 | (uint32_t)column << 16 | row;
	uint32_t mask = (1u << bits) - 1;
	uint32_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits);

	while (slot[i].count &&
	       (slot[i].series != series || slot[i].column != column ||
		slot[i].row != row))
		i = (i + 1) & mask;
	return &slot[i];
}

static bool grow(struct cells *cells)
{
	uint32_t bits = cells->bits + 1;
	struct cell *slot;

	if (bits > SLOT_BITS_MAX)
		return false;
	slot = calloc(1u << bits, sizeof(*slot));
	if (!slot)
		return false;
	for (uint32_t i = 0; i < 1u << cells->bits; i++) {
		const struct cell *c = &cells->slot[i];

		if (c->count)
			*find(slot, bits, c->series, c->column, c->row) = *c;
	}
	free(cells->slot);
	cells->slot = slot;
	cells->bits = bits;
	return true;
}

void cells_add(struct cells *cells, uint16_t series, uint16_t column,
	       uint16_t row)
{
	struct cell *cell = find(cells->slot, cells->bits, series, column, row);

	if (!cell->count) {
		/* Three quarters full at most. */
		if (cells->nr >= 3u << cells->bits >> 2) {
			if (!grow(cells)) {
				cells->left_out++;
				return;
			}
			cell = find(cells->slot, cells->bits, series, column,
				    row);
		}
		cells->nr++;
		*cell = (struct cell){ series, column, row, 0 };
	}
	cell->count++;
}

uint64_t cells_left_out(const struct cells *cells)
{
	return cells->left_out;
}

static int by_place(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

uint32_t cells_sorted(struct cells *cells, const struct cell **sorted)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < 1u << cells->bits; i++)
		if (cells->slot[i].count)
			cells->slot[nr++] = cells->slot[i];
	qsort(cells->slot, nr, sizeof(*cells->slot), by_place);
	*sorted = cells->slot;
	return nr;
}
