/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probesite - what is at a probe: its address, the instructions there, how the kernel
 * gets from them to the module, and why not in a quicker way
 */
#ifndef PROBESITE_H
#define PROBESITE_H

#include <stdbool.h>

#include "collect.h"
#include "text.h"

/* @path: also where the instruction at the probe leads. */
void probesite_print(struct text *out, const struct kpc_probe *probe,
		     bool path);
/* Members of a JSON object: address, symbol, module, offset, bytes, why. */
void probesite_json(struct text *out, bool *first,
		    const struct kpc_probe *probe);

#endif /* PROBESITE_H */
