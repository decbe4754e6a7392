// SPDX-License-Identifier: GPL-2.0-only
/* cmd_expose.c - collect expose: functions as events of perf, by name */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "json.h"
#include "mistake.h"
#include "text.h"

#define MANY 2000 /* names, with which perf takes a second longer */

static const char usage[] =
	"usage: collect expose PATTERN... | --all\n"
	"       collect expose --hide PATTERN... | --hide --all\n"
	"       collect expose --list [--json] [PATTERN]...\n"
	"\n"
	"Makes functions of the kernel events of perf: perf record -e kprobex/FUNCTION/, perf\n"
	"stat -e kprobex/FUNCTION/, and perf list shows them. collect itself needs none of\n"
	"this: it takes any function. A name costs less than 2 KiB until it is used, but perf reads\n"
	"all whenever it starts: rather expose what you need than all.\n"
	"PATTERN is a function's name in which * and ? match. In a name, _ stands for a dot.\n"
	"\n"
	"      --all     all functions that can be probed\n"
	"      --hide    take the names back\n"
	"      --list    print the names, with their functions\n"
	"      --json    as a JSON array\n"
	"  -h, --help    print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect expose tcp_sendmsg 'ext4_file_*'\n"
	"  perf record -e kprobex/tcp_sendmsg/ -a sleep 1\n"
	"  collect expose --hide --all\n";

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },  { "hide", no_argument, NULL, 'd' },
	{ "list", no_argument, NULL, 'l' }, { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' }, { 0 },
};

struct request {
	struct kpc_probes *probes;
	char **patterns;
	int nr;
	bool json;
};

static int failed(const struct request *r)
{
	fprintf(stderr, "collect expose: %s\n", kpc_probes_error(r->probes));
	return CMD_FAILED;
}

/* ---- exposing ------------------------------------------------------------ */

static void print_left_out(uint32_t nr, const char *why)
{
	if (nr)
		printf("%7" PRIu32 " left out: %s\n", nr, why);
}

static int count_one(void *ctx, const struct kpc_probe *probe)
{
	uint32_t *nr = ctx;

	(void)probe;
	++*nr;
	return 0;
}

static void print_exposed(const struct request *r, const struct kpc_exposed *e)
{
	uint32_t nr = 0;

	printf("%7" PRIu32 " name%s added%s\n", e->added,
	       e->added == 1 ? "" : "s",
	       e->added ? ": perf record -e kprobex/NAME/" : "");
	if (e->there)
		printf("%7" PRIu32 " %s there already\n", e->there,
		       e->there == 1 ? "was" : "were");
	print_left_out(e->ambiguous,
		       "they share their names with other functions");
	print_left_out(
		e->blacklisted,
		"the kernel's blacklist has them: no probe can be there");
	print_left_out(e->untraced,
		       "ftrace doesn't call them; by their very names they can "
		       "be exposed");
	print_left_out(e->unnamable,
		       "their names are too long for an event, or perf's own "
		       "words");
	if (kpc_probes_exposed(r->probes, NULL, count_one, &nr) >= 0 &&
	    nr >= MANY)
		printf("%7" PRIu32
		       " names are there now: perf reads all whenever "
		       "it starts, which takes it seconds to minutes; collect "
		       "expose --hide takes them back\n",
		       nr);
}

static int expose(const struct request *r)
{
	struct kpc_exposed exposed = { .size = sizeof(exposed) };
	int status = CMD_OK;

	if (kpc_probes_expose(r->probes, (const char *const *)r->patterns,
			      &exposed))
		status = failed(r);
	if (!status || exposed.added)
		print_exposed(r, &exposed);
	return status;
}

static int hide(const struct request *r)
{
	int status = CMD_OK;

	for (int i = 0; i < r->nr; i++) {
		int nr = kpc_probes_hide(r->probes, r->patterns[i]);

		if (nr < 0)
			status = failed(r);
		else
			printf("%7d name%s taken back\n", nr,
			       nr == 1 ? "" : "s");
	}
	return status;
}

/* ---- listing ------------------------------------------------------------- */

struct list {
	struct text *out;
	bool json;
	bool first;
};

static int list_one(void *ctx, const struct kpc_probe *probe)
{
	struct list *l = ctx;
	bool first = true;

	if (!l->json) {
		text_printf(l->out, "%-32s ", probe->name);
		text_string(l->out, probe->definition);
		text_char(l->out, '\n');
		return 0;
	}
	text_string(l->out, l->first ? "\n {" : ",\n {");
	l->first = false;
	json_text(l->out, &first, "name", probe->name);
	json_text(l->out, &first, "definition", probe->definition);
	text_char(l->out, '}');
	return 0;
}

static int list(const struct request *r)
{
	struct list l = { .out = text_new(STDOUT_FILENO),
			  .json = r->json,
			  .first = true };
	int status = CMD_OK;

	if (!l.out)
		return CMD_FAILED;
	text_string(l.out, r->json ? "[" : "");
	for (int i = 0; !status && (i < r->nr || !i); i++)
		if (kpc_probes_exposed(r->probes, r->nr ? r->patterns[i] : NULL,
				       list_one, &l) < 0)
			status = failed(r);
	text_string(l.out, r->json ? "\n]\n" : "");
	text_flush(l.out);
	if (text_status(l.out))
		status = CMD_FAILED;
	text_free(l.out);
	return status;
}

/* ---- the verb ------------------------------------------------------------ */

static int run(struct request *r, int (*what)(const struct request *r))
{
	char error[1024];
	int status;

	if (kpc_probes_open(&r->probes, error, sizeof(error))) {
		fprintf(stderr, "collect expose: %s\n", error);
		return CMD_FAILED;
	}
	status = what(r);
	kpc_probes_close(r->probes);
	return status;
}

int cmd_expose(int argc, char **argv)
{
	static char everything[] = "*";
	static char *all[] = { everything, NULL };
	int (*what)(const struct request *r) = expose;
	struct request r = { 0 };
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			r.patterns = all;
			r.nr = 1;
			break;
		case 'd':
			what = hide;
			break;
		case 'l':
			what = list;
			break;
		case 'j':
			r.json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return CMD_OK;
		default:
			return mistake_option("expose", option, argv);
		}
	}
	if (r.nr && optind < argc)
		return mistake("expose",
			       "--all and PATTERN exclude each other");
	if (r.json && what != list)
		return mistake("expose", "--json goes with --list");
	if (!r.nr) {
		r.patterns = argv + optind;
		r.nr = argc - optind;
	}
	if (!r.nr && what != list)
		return mistake("expose", "which functions? (see collect list)");
	signal(SIGPIPE, SIG_IGN);
	return run(&r, what);
}
