/* SPDX-License-Identifier: GPL-2.0-only */
/* tail - waits for a file to grow, or for the user to have enough of it */
#ifndef TAIL_H
#define TAIL_H

#include <stdbool.h>

#include "collect.h"

enum tail_news {
	TAIL_GREW,
	TAIL_QUIET, /* for some time */
	TAIL_STOP,  /* a signal came, and stays: from now on it's always that */
};

/*
 * Catches the signals that end it. The descriptor, or a negative errno: -ENOENT, or
 * inotify's.
 */
int tail_begin(const char *path);
enum tail_news tail_wait(int tail);
/* A moment, for what isn't there yet. False: a signal came. */
bool tail_pause(void);
void tail_end(int tail);

/* As source_open(), but of a file that has nothing in it yet it waits for the rest. */
struct kpc_reader *tail_open(int tail, const char *verb, const char *path);

#endif /* TAIL_H */
