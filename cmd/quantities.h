/* SPDX-License-Identifier: GPL-2.0-only */
/* quantities - which fields are amounts, and not only names that are numbers */
#ifndef QUANTITIES_H
#define QUANTITIES_H

#include <stdbool.h>
#include <stddef.h>

#include "collect.h"

/*
 * Values of it can be compared between recordings: sizes, times, results; not a
 * process' id. @names: those that are wanted, instead; NULL-terminated, or NULL.
 */
bool quantities_wanted(const struct kpc_field *field, const char *const *names);
/* Its values are nanoseconds. */
bool quantities_is_time(const struct kpc_field *field);
/* The name that a process has in any recording: "kworker" of "kworker/0:1". */
void quantities_process(const char *comm, char *name, size_t size);

#endif /* QUANTITIES_H */
