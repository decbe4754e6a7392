// SPDX-License-Identifier: GPL-2.0-only
/* cmd_merge.c - collect merge: several recordings' traces as one */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"
#include "progress.h"
#include "rewrite.h"
#include "verdict.h"

static const char usage[] =
	"usage: collect merge FILE... -o OUT\n"
	"\n"
	"Writes the traces of several files, of several hosts maybe, to OUT (-: standard\n"
	"output). collect dump prints the events of all in one order then, by\n"
	"CLOCK_REALTIME, which each trace noted beside its own clock: the order is as right\n"
	"as the hosts' clocks agreed. Of a damaged file, what is good is taken.\n"
	"\n" REWRITE_USAGE "\n"
	"Example:\n"
	"  collect merge web.pb db.pb -o both.pb; collect dump both.pb\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 a file was cut or damaged.\n";

static int merge(const char *const *in, const char *out)
{
	struct kpc_merge_result result = { .size = sizeof(result) };
	char error[512];
	int err;

	progress_begin("merge", !strcmp(out, "-"));
	err = kpc_merge(in, out, progress_opts(), &result, error,
			sizeof(error));
	progress_end();
	if (err) {
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
	struct rewrite rewrite;
	int status = rewrite_parse(&rewrite, true, usage, argc, argv);

	return status >= 0 ? status : merge(rewrite.in, rewrite.out);
}
