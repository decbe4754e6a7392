// SPDX-License-Identifier: GPL-2.0-only
/* cmd_export.c - collect export: a trace for other analysers */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "mistake.h"
#include "progress.h"
#include "selection.h"
#include "signals.h"
#include "source.h"

static const char usage[] =
	"usage: collect export --to FORMAT -o OUT [OPTION]... FILE\n"
	"\n"
	"Writes the events of a trace file (-: standard input) to OUT (-: standard output)\n"
	"as other programs read them. Until it is whole, OUT is OUT.part-PID.\n"
	"\n"
	"  -t, --to FORMAT  what to write:\n";

static const char usage_options[] =
	"  -o, --output OUT the file, or the directory, to write\n"
	"      --weight W   of call chains, add up the values of the field W, or hits, which\n"
	"                   is what events stand for; else each event counts once\n"
	"      --anonymize  names of processes, files and hosts and all other strings become\n"
	"                   tokens, and addresses SYMBOL+OFFSET or tokens\n"
	"      --no-files   don't look for names of functions in programs and libraries on\n"
	"                   this machine, whose build-ids are in the trace\n"
	"  -q, --quiet      say nothing that isn't wrong\n"
	"  -h, --help       print this\n"
	"\n"
	"Options, to export a part:\n" SELECTION_USAGE "\n"
	"Examples:\n"
	"  collect export --to csv -o trace.csv --event 'sched:*' trace.pb\n"
	"  collect export --to folded -o - trace.pb | flamegraph.pl > flame.svg\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged (what is readable\n"
	"was exported).\n";

static const struct option options[] = {
	SELECTION_OPTIONS,
	{ "to", required_argument, NULL, 't' },
	{ "output", required_argument, NULL, 'o' },
	{ "weight", required_argument, NULL, 'w' },
	{ "anonymize", no_argument, NULL, 'a' },
	{ "no-files", no_argument, NULL, 'n' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct request {
	struct selection selection;
	struct kpc_export_opts opts;
	const char *path;
	bool quiet;
};

static struct kpc_export *running;

static void stop(int signal)
{
	(void)signal;
	kpc_export_stop(running);
}

static int print_format(void *ctx, const struct kpc_export_format_info *format)
{
	(void)ctx;
	printf("                     %-10s %s%s\n", format->name, format->what,
	       format->flags & KPC_EXPORT_DIRECTORY ? "; OUT is a directory" :
						      "");
	return 0;
}

static int print_usage(void)
{
	fputs(usage, stdout);
	kpc_export_formats(print_format, NULL);
	fputs(usage_options, stdout);
	return CMD_OK;
}

static void print_log(void *ctx, enum kpc_log_level level, const char *text)
{
	const struct request *request = ctx;

	if (level != KPC_LOG_WARNING && request->quiet)
		return;
	progress_clear();
	fprintf(stderr, "collect export: %s\n", text);
}

static void take_progress(void *ctx, const struct kpc_export_result *so_far)
{
	(void)ctx;
	progress_written(so_far->bytes);
}

/* All traces of the file. 0, or a negative errno of the exporter or the reader. */
static int export_traces(struct kpc_export *exporter, struct kpc_reader *reader,
			 const struct selection *selection)
{
	int ret = kpc_export_show(exporter, reader);

	if (ret)
		return ret;
	do {
		ret = kpc_reader_join(reader);
		if (ret >= 0)
			ret = selection_apply(selection, reader);
		if (!ret)
			ret = kpc_export_trace(exporter, reader);
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret;
}

static void print_result(const struct request *request,
			 const struct kpc_export_result *result)
{
	if (request->quiet)
		return;
	fprintf(stderr, "collect export: %" PRIu64 " events", result->rows);
	if (result->left_out)
		fprintf(stderr, " (%" PRIu64 " of them left out)",
			result->left_out);
	if (result->bytes)
		fprintf(stderr, ", %" PRIu64 " bytes", result->bytes);
	fputc('\n', stderr);
}

static int failed(const struct kpc_export *exporter,
		  const struct kpc_reader *reader, int err)
{
	const char *error = kpc_export_error(exporter);

	/* Nobody listens any more, and wants to hear that. */
	if (err == -EPIPE)
		return CMD_OK;
	if (!*error)
		error = kpc_reader_error(reader);
	fprintf(stderr, "collect export: %s\n",
		*error ? error : strerror(-err));
	return CMD_FAILED;
}

static int export_file(struct request *request)
{
	struct kpc_export_result result = { .size = sizeof(result) };
	struct kpc_reader *reader;
	int status = CMD_FAILED;
	char error[512];
	int err;

	progress_begin("export", !strcmp(request->opts.output, "-"));
	reader = source_open("export", request->path);
	if (!reader)
		goto out;
	status = selection_begin(&request->selection, reader, "export",
				 request->path);
	if (status)
		goto out;
	status = CMD_FAILED;
	if (kpc_export_new(&running, &request->opts, error, sizeof(error))) {
		fprintf(stderr, "collect export: %s\n", error);
		goto out;
	}
	signals_catch(stop);
	signals_take_errors();
	err = export_traces(running, reader, &request->selection);
	if (!err)
		err = kpc_export_end(running, &result);
	progress_end();
	if (err) {
		status = failed(running, reader, err);
		goto out;
	}
	print_result(request, &result);
	status = source_check(reader, "export", request->path);
out:
	kpc_export_free(running);
	kpc_reader_close(reader);
	return status;
}

static int find_format(void *ctx, const struct kpc_export_format_info *format)
{
	return !strcmp(ctx, format->name);
}

/* -1, or the exit status. */
static int take_options(struct request *request, int argc, char **argv)
{
	struct kpc_export_opts *opts = &request->opts;
	char error[256];
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":t:o:qh" SELECTION_SHORT,
				     options, NULL)) != -1) {
		if (selection_has_option(option)) {
			if (!selection_take(&request->selection, option, optarg,
					    error, sizeof(error)))
				return mistake("export", "%s", error);
			continue;
		}
		switch (option) {
		case 't':
			opts->format = optarg;
			break;
		case 'o':
			opts->output = optarg;
			break;
		case 'w':
			opts->weight = optarg;
			break;
		case 'a':
			opts->anonymize = true;
			break;
		case 'n':
			opts->no_files = true;
			break;
		case 'q':
			request->quiet = true;
			break;
		case 'h':
			return print_usage();
		default:
			return mistake_option("export", option, argv);
		}
	}
	return -1;
}

/* The library knows which there are, and which one may be meant. */
static int no_format(const struct kpc_export_opts *opts)
{
	const struct kpc_export_opts asked = {
		.size = sizeof(asked),
		.format = opts->format,
		.output = "-",
	};
	char error[512];

	kpc_export_new(&running, &asked, error, sizeof(error));
	return mistake("export", "%s", error);
}

int cmd_export(int argc, char **argv)
{
	static struct request request;
	struct kpc_export_opts *opts = &request.opts;
	int status = take_options(&request, argc, argv);

	if (status >= 0)
		return status;
	if (!opts->format)
		return mistake("export", "to which format? (--to FORMAT)");
	if (!kpc_export_formats(find_format, (void *)opts->format))
		return no_format(opts);
	if (!opts->output || !*opts->output)
		return mistake("export",
			       "which file is to be written? (-o OUT)");
	if (optind == argc)
		return mistake("export", "which trace file?");
	if (optind + 1 < argc)
		return mistake("export", "one file only, not also '%s'",
			       argv[optind + 1]);
	request.path = argv[optind];
	opts->size = sizeof(*opts);
	opts->events = request.selection.events;
	opts->log = print_log;
	opts->log_ctx = &request;
	opts->progress = take_progress;
	return export_file(&request);
}
