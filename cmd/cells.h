/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cells - counts of a picture's cells, of which few aren't 0
 *
 * Their number is bounded: what there's no room for is counted as left out.
 */
#ifndef CELLS_H
#define CELLS_H

#include <stdint.h>

struct cell {
	uint16_t series;
	uint16_t column;
	uint16_t row;
	uint64_t count; /* 0: the slot is free */
};

struct cells;

/* NULL without memory. */
struct cells *cells_new(void);
void cells_free(struct cells *cells); /* NULL ok */
void cells_add(struct cells *cells, uint16_t series, uint16_t column,
	       uint16_t row);
uint64_t cells_left_out(const struct cells *cells);
/*
 * By series, column, row: nothing is added any more. They are the object's.
 * Returns how many.
 */
uint32_t cells_sorted(struct cells *cells, const struct cell **sorted);

#endif /* CELLS_H */
