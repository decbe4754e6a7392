// SPDX-License-Identifier: GPL-2.0-only
/* cmd_html.c - collect html: a trace as a page to look at */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "htmldata.h"
#include "htmljson.h"
#include "htmlpage.h"
#include "mistake.h"
#include "progress.h"
#include "signals.h"
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
	"  -o OUT           the page (-: standard output); until it is whole, OUT.part-PID\n"
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

/* ---- the file ------------------------------------------------------------ */

/* It has its name when it is whole; a device or a pipe is written as it is. */
struct page {
	const char *output;
	char path[PATH_MAX]; /* what is to be replaced; "": nothing is */
	char part[PATH_MAX + 32];
	int fd;
};

static struct page page = { .fd = -1 };

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int cannot_write(int err)
{
	fprintf(stderr, "collect html: cannot write %s: %s\n",
		strcmp(page.output, "-") ? page.output : "standard output",
		strerror(err));
	return CMD_FAILED;
}

static void stop(int signal_number)
{
	unlink(page.part);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int open_part(void)
{
	/* A link stays one. */
	if (!realpath(page.output, page.path))
		snprintf(page.path, sizeof(page.path), "%s", page.output);
	snprintf(page.part, sizeof(page.part), "%s.part-%d", page.path,
		 (int)getpid());
	signals_catch(stop);
	/* One of that name is left by a process that had the same id. */
	unlink(page.part);
	return open(page.part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Not over what is read. CMD_OK, or another status after a message. */
static int page_open(const char *output, const char *in)
{
	struct stat st;

	page.output = output;
	if (strcmp(output, "-") && is_same(output, in)) {
		fprintf(stderr, "collect html: '%s' is the trace itself\n",
			output);
		return CMD_FAILED;
	}
	signals_take_errors();
	if (!strcmp(output, "-"))
		page.fd = dup(STDOUT_FILENO);
	else if (!stat(output, &st) && !S_ISREG(st.st_mode))
		page.fd = open(output, O_WRONLY | O_CLOEXEC);
	else
		page.fd = open_part();
	return page.fd < 0 ? cannot_write(errno) : CMD_OK;
}

/* @err: of a write, or 0. */
static int page_close(int err)
{
	/* Some file systems say only now that they are full. */
	if (close(page.fd) && !err)
		err = errno;
	if (*page.part && !err && rename(page.part, page.path))
		err = errno;
	if (*page.part && err)
		unlink(page.part);
	/* Nobody listens any more, and wants to hear that. */
	return !err || err == EPIPE ? CMD_OK : cannot_write(err);
}

/* ---- all of it ----------------------------------------------------------- */

/* The exit status; the file is written when all was read. */
static int write_page(const struct htmldata *data, const char *path,
		      const struct selection *selection, const char *output)
{
	int status = page_open(output, path);
	struct text *out = status == CMD_OK ? text_new(page.fd) : NULL;
	int err = ENOMEM;

	if (status != CMD_OK)
		return status;
	if (out) {
		htmlpage_begin(out);
		err = -htmljson(out, data, path, selection);
		htmlpage_end(out);
		text_flush(out);
		err = err ? err : out->failed;
	}
	text_free(out);
	return page_close(err);
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
	return make_page(argv[optind], &selection, output);
}
