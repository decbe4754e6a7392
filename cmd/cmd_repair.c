// SPDX-License-Identifier: GPL-2.0-only
/* cmd_repair.c - collect repair: a whole trace file of what is good in another */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "text.h"
#include "verdict.h"

static const char usage[] =
	"usage: collect repair FILE -o OUT\n"
	"\n"
	"Writes all that is good in the trace FILE (-: standard input) to OUT (-: standard\n"
	"output), with a new index and footer, and says what was lost. FILE isn't changed.\n"
	"A whole one is copied.\n"
	"\n"
	"  -o, --output OUT   the new file\n"
	"  -h, --help         print this\n"
	"\n"
	"Exit status: 0 FILE was whole; 1 failed; 2 usage; 4 FILE was cut or damaged, and\n"
	"OUT has the rest.\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int mistake(const char *text)
{
	fprintf(stderr, "collect repair: %s\n%s", text, usage);
	return CMD_USAGE;
}

/* What was found goes to stderr: standard output may be the new file. */
static int repair(const char *in, const char *path)
{
	struct kpc_verify_result found = { .size = sizeof(found) };
	struct text *out = text_new(STDERR_FILENO);
	char error[512];
	int status = CMD_FAILED;

	if (out && kpc_repair(in, path, &found, error, sizeof(error))) {
		fprintf(stderr, "collect repair: %s\n", error);
	} else if (out) {
		verdict_text(out, in, &found);
		text_flush(out);
		status = found.verdict == KPC_WHOLE ? CMD_OK : CMD_DAMAGED;
	}
	text_free(out);
	return status;
}

int cmd_repair(int argc, char **argv)
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
	if (optind + 1 != argc)
		return mistake("which trace file? (one)");
	return repair(argv[optind], out);
}
