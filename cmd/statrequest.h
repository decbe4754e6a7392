/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * statrequest - what collect stat was asked for; cmd_stat.c counts, statby.c tells
 * apart
 */
#ifndef STATREQUEST_H
#define STATREQUEST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "option.h"

struct stat_request {
	struct options options; /* the first: see option_desc.at */
	const char *sum;
	const char *by;
	const char *hist;
	const char *output;
	uint64_t interval_ns;
	bool no_time;
	bool json;
};

/* As options_parse(). Zeroed before. */
int stat_request_parse(struct stat_request *request, int argc, char **argv);

/* With --by or --hist. Returns the exit status; *@caught is a signal that came. */
int stat_by(const struct stat_request *request, FILE *out,
	    const volatile sig_atomic_t *caught);
/* Ends it soon; from a signal handler, also if it doesn't run. */
void stat_by_stop(void);

#endif /* STATREQUEST_H */
