/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chains - call chains by how often they came, and the functions in them
 *
 * A chain is of functions of the kernel, and of places in files of programs, whose
 * functions a trace doesn't know; in the table of functions those are a file each.
 */
#ifndef CHAINS_H
#define CHAINS_H

#include <stdint.h>

#include "collect.h"
#include "text.h"

struct chains;

/* NULL without memory. */
struct chains *chains_new(void);
void chains_free(struct chains *chains); /* NULL ok */
void chains_row(struct chains *chains, const struct kpc_row *row);
/* The commonest @rows of both; 0: all. */
void chains_text(const struct chains *chains, struct text *out, uint32_t rows);
/* An object. */
void chains_json(const struct chains *chains, struct text *out, uint32_t rows);

#endif /* CHAINS_H */
