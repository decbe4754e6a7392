/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options - the command line of `collect record`
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "collect.h"

#define OPTION_ITEMS_MAX 256

/* The values of an option that may be given again. */
struct option_list {
	const char *item[OPTION_ITEMS_MAX + 1]; /* NULL-terminated */
	int nr;
};

#define OPTION_IDS_MAX 4096

/* Processes or threads. */
struct option_ids {
	pid_t id[OPTION_IDS_MAX];
	uint32_t nr;
};

struct options {
	struct kpc_session_opts session;
	struct option_list events;
	struct option_list bpf;
	struct option_list cgroups;
	struct option_ids pids;
	struct option_ids tids;
	uint64_t max_stack;
	bool strict;
	bool quiet;
	bool help;
	uint64_t reconnect_ns;
};

struct option_usage;

/* As all of them begin. */
void options_init(struct options *options);
/*
 * Takes options from optind on, to the first word that is none. Returns -1, or an
 * exit status, as all of these.
 */
int options_take(struct options *options, const struct option_usage *usage,
		 int argc, char **argv);
/* The rest is a command, behind --. */
int options_command(struct options *options, int argc, char **argv);
/* Whom all of them name together. */
int options_target(struct options *options);
/*
 * Parses what main() would take. Returns -1 if there's a recording to be made,
 * else the exit status: help was asked for, or a mistake was explained.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif /* OPTIONS_H */
