// SPDX-License-Identifier: GPL-2.0-only
/* cmd_report.c - collect report: what a trace has, and what it lacks */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "cmd.h"
#include "details.h"
#include "mistake.h"
#include "plain.h"
#include "report.h"
#include "source.h"

static const char usage[] =
	"usage: collect report [--json] FILE\n"
	"\n"
	"Prints the account of a trace file (-: standard input), event by event:\n"
	"  count        what perf counted: hits, nanoseconds, or a field's values\n"
	"  delivered    samples in the file\n"
	"  lost         samples that the rings had no room for; unknown (JSON: null) if a\n"
	"               BPF program doesn't count what its ring buffer had no room for\n"
	"  missed       hits that never reached the module; a lower bound\n"
	"  filtered     hits dropped by a condition or a BPF program\n"
	"  self         hits of a process that asked to be skipped\n"
	"  unexplained  what is left of the count; 0 if the books close. Hits that a BPF\n"
	"               program on the event's own descriptor drops are here: nothing\n"
	"               counts them\n"
	"and whether it is complete, or a lower bound, and why.\n"
	"\n"
	"  --json       the same for programs: totals and events, by these names\n"
	"  -h, --help   print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

/* All traces of the file into @books. 0, or a negative errno. */
static int read_books(struct kpc_reader *reader, struct account_book **books,
		      uint32_t *nr)
{
	int ret;

	/* One more: of all parts of a recording together. */
	*books = calloc(kpc_reader_info(reader)->traces + 1, sizeof(**books));
	if (!*books)
		return -ENOMEM;
	do {
		ret = account_book_read(&(*books)[(*nr)++], reader);
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	if (!ret && account_books_follow(*books, *nr)) {
		ret = account_book_join(&(*books)[*nr], *books, *nr);
		(*nr)++;
	}
	return ret;
}

static int report(const char *path, bool json)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct kpc_reader *reader = source_open("report", path);
	struct text *out = text_new(STDOUT_FILENO);
	struct account_book *books = NULL;
	struct report_opts opts = { .details = DETAILS_EVENTS };
	int status = CMD_FAILED;
	uint32_t nr = 0;

	if (!reader || !out)
		goto out;
	if (read_books(reader, &books, &nr)) {
		const char *error = kpc_reader_error(reader);

		fprintf(stderr, "collect report: %s\n",
			*error ? error : "out of memory");
		goto out;
	}
	kpc_reader_health(reader, &health);
	for (uint32_t i = 0; i < nr; i++)
		account_book_close(&books[i], &health);
	if (json)
		report_json(out, path, books, nr, &health);
	else
		report_text(out, path, books, nr, &opts);
	if (json)
		text_string(out, "}\n");
	else
		report_text_end(out, &health);
	text_flush(out);
	status = text_status(out);
	if (!out->failed)
		status = source_check(reader, "report", path);
out:
	while (nr)
		account_book_uninit(&books[--nr]);
	free(books);
	text_free(out);
	kpc_reader_close(reader);
	return status;
}

int cmd_report(int argc, char **argv)
{
	bool json;
	int status = plain_options("report", usage, argc, argv, &json);

	if (status >= 0)
		return status;
	if (optind == argc)
		return mistake("report", "which trace file?");
	if (optind + 1 < argc)
		return mistake("report", "one file only, not also '%s'",
			       argv[optind + 1]);
	signal(SIGPIPE, SIG_IGN);
	return report(argv[optind], json);
}
