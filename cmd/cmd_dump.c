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
#include "jsonlines.h"
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
	"      --json       a JSON object a line instead, with time_ns, event, cpu, comm,\n"
	"                   pid, tid, fields and stack\n"
	"  -h, --help       print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

static const struct option options[] = {
	SELECTION_OPTIONS,
	{ "callchain", no_argument, NULL, 'g' },
	{ "errno", no_argument, NULL, 'e' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* What is asked for, and what prints it. */
struct dump {
	struct selection selection;
	const char *path;
	bool frames;
	bool with_errno;
	bool json;
	struct text *out;
	struct lines *lines;
	struct jsonlines *jsonlines;
};

static bool dump_init(struct dump *dump)
{
	dump->out = text_new(STDOUT_FILENO);
	if (!dump->out)
		return false;
	if (dump->json)
		dump->jsonlines = jsonlines_new(dump->out, dump->frames);
	else
		dump->lines = lines_new(dump->out, dump->with_errno);
	return dump->jsonlines || dump->lines;
}

static void dump_uninit(struct dump *dump)
{
	jsonlines_free(dump->jsonlines);
	lines_free(dump->lines);
	text_free(dump->out);
}

/* 0 or -ENOMEM. */
static int dump_row(struct dump *dump, const struct kpc_row *row)
{
	if (dump->json)
		return jsonlines_print(dump->jsonlines, row) ? 0 : -ENOMEM;
	if (!lines_print(dump->lines, row))
		return -ENOMEM;
	if (dump->frames)
		context_frames(dump->out, row);
	return 0;
}

/* All traces of the file. 0, or a negative errno of the reader. */
static int dump_rows(struct dump *dump, struct kpc_reader *reader)
{
	struct kpc_row row;
	int ret = 0;

	do {
		ret = kpc_reader_join(reader);
		if (ret >= 0)
			ret = selection_apply(&dump->selection, reader);
		while (!ret && !dump->out->failed &&
		       (ret = kpc_reader_next(reader, &row)) > 0)
			ret = dump_row(dump, &row);
		if (dump->out->failed)
			return 0;
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret;
}

static int dump_file(struct dump *dump, struct kpc_reader *reader)
{
	int status =
		selection_begin(&dump->selection, reader, "dump", dump->path);

	if (status)
		return status;
	if (dump_rows(dump, reader)) {
		const char *error = kpc_reader_error(reader);

		text_flush(dump->out);
		fprintf(stderr, "collect dump: %s\n",
			*error ? error : "out of memory");
		return CMD_FAILED;
	}
	text_flush(dump->out);
	/* Nobody listens after EPIPE, and not all was read. */
	return dump->out->failed ? text_status(dump->out) :
				   source_check(reader, "dump", dump->path);
}

static int dump(struct dump *dump)
{
	struct kpc_reader *reader = source_open("dump", dump->path);
	int status = CMD_FAILED;

	if (reader && dump_init(dump))
		status = dump_file(dump, reader);
	dump_uninit(dump);
	kpc_reader_close(reader);
	return status;
}

/* CMD_OK to go on, -1: all is done, or another status: a mistake was told. */
static int take_option(struct dump *dump, int option, char *const *argv)
{
	char error[256];

	switch (option) {
	case 'h':
		fputs(usage, stdout);
		return -1;
	case 'g':
		dump->frames = true;
		return CMD_OK;
	case 'e':
		dump->with_errno = true;
		return CMD_OK;
	case 'j':
		dump->json = true;
		return CMD_OK;
	}
	if (!selection_has_option(option))
		return mistake_option("dump", option, argv);
	if (!selection_take(&dump->selection, option, optarg, error,
			    sizeof(error)))
		return mistake("dump", "%s", error);
	return CMD_OK;
}

int cmd_dump(int argc, char **argv)
{
	static struct dump request;
	int option, status;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":gh" SELECTION_SHORT, options,
				     NULL)) != -1) {
		status = take_option(&request, option, argv);
		if (status)
			return status < 0 ? CMD_OK : status;
	}
	if (optind == argc)
		return mistake("dump", "which trace file?");
	if (optind + 1 < argc)
		return mistake("dump", "one file only, not also '%s'",
			       argv[optind + 1]);
	if (request.json && request.with_errno)
		return mistake("dump", "--errno is for text, not for --json");
	request.path = argv[optind];
	signal(SIGPIPE, SIG_IGN);
	return dump(&request);
}
