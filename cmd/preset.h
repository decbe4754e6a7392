/* SPDX-License-Identifier: GPL-2.0-only */
/* preset - what people ask most, by one word */
#ifndef PRESET_H
#define PRESET_H

#include <stdbool.h>

#include "frame.h"

struct preset {
	const char *name;
	const char *summary;
	/* NULL-terminated, as of -e. */
	const char *const *events;
	const char *const *least;   /* where the kernel lacks some; NULL: no */
	const char *const *without; /* where the module isn't loaded; NULL: no */
	const char *by;
	enum frame_column sort;
};

/* NULL: there's none of that name. */
const struct preset *preset_find(const char *name);
/* The one at position @i, from 0; NULL: there are no more. */
const struct preset *preset_at(int i);
/* The module is loaded, or it might be: the kernel is asked later, and says why not. */
bool preset_has_module(void);

#endif /* PRESET_H */
