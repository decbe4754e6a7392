/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress - a line on the terminal, of how far a long file was read: percent, rate,
 * and what is left; it comes after a second, and goes at the end
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"

struct progress {
	const char *verb;
	const struct kpc_reader *reader;
	bool on;
	bool is_shown;
	uint32_t ticks;
	uint64_t begun_ns;
	uint64_t due_ns;
};

/*
 * Standard error has to be a terminal. @prints: the verb prints as it reads; then
 * standard output has to be a file, for what it goes to otherwise may be the terminal,
 * by way of a pipe.
 */
void progress_begin(struct progress *progress, const char *verb,
		    const struct kpc_reader *reader, bool prints);
void progress_look(struct progress *progress);
/* After each row. */
static inline void progress_tick(struct progress *progress)
{
	if (progress->on && !(++progress->ticks % 4096))
		progress_look(progress);
}
/* The line goes: before anything else is said. */
void progress_end(struct progress *progress);

#endif /* PROGRESS_H */
