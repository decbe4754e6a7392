// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_dump.c - collect dump: a trace's events, one a line
 *
 * SECONDS.NANOS CPU COMM PID/TID EVENT: NAME=VALUE ...
 *
 * COMM and EVENT have no blanks (they are escaped); an unknown COMM is <...>,
 * the idle task's <idle>; an unknown CPU is -1, and an unknown PID/TID -1/-1. An
 * array is {VALUE,...}, a string that the kernel couldn't read (fault). A call
 * chain follows as stack=ADDRESS,..., a record that couldn't be split into fields
 * is payload=HEX.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "context.h"
#include "lines.h"
#include "mistake.h"
#include "selection.h"
#include "source.h"
#include "text.h"

static const char usage[] =
	"usage: collect dump [OPTION]... FILE\n"
	"\n"
	"Prints the events of a trace file (-: standard input), one a line:\n"
	"  SECONDS.NANOS CPU COMM PID/TID EVENT: NAME=VALUE ...\n"
	"Times are of the trace's clock (CLOCK_MONOTONIC). Arrays are {A,B,...}; a\n"
	"string that the kernel couldn't read is (fault). A record of a BPF ring buffer\n"
	"(bpf:MAP) has no CPU (-1), and thread and time only if its type has the members\n"
	"tid (u32) and time_ns (u64); else -1/-1, and when the collector first saw it.\n"
	"\n"
	"Options, to print a part; what is in no part isn't even decompressed:\n" SELECTION_USAGE
	"  -g, --callchain  under each event its call chain, a frame a line behind a tab:\n"
	"                   ADDRESS SYMBOL+OFFSET [MODULE] of the kernel, ADDRESS FILE+OFFSET\n"
	"                   of user space (where in the file), or the address alone where\n"
	"                   the trace doesn't know it\n"
	"      --errno      name errors that the kernel returned: ret=-2(ENOENT)\n"
	"  -h, --help       print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

static const struct option options[] = {
	SELECTION_OPTIONS,
	{ "callchain", no_argument, NULL, 'g' },
	{ "errno", no_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* All traces of the file. 0, or a negative errno of the reader. */
static int dump_rows(struct text *out, struct lines *lines,
		     struct kpc_reader *reader,
		     const struct selection *selection, bool frames)
{
	struct kpc_row row;
	int ret = 0;

	do {
		ret = kpc_reader_join(reader);
		if (ret >= 0)
			ret = selection_apply(selection, reader);
		while (!ret && !out->failed &&
		       (ret = kpc_reader_next(reader, &row)) > 0) {
			ret = lines_print(lines, &row) ? 0 : -ENOMEM;
			if (frames)
				context_frames(out, &row);
		}
		if (out->failed)
			return 0;
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret;
}

static int dump(const char *path, const struct selection *selection,
		bool frames, bool with_errno)
{
	struct kpc_reader *reader = source_open("dump", path);
	struct text *out = text_new(STDOUT_FILENO);
	struct lines *lines = lines_new(out, with_errno);
	int status = CMD_FAILED;

	if (!reader || !out || !lines)
		goto out;
	status = selection_begin(selection, reader, "dump", path);
	if (status)
		goto out;
	status = CMD_FAILED;
	if (dump_rows(out, lines, reader, selection, frames)) {
		const char *error = kpc_reader_error(reader);

		text_flush(out);
		fprintf(stderr, "collect dump: %s\n",
			*error ? error : "out of memory");
		goto out;
	}
	text_flush(out);
	status = text_status(out);
	/* Nobody listens after EPIPE, and not all was read. */
	if (!out->failed)
		status = source_check(reader, "dump", path);
out:
	lines_free(lines);
	text_free(out);
	kpc_reader_close(reader);
	return status;
}

int cmd_dump(int argc, char **argv)
{
	static struct selection selection;
	bool frames = false, with_errno = false;
	char error[256];
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":gh" SELECTION_SHORT, options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return CMD_OK;
		}
		if (option == 'g') {
			frames = true;
			continue;
		}
		if (option == 'e') {
			with_errno = true;
			continue;
		}
		if (!selection_has_option(option))
			return mistake_option("dump", option, argv);
		if (!selection_take(&selection, option, optarg, error,
				    sizeof(error)))
			return mistake("dump", "%s", error);
	}
	if (optind == argc)
		return mistake("dump", "which trace file?");
	if (optind + 1 < argc)
		return mistake("dump", "one file only, not also '%s'",
			       argv[optind + 1]);
	signal(SIGPIPE, SIG_IGN);
	return dump(argv[optind], &selection, frames, with_errno);
}
