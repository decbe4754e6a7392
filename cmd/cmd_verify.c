// SPDX-License-Identifier: GPL-2.0-only
/* cmd_verify.c - collect verify: whether trace files are whole */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "json.h"
#include "mistake.h"
#include "plain.h"
#include "progress.h"
#include "verdict.h"

static const char usage[] =
	"usage: collect verify [--json] FILE...\n"
	"\n"
	"Reads trace files (-: standard input) to the last byte and says of each if it is\n"
	"  whole    all checksums are right, all chunks can be decoded, none is missing, and\n"
	"           index, footer and final account say what is there\n"
	"  cut      it ends early; all that is there is good\n"
	"  damaged  where, and what is missing or contradicts itself\n"
	"collect repair writes what is good to a new file; what is missing stays missing.\n"
	"\n"
	"      --json   an array of objects instead, one for each file\n"
	"  -h, --help   print this\n"
	"\n"
	"Example:\n"
	"  collect verify --json *.pb\n"
	"\n"
	"Exit status: 0 all are whole; 1 failed; 2 usage; 4 one is cut or damaged.\n";

static int verify(const char *path, struct text *out, bool json, bool first)
{
	struct kpc_verify_result result = { .size = sizeof(result) };
	char error[512];
	int err = kpc_verify(path, progress_opts(), &result, error,
			     sizeof(error));

	progress_clear();
	if (err) {
		text_flush(out);
		fprintf(stderr, "collect verify: %s\n", error);
		return CMD_FAILED;
	}
	if (json) {
		text_string(out, first ? "" : ",\n");
		verdict_json(out, path, &result);
	} else {
		verdict_text(out, path, &result);
	}
	return result.verdict == KPC_WHOLE ? CMD_OK : CMD_DAMAGED;
}

static int verify_all(char **paths, int nr, bool json)
{
	struct text *out = text_new(STDOUT_FILENO);
	int status = CMD_OK;
	bool first = true;

	if (!out)
		return CMD_FAILED;
	text_string(out, json ? "[" : "");
	progress_begin("verify", false);
	for (int i = 0; i < nr; i++) {
		int one;

		progress_part(i + 1, nr);
		one = verify(paths[i], out, json, first);

		first &= one == CMD_FAILED;
		/* What can't be read at all is worse than what is damaged. */
		if (one && status != CMD_FAILED)
			status = one;
	}
	progress_end();
	text_string(out, json ? "]\n" : "");
	text_flush(out);
	if (text_status(out))
		status = CMD_FAILED;
	text_free(out);
	return status;
}

int cmd_verify(int argc, char **argv)
{
	bool json;
	int status = plain_options("verify", usage, argc, argv, &json);

	if (status >= 0)
		return status;
	if (optind == argc)
		return mistake("verify", "which trace files?");
	signal(SIGPIPE, SIG_IGN);
	return verify_all(argv + optind, argc - optind, json);
}
