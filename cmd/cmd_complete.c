// SPDX-License-Identifier: GPL-2.0-only
/* cmd_complete.c - collect complete: for the shells' completion */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "complete.h"
#include "mistake.h"
#include "text.h"

static const char usage[] =
	"usage: collect complete -- WORD...\n"
	"\n"
	"Prints what may stand in the place of the last WORD of a command line that begins\n"
	"with \"collect WORD...\", for the completion of bash, zsh and fish: \"words\" and then\n"
	"a candidate a line, with a tab and words about it; \"files\"; or \"command N\", of\n"
	"which word N is the first. Nothing where nothing is known.\n"
	"\n"
	"  -h, --help   print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage.\n"
	"\n"
	"Example:\n"
	"  collect complete -- record --call-graph ''\n";

int cmd_complete(int argc, char **argv)
{
	struct text *out;
	int status;

	if (argc > 1 &&
	    (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(usage, stdout);
		return CMD_OK;
	}
	if (argc > 1 && strcmp(argv[1], "--") && argv[1][0] == '-')
		return mistake("complete", "unknown option %s", argv[1]);
	if (argc < 3 || strcmp(argv[1], "--"))
		return mistake("complete", "which words? They go after --");
	out = text_new(STDOUT_FILENO);
	if (!out)
		return CMD_FAILED;
	complete(out, argv + 2, argc - 2);
	text_flush(out);
	status = text_status(out);
	text_free(out);
	return status;
}
