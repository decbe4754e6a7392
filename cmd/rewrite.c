// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd.h"
#include "mistake.h"
#include "rewrite.h"

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

int rewrite_parse(struct rewrite *rewrite, bool several, const char *usage,
		  int argc, char **argv)
{
	const char *verb = argv[0];
	int option;

	*rewrite = (struct rewrite){ 0 };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'o':
			rewrite->out = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return CMD_OK;
		default:
			return mistake_option(verb, option, argv);
		}
	}
	if (!rewrite->out || !*rewrite->out)
		return mistake(verb, "which file is to be written? (-o OUT)");
	if (optind == argc)
		return mistake(verb, several ? "which trace files?" :
					       "which trace file?");
	if (!several && optind + 1 < argc)
		return mistake(verb, "one file only, not also '%s'",
			       argv[optind + 1]);
	rewrite->in = (const char *const *)argv + optind;
	return -1;
}
