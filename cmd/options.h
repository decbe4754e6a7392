/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options - the command line of `collect record`
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "collect.h"

#define OPTIONS_EVENTS_MAX 256
#define OPTIONS_BPF_MAX	   64

struct options {
	struct kpc_session_opts session;
	const char *events[OPTIONS_EVENTS_MAX + 1];
	int nr_events;
	const char *bpf[OPTIONS_BPF_MAX + 1];
	int nr_bpf;
	bool strict;
	bool quiet;
};

/*
 * Parses what main() would take. Returns -1 if there's a recording to be made,
 * else the exit status: help was asked for, or a mistake was explained.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif /* OPTIONS_H */
