/* SPDX-License-Identifier: GPL-2.0-only */
/* eventnames - whether what --event says names an event of a file */
#ifndef EVENTNAMES_H
#define EVENTNAMES_H

#include "collect.h"
#include "selection.h"

/*
 * Looks through all traces of a reader that is at its first, and leaves it there.
 * CMD_OK, or CMD_FAILED after a line on stderr: which pattern is none's, and what
 * there is.
 */
int eventnames_check(const struct selection *selection,
		     struct kpc_reader *reader, const char *verb,
		     const char *path);

#endif /* EVENTNAMES_H */
