/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * moduledep - the modules that modprobe(8) could load
 */
#ifndef KPC_MODULEDEP_H
#define KPC_MODULEDEP_H

#include <stdbool.h>

/* There is one of that name for the running kernel, and it isn't loaded. */
bool kpc_moduledep_has(const char *name);
/* The same by the text of modules.dep. */
bool kpc_moduledep_find(const char *text, const char *name);

#endif /* KPC_MODULEDEP_H */
