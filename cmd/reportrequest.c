// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "details.h"
#include "mistake.h"
#include "reportrequest.h"
#include "terminal.h"

#define TABLE_ROWS 10 /* unless it is said how many */

static const char usage[] =
	"usage: collect report [OPTION]... FILE\n"
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
	"and whether it is complete, or a lower bound, and why; without those of the last\n"
	"four that are 0 everywhere. Behind it, of each event, its rate over time, the\n"
	"processes that had most, and the values of its fields.\n"
	"\n"
	"Instead of these:\n"
	"  --by KEYS        a table, told apart by process (pid), comm, thread (tid), cpu,\n"
	"                   event, cgroup (of record --all-cgroups), syscall, file, or fields\n"
	"                   of the events (.NAME: the field, whatever else the name means),\n"
	"                   with commas between; again for more tables\n"
	"  --sum FIELD      what is added up in them (default: a count, len, bytes, size)\n"
	"  --calls          an entry and its return, or system call, count as one call: how\n"
	"                   many, and how long they took; as --by event if that isn't given\n"
	"  --hist FIELD     how the values of a field are distributed, or the duration of\n"
	"                   calls, for each event or what the first --by says: each value if\n"
	"                   they are few, else by powers of two; again for more\n"
	"  --chains[=N]     the commonest call chains, and functions in them: self, where a\n"
	"                   function is the innermost, and total\n"
	"\n"
	"How they are shown:\n"
	"  --sort COLUMN    count, rate, bytes, bytes/s, time, latency, p50, p99, max,\n"
	"                   errors or name\n"
	"  --reverse        the least first\n"
	"  --rows N         of each table, and events in full; 0: all (default 10, 4 events)\n"
	"  --json           all of it for programs, see collect-report(1)\n"
	"  --color WHEN     " COLOUR_WHEN "\n"
	"Options, to report of a part (the account is of all):\n" SELECTION_USAGE
	"  -h, --help       print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n"
	"\n"
	"Examples:\n"
	"  collect report trace.pb\n"
	"  collect report --by comm --by event,cpu trace.pb\n"
	"  collect report --calls --by syscall --sort time trace.pb\n"
	"  collect report --hist duration --event 'raw_syscalls:*' trace.pb\n"
	"  collect report --chains=5 --time +1-+2 trace.pb\n";

static const struct option options[] = {
	{ "by", required_argument, NULL, 'b' },
	{ "sum", required_argument, NULL, 'u' },
	{ "calls", no_argument, NULL, 'c' },
	{ "hist", required_argument, NULL, 'H' },
	{ "chains", optional_argument, NULL, 'C' },
	{ "sort", required_argument, NULL, 'o' },
	{ "reverse", no_argument, NULL, 'r' },
	{ "rows", required_argument, NULL, 'n' },
	{ "json", no_argument, NULL, 'j' },
	{ "color", required_argument, NULL, 'k' },
	SELECTION_OPTIONS,
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* What they have, and where their numbers stand until all was taken. */
struct taking {
	struct report_request *request;
	bool has_rows;
	const char *sort;
};

static bool take_number(const char *text, uint32_t *number)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || n > UINT32_MAX)
		return false;
	*number = n;
	return true;
}

static int take_item(const char *name, const char *value, const char **items,
		     uint32_t *nr)
{
	if (*nr == TABLES_MAX)
		return mistake("report", "there are more than %d --%s",
			       TABLES_MAX, name);
	items[(*nr)++] = value;
	return -1;
}

static int take_rows(struct taking *t, const char *name, const char *value)
{
	if (!take_number(value, &t->request->tables.rows))
		return mistake("report", "--%s takes a number, not '%s'", name,
			       value);
	t->has_rows = true;
	return -1;
}

static int take_selection(struct report_request *r, int option)
{
	char error[256];

	r->selects = true;
	if (!selection_take(&r->selection, option, optarg, error,
			    sizeof(error)))
		return mistake("report", "%s", error);
	return -1;
}

static int take(struct taking *t, int option, const char *name, char **argv)
{
	struct report_request *r = t->request;

	if (selection_has_option(option))
		return take_selection(r, option);
	switch (option) {
	case 'b':
		return take_item(name, optarg, r->tables.by, &r->tables.nr_by);
	case 'H':
		return take_item(name, optarg, r->tables.hist,
				 &r->tables.nr_hist);
	case 'u':
		r->tables.sum = optarg;
		return -1;
	case 'c':
		r->tables.calls = true;
		return -1;
	case 'C':
		r->tables.chains = true;
		return optarg ? take_rows(t, name, optarg) : -1;
	case 'o':
		t->sort = optarg;
		return -1;
	case 'r':
		r->tables.upward = true;
		return -1;
	case 'n':
		return take_rows(t, name, optarg);
	case 'j':
		r->json = true;
		return -1;
	case 'k':
		if (colour_take(&r->colour, optarg))
			return -1;
		return mistake("report",
			       "--color takes auto, always or never, not '%s'",
			       optarg);
	case 'h':
		fputs(usage, stdout);
		return CMD_OK;
	default:
		return mistake_option("report", option, argv);
	}
}

/* What is left open has a default. */
static int complete(struct taking *t)
{
	struct report_request *r = t->request;
	struct tables_opts *tables = &r->tables;

	tables->sort = FRAME_COUNT;
	if (t->sort && !frame_column_find(t->sort, &tables->sort))
		return mistake("report", "--sort takes %s, not '%s'",
			       frame_column_names(), t->sort);
	if (tables->calls && !tables->nr_by)
		tables->by[tables->nr_by++] = "event";
	tables->width = terminal_width(STDOUT_FILENO);
	r->details = t->has_rows ? tables->rows ? tables->rows : UINT32_MAX :
				   DETAILS_EVENTS;
	if (tables_wanted(tables) && !r->json)
		r->details = 0;
	/* A program cuts off what it doesn't want. */
	if (!t->has_rows)
		tables->rows = r->json ? 0 : TABLE_ROWS;
	if (r->selects && !tables_wanted(tables))
		return mistake("report",
			       "of a part there are tables: --by, --calls, "
			       "--hist or --chains");
	return -1;
}

int report_request_parse(struct report_request *r, int argc, char **argv)
{
	struct taking taking = { .request = r };
	int option, index, status;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h" SELECTION_SHORT, options,
				     &index)) != -1) {
		status = take(&taking, option, options[index].name, argv);
		if (status >= 0)
			return status;
	}
	if (optind == argc)
		return mistake("report", "which trace file?");
	if (optind + 1 < argc)
		return mistake("report", "one file only, not also '%s'",
			       argv[optind + 1]);
	r->path = argv[optind];
	return complete(&taking);
}
