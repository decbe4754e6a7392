/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs - the BPF programs of an event's probe, in reports
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "account.h"
#include "text.h"

/* A line each. */
void programs_text(struct text *out, const struct account *account);
/* A member "bpf", if the probe had any programs. */
void programs_json(struct text *out, bool *first,
		   const struct account *account);

#endif /* PROGRAMS_H */
