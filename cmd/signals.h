/* SPDX-License-Identifier: GPL-2.0-only */
/* signals - those that end what runs until somebody ends it */
#ifndef SIGNALS_H
#define SIGNALS_H

/*
 * SIGINT, SIGTERM and SIGHUP go to @handler, but those that are ignored: nohup(1)
 * does that, and shells do, for what runs in the background.
 */
void signals_catch(void (*handler)(int signal));
/*
 * A write fails where a signal would end the program: once, before the first write. A
 * command that is forked gets what the program was started with.
 */
void signals_take_errors(void);

#endif /* SIGNALS_H */
