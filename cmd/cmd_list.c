// SPDX-License-Identifier: GPL-2.0-only
/* cmd_list.c - collect list: what there is to record */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "json.h"
#include "list_file.h"
#include "mistake.h"
#include "text.h"

static const char usage[] =
	"usage: collect list [--json] [PATTERN]...\n"
	"       collect list [--json] -u FILE | --usdt FILE [PATTERN]...\n"
	"\n"
	"Prints what can be recorded: the probes of kprobex, the functions of the kernel\n"
	"and its modules, with their arguments and how they can be probed, and tracepoints.\n"
	"PATTERN is a name in which * and ? match, of a probe, a function, or a tracepoint\n"
	"(SYSTEM:NAME or NAME). Without one it prints how many there are of each.\n"
	"\n"
	"  -u, --functions FILE  the functions of a program or shared library instead\n"
	"      --usdt FILE       the USDT probes that it brings with it\n"
	"                        FILE is a path, a program in $PATH, or a name like libc\n"
	"      --json            as a JSON object\n"
	"  -h, --help            print this\n"
	"\n"
	"Exit status: 0; 1 nothing matches, or failed; 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect list 'vfs_*'\n"
	"  collect list tcp_v4_connect\n"
	"  collect list 'sched:*'\n"
	"  collect list -u bash 'readline*'\n"
	"  collect list --usdt libstdc++\n";

/* What is being listed, and where to. */
struct list {
	struct text *out;
	bool json;
	bool first;  /* of its kind, so far */
	uint32_t nr; /* printed, of all kinds */
	bool failed;
};

/* ---- probes -------------------------------------------------------------- */

static void begin_kind(struct list *l, const char *title, const char *key)
{
	if (!l->first)
		return;
	l->first = false;
	if (l->json)
		text_printf(l->out, "%s\n \"%s\": [", l->nr ? "," : "", key);
	else
		text_printf(l->out, "%s%s\n", l->nr ? "\n" : "", title);
}

/* Between two, in JSON. */
static void next_item(struct list *l, const char *title, const char *key)
{
	bool first = l->first;

	begin_kind(l, title, key);
	if (l->json)
		text_string(l->out, first ? "\n  {" : ",\n  {");
	l->nr++;
}

static void end_kind(struct list *l)
{
	if (!l->first && l->json)
		text_string(l->out, "\n ]");
	l->first = true;
}

static int list_probe(void *ctx, const struct kpc_probe *probe)
{
	struct list *l = ctx;
	bool first = true;

	next_item(l, "Probes (-e kprobex/NAME/):", "probes");
	if (!l->json) {
		text_printf(l->out, "  %-24s ", probe->name);
		text_string(l->out, probe->definition);
		text_char(l->out, '\n');
		return 0;
	}
	json_text(l->out, &first, "name", probe->name);
	json_text(l->out, &first, "definition", probe->definition);
	text_char(l->out, '}');
	return 0;
}

/* Of what can't be read the number isn't known. */
static void failed(struct list *l, const char *error)
{
	if (!l->failed)
		fprintf(stderr, "collect list: %s\n", error);
	l->failed = true;
}

/* A module that isn't loaded has none. */
static void list_probes(struct list *l, const char *pattern)
{
	struct kpc_probes *probes;
	char error[1024];
	int err = kpc_probes_open(&probes, error, sizeof(error));

	if (err && err != -ENOENT)
		failed(l, error);
	if (err)
		return;
	if (kpc_probes_list(probes, pattern, list_probe, l) < 0)
		failed(l, kpc_probes_error(probes));
	kpc_probes_close(probes);
}

/* ---- functions ----------------------------------------------------------- */

static const char *const probing_words[] = {
	[KPC_FUNCTION_FTRACE] = "ftrace",
	[KPC_FUNCTION_KPROBE] = "kprobe",
	[KPC_FUNCTION_BLACKLISTED] = "none",
};

static void print_function(struct list *l, const struct kpc_function *f)
{
	struct text *out = l->out;

	text_string(out, "  ");
	text_string(out, f->prototype ? f->prototype : f->name);
	if (f->module)
		text_printf(out, " [%s]", f->module);
	if (f->probing == KPC_FUNCTION_BLACKLISTED)
		text_string(
			out,
			"  (can't be probed: it's on the kernel's blacklist)");
	else if (!f->prototype)
		text_string(out, "  (no arguments: its BTF has none)");
	text_char(out, '\n');
}

static int list_function(void *ctx, const struct kpc_function *f)
{
	struct list *l = ctx;
	bool first = true;

	next_item(l, "Functions (-e kprobex/NAME/):", "functions");
	if (!l->json) {
		print_function(l, f);
		return 0;
	}
	json_text(l->out, &first, "name", f->name);
	if (f->module)
		json_text(l->out, &first, "module", f->module);
	if (f->prototype)
		json_text(l->out, &first, "prototype", f->prototype);
	json_text(l->out, &first, "probing", probing_words[f->probing]);
	text_char(l->out, '}');
	return 0;
}

/* ---- tracepoints --------------------------------------------------------- */

static int list_tracepoint(void *ctx, const char *system, const char *name)
{
	struct list *l = ctx;
	char full[512];
	bool first = true;

	next_item(l, "Tracepoints (-e SYSTEM:NAME):", "tracepoints");
	snprintf(full, sizeof(full), "%s:%s", system, name);
	if (!l->json) {
		text_printf(l->out, "  %s\n", full);
		return 0;
	}
	json_text(l->out, &first, "name", full);
	text_char(l->out, '}');
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

enum kind {
	KIND_PROBES,
	KIND_FUNCTIONS,
	KIND_TRACEPOINTS,
	NR_KINDS
};

/* Prints those of a kind that match. */
static void list_kind(struct list *l, enum kind kind, const char *pattern)
{
	switch (kind) {
	case KIND_PROBES:
		list_probes(l, pattern);
		break;
	case KIND_FUNCTIONS:
		if (!strchr(pattern, ':'))
			kpc_functions_list(pattern, KPC_FUNCTION_PROTOTYPES,
					   list_function, l, NULL, 0);
		break;
	default:
		kpc_tracepoints_list(pattern, list_tracepoint, l, NULL, 0);
	}
}

static int nothing_matches(const char *pattern)
{
	char error[1024];

	kpc_name_missing(pattern, error, sizeof(error));
	fprintf(stderr, "collect list: %s\n", error);
	return CMD_FAILED;
}

/* A kind after the other, each of all patterns. */
static int list_patterns(struct list *l, char **patterns, int nr)
{
	bool *matched = calloc(nr, sizeof(*matched));
	int status = CMD_OK;

	if (!matched)
		return CMD_FAILED;
	for (enum kind kind = 0; kind < NR_KINDS; kind++) {
		for (int i = 0; i < nr; i++) {
			uint32_t before = l->nr;

			list_kind(l, kind, patterns[i]);
			matched[i] |= l->nr != before;
		}
		end_kind(l);
	}
	text_flush(l->out);
	for (int i = 0; i < nr; i++)
		if (!matched[i])
			status = nothing_matches(patterns[i]);
	free(matched);
	return status;
}

struct count {
	uint32_t nr;
	uint32_t probeable;
};

static int count_function(void *ctx, const struct kpc_function *f)
{
	struct count *count = ctx;

	count->nr++;
	count->probeable += f->probing != KPC_FUNCTION_BLACKLISTED;
	return 0;
}

static int count_tracepoint(void *ctx, const char *system, const char *name)
{
	uint32_t *nr = ctx;

	(void)system;
	(void)name;
	++*nr;
	return 0;
}

static void sum_functions(struct list *l, const struct count *count)
{
	bool first = !l->nr;

	l->nr++;
	if (l->json) {
		json_u64(l->out, &first, "nr_functions", count->nr);
		json_u64(l->out, &first, "nr_probeable", count->probeable);
		return;
	}
	text_printf(l->out, "%s%7u functions", first ? "" : "\n", count->nr);
	/* Without a blacklist nothing is known of that. */
	if (count->probeable != count->nr)
		text_printf(l->out, ", of which %u can be probed",
			    count->probeable);
	text_string(l->out, ": collect list 'vfs_*'\n");
}

static void sum_tracepoints(struct list *l, uint32_t nr)
{
	bool first = !l->nr;

	if (l->json)
		json_u64(l->out, &first, "nr_tracepoints", nr);
	else
		text_printf(l->out, "%7u tracepoints: collect list 'sched:*'\n",
			    nr);
}

/* The probes, and how many there are of what there is much of. */
static int list_summary(struct list *l)
{
	struct count functions = { 0 };
	uint32_t tracepoints = 0;
	char error[1024];

	list_probes(l, NULL);
	end_kind(l);
	if (kpc_functions_list("*", 0, count_function, &functions, error,
			       sizeof(error)) < 0)
		failed(l, error);
	else
		sum_functions(l, &functions);
	if (kpc_tracepoints_list("*:*", count_tracepoint, &tracepoints, error,
				 sizeof(error)) < 0)
		failed(l, error);
	else
		sum_tracepoints(l, tracepoints);
	return CMD_OK;
}

static int list_kernel(struct text *out, char **patterns, int nr, bool json)
{
	struct list l = { .out = out, .json = json, .first = true };
	int status;

	text_string(out, json ? "{" : "");
	status = nr ? list_patterns(&l, patterns, nr) : list_summary(&l);
	text_string(out, json ? "\n}\n" : "");
	return l.failed ? CMD_FAILED : status;
}

/* ---- options ------------------------------------------------------------- */

static const struct option options[] = {
	{ "functions", required_argument, NULL, 'u' },
	{ "usdt", required_argument, NULL, 'U' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct request {
	const char *functions; /* of this file, or NULL */
	const char *usdt;
	bool json;
};

/* -1, or the exit status. */
static int take_options(struct request *r, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":hu:", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'u':
			r->functions = optarg;
			break;
		case 'U':
			r->usdt = optarg;
			break;
		case 'j':
			r->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return CMD_OK;
		default:
			return mistake_option("list", option, argv);
		}
	}
	if (r->functions && r->usdt)
		return mistake("list", "-u and --usdt exclude each other");
	return -1;
}

static int list_all(const struct request *r, char **patterns, int nr)
{
	struct text *out = text_new(STDOUT_FILENO);
	int status;

	if (!out)
		return CMD_FAILED;
	if (r->functions)
		status = list_file_functions(out, r->functions, patterns, nr,
					     r->json);
	else if (r->usdt)
		status = list_file_usdt(out, r->usdt, patterns, nr, r->json);
	else
		status = list_kernel(out, patterns, nr, r->json);
	text_flush(out);
	if (text_status(out))
		status = CMD_FAILED;
	text_free(out);
	return status;
}

int cmd_list(int argc, char **argv)
{
	struct request request = { 0 };
	int status = take_options(&request, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	return list_all(&request, argv + optind, argc - optind);
}
