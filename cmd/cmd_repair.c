// SPDX-License-Identifier: GPL-2.0-only
/* cmd_repair.c - collect repair: a whole trace file of what is good in another */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "progress.h"
#include "rewrite.h"
#include "text.h"
#include "verdict.h"

static const char usage[] =
	"usage: collect repair FILE -o OUT\n"
	"\n"
	"Writes all that is good in the trace FILE (-: standard input) to OUT (-: standard\n"
	"output), with a new index and footer, and says what was lost. FILE isn't changed.\n"
	"A whole one is copied.\n"
	"\n" REWRITE_USAGE "\n"
	"Example:\n"
	"  collect repair trace.pb -o repaired.pb; collect report repaired.pb\n"
	"\n"
	"Exit status: 0 FILE was whole; 1 failed; 2 usage; 4 FILE was cut or damaged, and\n"
	"OUT has the rest.\n";

/* What was found goes to stderr: standard output may be the new file. */
static int repair(const char *in, const char *path)
{
	struct kpc_verify_result found = { .size = sizeof(found) };
	struct text *out = text_new(STDERR_FILENO);
	char error[512];
	int err;

	if (!out) {
		fprintf(stderr, "collect repair: out of memory\n");
		return CMD_FAILED;
	}
	progress_begin("repair", !strcmp(path, "-"));
	err = kpc_repair(in, path, progress_opts(), &found, error,
			 sizeof(error));
	progress_end();
	if (err) {
		fprintf(stderr, "collect repair: %s\n", error);
	} else {
		verdict_text(out, in, &found);
		text_flush(out);
	}
	text_free(out);
	return err			  ? CMD_FAILED :
	       found.verdict == KPC_WHOLE ? CMD_OK :
					    CMD_DAMAGED;
}

int cmd_repair(int argc, char **argv)
{
	struct rewrite rewrite;
	int status = rewrite_parse(&rewrite, false, usage, argc, argv);

	return status >= 0 ? status : repair(rewrite.in[0], rewrite.out);
}
