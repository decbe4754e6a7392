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
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "lines.h"
#include "source.h"
#include "text.h"

static const char usage[] =
	"usage: collect dump FILE\n"
	"\n"
	"Prints the events of a trace file (-: standard input), one a line:\n"
	"  SECONDS.NANOS CPU COMM PID/TID EVENT: NAME=VALUE ...\n"
	"Times are of the trace's clock (CLOCK_MONOTONIC). Arrays are {A,B,...}; a\n"
	"string that the kernel couldn't read is (fault). A record of a BPF ring buffer\n"
	"(bpf:MAP) has no CPU (-1), and thread and time only if its type has the members\n"
	"tid (u32) and time_ns (u64); else -1/-1, and when the collector first saw it.\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

/* All traces of the file. 0, or a negative errno of the reader. */
static int dump_rows(struct text *out, struct lines *lines,
		     struct kpc_reader *reader)
{
	struct kpc_row row;
	int ret = 0;

	do {
		while (!out->failed &&
		       (ret = kpc_reader_next(reader, &row)) > 0)
			if (!lines_print(lines, &row))
				return -ENOMEM;
		if (out->failed)
			return 0;
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret;
}

static int dump(const char *path)
{
	struct kpc_reader *reader = source_open("dump", path);
	struct text *out = text_new(STDOUT_FILENO);
	struct lines *lines = lines_new(out);
	int status = CMD_FAILED;

	if (!reader || !out || !lines)
		goto out;
	if (dump_rows(out, lines, reader)) {
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
	if (argc == 2 &&
	    (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(usage, stdout);
		return CMD_OK;
	}
	if (argc != 2 || (argv[1][0] == '-' && argv[1][1])) {
		fprintf(stderr, "collect dump: %s\n%s",
			argc < 2 ? "which trace file?" :
				   "takes one file and no option",
			usage);
		return CMD_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	return dump(argv[1]);
}
