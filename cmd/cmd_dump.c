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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "colour.h"
#include "context.h"
#include "jsonlines.h"
#include "lines.h"
#include "mistake.h"
#include "progress.h"
#include "selection.h"
#include "series.h"
#include "source.h"
#include "tail.h"
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
	"      --tail       goes on as the file is written, and to the next part of a\n"
	"                   series, to the recording's end or Ctrl-C: see the manual for\n"
	"                   the order of what is printed\n" COLOUR_USAGE
	"  -h, --help       print this\n"
	"\n"
	"Examples:\n"
	"  collect dump -f 'comm==dd && count>4K' trace.pb\n"
	"  collect dump --tail --event 'sched:*' trace.pb\n"
	"  collect dump --json trace.pb | jq -r 'select(.fields.ret < 0) | .comm'\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

static const struct option options[] = {
	SELECTION_OPTIONS,
	{ "callchain", no_argument, NULL, 'g' },
	{ "errno", no_argument, NULL, 'e' },
	{ "json", no_argument, NULL, 'j' },
	{ "tail", no_argument, NULL, 't' },
	{ "color", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* --tail: rows wait so long for earlier ones, of rings that are read later. */
#define HOLD_NS 1200000000ull

/* What is asked for, and what prints it. */
struct dump {
	struct selection selection;
	const char *path;
	char *next_path; /* that is it then: of a part that was gone on to */
	bool frames;
	bool with_errno;
	bool json;
	bool tail;
	bool stopped; /* by a signal, or nobody listens any more */
	enum colour colour;
	struct text *out;
	struct lines *lines;
	struct jsonlines *jsonlines;
};

/* What they knew of events before is forgotten. 0 or -ENOMEM. */
static int begin_lines(struct dump *dump)
{
	jsonlines_free(dump->jsonlines);
	lines_free(dump->lines);
	dump->jsonlines = NULL;
	dump->lines = NULL;
	if (dump->json)
		dump->jsonlines = jsonlines_new(dump->out, dump->frames);
	else
		dump->lines =
			lines_new(dump->out, dump->with_errno,
				  colour_is_on(dump->colour, STDOUT_FILENO));
	return dump->jsonlines || dump->lines ? 0 : -ENOMEM;
}

static bool dump_init(struct dump *dump)
{
	dump->out = text_new(STDOUT_FILENO);
	return dump->out && !begin_lines(dump);
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

/* Those of the current trace. 0, or a negative errno. */
static int dump_rows(struct dump *dump, struct kpc_reader *reader)
{
	struct kpc_row row;
	int ret = 0;

	while (!ret && !dump->out->failed &&
	       (ret = kpc_reader_next(reader, &row)) > 0)
		ret = dump_row(dump, &row);
	return ret;
}

/* All traces of the file. 0, or a negative errno of the reader. */
static int dump_traces(struct dump *dump, struct kpc_reader *reader)
{
	int ret;

	do {
		ret = kpc_reader_join(reader);
		if (ret >= 0)
			ret = selection_apply(&dump->selection, reader);
		if (!ret)
			ret = dump_rows(dump, reader);
		if (dump->out->failed)
			return 0;
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret;
}

/*
 * What there is, and what comes. Returns 0 at the recording's end, 1 if somebody had
 * enough, or a negative errno.
 */
static int dump_tail(struct dump *dump, struct kpc_reader *reader, int tail)
{
	enum tail_news news = TAIL_GREW;
	bool selected = false;
	int err, goes_on;

	do {
		goes_on = kpc_reader_follow(reader,
					    news == TAIL_GREW ? HOLD_NS : 0);
		err = goes_on < 0 ? goes_on : begin_lines(dump);
		if (!err && !selected)
			err = selection_apply(&dump->selection, reader);
		selected = true;
		if (!err)
			err = dump_rows(dump, reader);
		if (err)
			return err;
		text_flush(dump->out);
		if (dump->out->failed || news == TAIL_STOP)
			return 1;
		if (goes_on)
			news = tail_wait(tail);
	} while (goes_on);
	return 0;
}

static int dump_file(struct dump *dump, struct kpc_reader *reader, int tail)
{
	int ret = selection_begin(&dump->selection, reader, "dump", dump->path);

	if (ret)
		return ret;
	ret = dump->tail ? dump_tail(dump, reader, tail) :
			   dump_traces(dump, reader);
	dump->stopped = dump->tail && ret > 0;
	progress_end();
	text_flush(dump->out);
	if (ret < 0) {
		const char *error = kpc_reader_error(reader);

		fprintf(stderr, "collect dump: %s\n",
			*error ? error : "out of memory");
		return CMD_FAILED;
	}
	/* Nobody listens after EPIPE, and not all was read. */
	if (dump->out->failed)
		return text_status(dump->out);
	return dump->stopped ? CMD_OK :
			       source_check(reader, "dump", dump->path);
}

/* What is open. */
struct source {
	struct kpc_reader *reader;
	int tail; /* or -1 */
};

static void close_source(struct source *source)
{
	kpc_reader_close(source->reader);
	if (source->tail >= 0)
		tail_end(source->tail);
	*source = (struct source){ .tail = -1 };
}

/* Else the reason was printed. */
static bool open_source(struct source *source, const struct dump *dump)
{
	*source = (struct source){ .tail = -1 };
	if (!dump->tail) {
		progress_begin("dump", true);
		source->reader = source_open("dump", dump->path);
		return source->reader;
	}
	source->tail = tail_begin(dump->path);
	if (source->tail >= 0)
		source->reader = tail_open(source->tail, "dump", dump->path);
	else
		fprintf(stderr, "collect dump: cannot watch %s: %s\n",
			dump->path, strerror(-source->tail));
	return source->reader;
}

/* ---- parts --------------------------------------------------------------- */

/* Is there a part behind the one that was read, which can be found? */
static bool has_next(const struct dump *dump, const struct kpc_trace_info *info)
{
	if (!dump->tail || dump->stopped || dump->out->failed ||
	    !info->part_follows || info->dump)
		return false;
	if (series_is_part(dump->path))
		return true;
	fprintf(stderr,
		"collect dump: %s ends here, as part %u of its series, and isn't called NAME.000001.EXT: the next part isn't looked for\n",
		dump->path, info->part);
	return false;
}

/* Waits until it's there. False: somebody had enough. */
static bool find_next(struct dump *dump)
{
	char *path = series_next(dump->path);

	while (!path && tail_pause())
		path = series_next(dump->path);
	if (!path)
		return false;
	free(dump->next_path);
	dump->next_path = path;
	dump->path = path;
	return true;
}

/* @of: the part before. */
static bool is_next(const struct dump *dump, const struct kpc_trace_info *info,
		    const struct kpc_trace_info *of)
{
	if (memcmp(info->series, of->series, sizeof(of->series)) ||
	    info->part <= of->part) {
		fprintf(stderr,
			"collect dump: part %u of the recording has no next one: %s is another's\n",
			of->part, dump->path);
		return false;
	}
	if (info->part > of->part + 1)
		fprintf(stderr,
			"collect dump: %u of the parts before %s were removed before they were read\n",
			info->part - of->part - 1, dump->path);
	return true;
}

/* Goes on to the part behind; CMD_OK, or another status. */
static int open_next(struct dump *dump, struct source *source)
{
	const struct kpc_trace_info of = *kpc_reader_info(source->reader);

	if (!find_next(dump)) {
		dump->stopped = true;
		return CMD_OK;
	}
	close_source(source);
	if (!open_source(source, dump) ||
	    !is_next(dump, kpc_reader_info(source->reader), &of))
		return CMD_FAILED;
	return CMD_OK;
}

/* The file, and with --tail what goes on from it. */
static int dump_all(struct dump *dump, struct source *source)
{
	int status = dump_file(dump, source->reader, source->tail), worst;

	worst = status;
	while ((status == CMD_OK || status == CMD_DAMAGED) &&
	       has_next(dump, kpc_reader_info(source->reader))) {
		selection_settle(&dump->selection,
				 kpc_reader_info(source->reader));
		status = open_next(dump, source);
		if (status == CMD_OK && !dump->stopped)
			status = dump_file(dump, source->reader, source->tail);
		if (status != CMD_OK)
			worst = status;
	}
	return worst;
}

static int dump(struct dump *dump)
{
	struct source source;
	int status = CMD_FAILED;

	if (open_source(&source, dump) && dump_init(dump))
		status = dump_all(dump, &source);
	dump_uninit(dump);
	close_source(&source);
	free(dump->next_path);
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
	case 't':
		dump->tail = true;
		return CMD_OK;
	case 'c':
		if (colour_take(&dump->colour, optarg))
			return CMD_OK;
		return mistake("dump",
			       "--color takes auto, always or never, not '%s'",
			       optarg);
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
	if (request.tail && !strcmp(request.path, "-"))
		return mistake("dump", "--tail takes a file, not a pipe");
	signal(SIGPIPE, SIG_IGN);
	return dump(&request);
}
