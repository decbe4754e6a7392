// SPDX-License-Identifier: GPL-2.0-only
/* cmd_merge.c - collect merge: several recordings' traces as one */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"
#include "verdict.h"

static const char usage[] =
	"usage: collect merge FILE... -o OUT\n"
	"\n"
	"Writes the traces of several files, of several hosts maybe, to OUT (-: standard\n"
	"output). collect dump prints the events of all in one order then, by\n"
	"CLOCK_REALTIME, which each trace noted beside its own clock: the order is as right\n"
	"as the hosts' clocks agreed. Of a damaged file, what is good is taken.\n"
	"\n"
	"  -o, --output OUT   the new file\n"
	"  -h, --help         print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 a file was cut or damaged.\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int mistake(const char *text)
{
	fprintf(stderr, "collect merge: %s\n%s", text, usage);
	return CMD_USAGE;
}

static int merge(const char *const *in, const char *out)
{
	struct kpc_merge_result result = { .size = sizeof(result) };
	char error[512];

	if (kpc_merge(in, out, &result, error, sizeof(error))) {
		fprintf(stderr, "collect merge: %s\n", error);
		return CMD_FAILED;
	}
	fprintf(stderr,
		"collect merge: %u traces; CLOCK_REALTIME was read within %" PRIu64
		" ns, so closer events of two traces may be in another order, and the hosts' clocks may differ by more\n",
		result.traces, result.uncertainty_ns);
	if (result.steps)
		fprintf(stderr,
			"collect merge: CLOCK_REALTIME was set %u times while it was recorded: around that the order isn't sure\n",
			result.steps);
	if (result.verdict == KPC_WHOLE)
		return CMD_OK;
	fprintf(stderr,
		"collect merge: a file is %s, see collect verify; what is good in it was taken\n",
		verdict_word(result.verdict));
	return CMD_DAMAGED;
}

int cmd_merge(int argc, char **argv)
{
	const char *out = NULL;
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'o':
			out = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return CMD_OK;
		case ':':
			return mistake("-o takes the name of a file");
		default:
			return mistake("unknown option");
		}
	}
	if (!out || !*out)
		return mistake("which file is to be written? (-o OUT)");
	if (optind == argc)
		return mistake("which trace files?");
	return merge((const char *const *)argv + optind, out);
}
