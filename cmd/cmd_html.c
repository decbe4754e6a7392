// SPDX-License-Identifier: GPL-2.0-only
/* cmd_html.c - collect html: a trace as a page to look at */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "htmldata.h"
#include "htmljson.h"
#include "htmlpage.h"
#include "mistake.h"
#include "progress.h"
#include "source.h"

static const char usage[] =
	"usage: collect html [OPTION]... FILE -o OUT\n"
	"\n"
	"Writes a page with what is in a trace file (-: standard input), to be opened in a\n"
	"browser: the ledger, a time line, latencies as a heat map, call chains as a flame\n"
	"graph, and tables of functions, processes and values, to be searched and sorted. It\n"
	"is one file that needs no others and no network, of at most about 3 MB: what is drawn\n"
	"was added up, and counts are exact.\n"
	"\n"
	"  -o OUT           the page (-: standard output)\n"
	"\n"
	"Options, to look at a part; the ledger is of the whole trace:\n" SELECTION_USAGE
	"  -h, --help       print this\n"
	"\n"
	"Examples:\n"
	"  collect html trace.pb -o report.html\n"
	"  collect html --event 'sched:*' --time +1-+2 trace.pb -o second.html\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	SELECTION_OPTIONS,
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Not over what is read. -1 after a message. */
static int open_output(const char *out, const char *in)
{
	struct stat a, b;
	int fd;

	if (!strcmp(out, "-"))
		return dup(STDOUT_FILENO);
	if (!stat(in, &a) && !stat(out, &b) && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino) {
		fprintf(stderr, "collect html: '%s' is the trace itself\n",
			out);
		return -1;
	}
	fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		fprintf(stderr, "collect html: %s: %s\n", out, strerror(errno));
	return fd;
}

/* The exit status; the file is written when all was read. */
static int write_page(const struct htmldata *data, const char *path,
		      const struct selection *selection, const char *output)
{
	int fd = open_output(output, path);
	struct text *out = fd >= 0 ? text_new(fd) : NULL;
	int status = CMD_FAILED;

	if (!out) {
		if (fd >= 0)
			close(fd);
		return CMD_FAILED;
	}
	htmlpage_begin(out);
	if (htmljson(out, data, path, selection)) {
		fprintf(stderr, "collect html: out of memory\n");
	} else {
		htmlpage_end(out);
		text_flush(out);
		status = text_status(out);
	}
	/* Some file systems say only now that they are full. */
	if (close(fd) && !out->failed) {
		fprintf(stderr, "collect html: %s: %s\n", output,
			strerror(errno));
		status = CMD_FAILED;
	}
	text_free(out);
	return status;
}

static int make_page(const char *path, const struct selection *selection,
		     const char *output)
{
	struct htmldata data = { 0 };
	struct kpc_reader *reader;
	int status = CMD_FAILED;

	progress_begin("html", false);
	reader = source_open("html", path);
	if (!reader)
		goto out;
	status = selection_begin(selection, reader, "html", path);
	if (status)
		goto out;
	status = CMD_FAILED;
	if (htmldata_read(&data, reader, selection)) {
		const char *error = kpc_reader_error(reader);

		progress_end();
		fprintf(stderr, "collect html: %s\n",
			*error ? error : "out of memory");
		goto out;
	}
	progress_end();
	status = write_page(&data, path, selection, output);
	if (status == CMD_OK)
		status = source_check(reader, "html", path);
out:
	htmldata_uninit(&data);
	kpc_reader_close(reader);
	return status;
}

int cmd_html(int argc, char **argv)
{
	static struct selection selection;
	const char *output = NULL;
	char error[256];
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":o:h" SELECTION_SHORT,
				     options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return CMD_OK;
		}
		if (option == 'o') {
			output = optarg;
			continue;
		}
		if (!selection_has_option(option))
			return mistake_option("html", option, argv);
		if (!selection_take(&selection, option, optarg, error,
				    sizeof(error)))
			return mistake("html", "%s", error);
	}
	if (optind == argc)
		return mistake("html", "which trace file?");
	if (optind + 1 < argc)
		return mistake("html", "one file only, not also '%s'",
			       argv[optind + 1]);
	if (!output)
		return mistake("html", "where to? Say -o report.html");
	signal(SIGPIPE, SIG_IGN);
	return make_page(argv[optind], &selection, output);
}
