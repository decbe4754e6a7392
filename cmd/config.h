/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config - options that are taken from files where the command line doesn't give them
 *
 * /etc/kprobex/collect.conf, and the user's own kprobex/collect.conf below
 * $XDG_CONFIG_HOME or ~/.config, whose options take the place of those. --config FILE,
 * or else the variable KPROBEX_CONFIG, names one instead of both; "none": none.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdio.h>

#include "verb.h"

/*
 * Takes --config, if it is there, from behind argv[0]. Returns -1, or an exit status:
 * the mistake was explained.
 */
int config_take(int *argc, char ***argv);
/*
 * What the verb would take, with the options of files that aren't given: allocated,
 * with words that stay. Returns as config_take().
 */
int config_apply(const struct verb *verb, int *argc, char ***argv);
/* Which files there are, for the help. */
void config_print(FILE *out);

#endif /* CONFIG_H */
