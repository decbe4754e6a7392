/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen - a terminal, all of it, through ncurses
 *
 * However the program ends, the terminal is as it was: also when it crashes.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

enum screen_event {
	SCREEN_NOTHING = -1,
	SCREEN_RESIZED = -2,
	SCREEN_GONE = -3, /* nobody is there any more */
};

/* Standard input and output are a terminal. */
bool screen_is_there(void);
/* Takes it. False: nothing is known of such a terminal (TERM). */
bool screen_open(void);
/* Gives it back; again is fine. */
void screen_close(void);

int screen_rows(void);
int screen_columns(void);

struct screen_content {
	const char *title;
	const char *status; /* below it */
	const char *keys;   /* at the bottom */
	const struct table *table;
};

void screen_draw(const struct screen_content *content);
/*
 * Waits for a key until @timeout_ns is over or @fd is readable. The key, or one of
 * enum screen_event.
 */
int screen_key(int fd, uint64_t timeout_ns);

#endif /* SCREEN_H */
