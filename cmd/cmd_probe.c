// SPDX-License-Identifier: GPL-2.0-only
/* cmd_probe.c - collect probe: probes that stay, with names */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "json.h"
#include "mistake.h"
#include "probesite.h"
#include "text.h"

static const char usage[] =
	"usage: collect probe add [--all-args] [-n] DEFINITION...\n"
	"       collect probe del NAME...\n"
	"       collect probe list [--json] [PATTERN]...\n"
	"       collect probe show [--json] [--path] NAME...\n"
	"\n"
	"Defines, removes and shows probes of the module kprobex, which stay until they are\n"
	"removed: kprobex/NAME/ for collect and perf, kprobex:NAME for whatever takes\n"
	"tracepoints.\n"
	"\n"
	"A definition is \"p:NAME FUNCTION ARGUMENT...\", r instead of p for its return, as in\n"
	"kprobe_events; an ARGUMENT may also be the function's by its name, or a path from\n"
	"that to a member: file->f_path.dentry->d_name.name. FUNCTION may be a system call\n"
	"(sys_openat), or a pattern (vfs_*): one probe on all that match. kprobex(4) has the\n"
	"rest, such as conditions.\n"
	"\n"
	"      --all-args  record all arguments of the function, by name\n"
	"  -n, --dry-run   only print the definition that the module would get\n"
	"      --path      show the way of a hit from the function to its events\n"
	"      --json      as a JSON array\n"
	"  -h, --help      print this\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect probe add 'p:w vfs_write count file->f_path.dentry->d_name.name'\n"
	"  collect probe add --all-args p:tcp_v4_connect\n"
	"  collect probe add 'r:opened do_sys_openat2 filename ret=$retval:s32'\n"
	"  collect probe show --path w\n"
	"  collect probe del w\n";

static const struct option options[] = {
	{ "all-args", no_argument, NULL, 'a' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "path", no_argument, NULL, 'p' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct request {
	uint32_t flags;
	bool dry_run;
	bool json;
	bool path;
	char **words;
	int nr;
};

static int failed(const char *verb, const char *error)
{
	fprintf(stderr, "collect probe %s: %s\n", verb, error);
	return CMD_FAILED;
}

/* NULL with a message. */
static struct kpc_probes *connect(const char *verb)
{
	struct kpc_probes *probes;
	char error[1024];

	if (!kpc_probes_open(&probes, error, sizeof(error)))
		return probes;
	failed(verb, error);
	return NULL;
}

/* ---- add and del --------------------------------------------------------- */

static int show_definitions(const struct request *r)
{
	char *definition, error[1024];

	for (int i = 0; i < r->nr; i++) {
		if (kpc_definition(r->words[i], r->flags, &definition, error,
				   sizeof(error)))
			return failed("add", error);
		puts(definition);
		free(definition);
	}
	return CMD_OK;
}

static int add(const struct request *r)
{
	struct kpc_probes *probes;
	int status = CMD_OK;

	if (!r->nr)
		return mistake("probe", "add which definition?");
	if (r->dry_run)
		return show_definitions(r);
	probes = connect("add");
	if (!probes)
		return CMD_FAILED;
	for (int i = 0; i < r->nr && !status; i++)
		if (kpc_probes_add(probes, r->words[i], r->flags))
			status = failed("add", kpc_probes_error(probes));
	kpc_probes_close(probes);
	return status;
}

static int del(const struct request *r)
{
	struct kpc_probes *probes;
	int status = CMD_OK;

	if (!r->nr)
		return mistake("probe", "del which probe?");
	probes = connect("del");
	if (!probes)
		return CMD_FAILED;
	for (int i = 0; i < r->nr; i++)
		if (kpc_probes_remove(probes, r->words[i]))
			status = failed("del", kpc_probes_error(probes));
	kpc_probes_close(probes);
	return status;
}

/* ---- list and show ------------------------------------------------------- */

struct printer {
	struct text *out;
	bool json;
	bool whole; /* show */
	bool path;
	bool first;
};

static void add_mechanisms(struct text *out, uint32_t mechanisms)
{
	static const char *const words[] = { "a return hook", "int3", "a jump",
					     "ftrace" };
	bool first = true;

	for (int i = 3; i >= 0; i--)
		if (mechanisms & 1u << i) {
			text_printf(out, "%s%s", first ? "" : " and ",
				    words[i]);
			first = false;
		}
	if (first)
		text_string(out,
			    "none: no event is open, and no program on it");
}

static void print_count(struct text *out, const char *name, uint64_t n,
			const char *what)
{
	if (n)
		text_printf(out, "  %-14s %12" PRIu64 "  %s\n", name, n, what);
}

static void print_counters(struct text *out, const struct kpc_probe_account *a)
{
	text_printf(out, "  %-14s %12" PRIu64 "  since it was defined\n",
		    "hits", a->entered);
	print_count(out, "recorded", a->offered, "by at least one event");
	print_count(out, "no listener", a->no_listener,
		    "no event was open there");
	print_count(out, "filtered", a->filtered_pred + a->filtered_bpf,
		    "by its condition or BPF programs");
	print_count(out, "own", a->self, "of the recorder itself (skip_self)");
	print_count(out, "missed",
		    a->missed_kprobe + a->missed_return + a->recursion,
		    "within another probe, or for want of an instance");
	print_count(out, "in flight", a->in_flight,
		    "calls that haven't returned");
	print_count(out, "cut", a->truncated,
		    "records in which a string was cut");
}

static void print_probe(struct text *out, const struct kpc_probe *p, bool path)
{
	text_printf(out, "%s\n  ", p->name);
	text_string(out, p->definition);
	text_char(out, '\n');
	if (p->targets > 1)
		text_printf(out, "  %-14s %12u\n", "functions", p->targets);
	text_printf(out, "  %-14s %12u\n", "events open", p->events);
	if (p->programs)
		text_printf(out, "  %-14s %12u\n", "BPF programs", p->programs);
	if (p->alias)
		text_string(out, "  a name that collect expose made\n");
	text_printf(out, "  %-14s ", "called by");
	add_mechanisms(out, p->mechanisms);
	text_char(out, '\n');
	probesite_print(out, p, path);
	if (p->account.gone)
		text_string(out, "  the module that it probes isn't loaded\n");
	if (p->account.deaf)
		text_string(
			out,
			"  the kernel won't call it: kernel.ftrace_enabled or "
			"debugfs' kprobes/enabled is 0\n");
	print_counters(out, &p->account);
}

static void print_json(struct text *out, const struct kpc_probe *p, bool whole)
{
	const struct kpc_probe_account *a = &p->account;
	bool first = true;

	text_char(out, '{');
	json_text(out, &first, "name", p->name);
	json_text(out, &first, "definition", p->definition);
	json_u64(out, &first, "id", p->id);
	json_bool(out, &first, "alias", p->alias);
	json_u64(out, &first, "functions", p->targets);
	json_u64(out, &first, "events", p->events);
	json_u64(out, &first, "programs", p->programs);
	json_bool(out, &first, "int3", p->mechanisms & 1 << 1);
	json_bool(out, &first, "jump", p->mechanisms & 1 << 2);
	json_bool(out, &first, "ftrace", p->mechanisms & 1 << 3);
	json_u64(out, &first, "entered", a->entered);
	json_u64(out, &first, "offered", a->offered);
	json_u64(out, &first, "no_listener", a->no_listener);
	json_u64(out, &first, "filtered_pred", a->filtered_pred);
	json_u64(out, &first, "filtered_bpf", a->filtered_bpf);
	json_u64(out, &first, "self", a->self);
	json_u64(out, &first, "recursion", a->recursion);
	json_u64(out, &first, "missed_kprobe", a->missed_kprobe);
	json_u64(out, &first, "missed_return", a->missed_return);
	json_u64(out, &first, "in_flight", a->in_flight);
	json_u64(out, &first, "truncated", a->truncated);
	json_bool(out, &first, "gone", a->gone);
	json_bool(out, &first, "deaf", a->deaf);
	if (whole)
		probesite_json(out, &first, p);
	text_char(out, '}');
}

static int print(void *ctx, const struct kpc_probe *probe)
{
	struct printer *p = ctx;

	if (p->json) {
		text_string(p->out, p->first ? "" : ",\n ");
		print_json(p->out, probe, p->whole);
	} else if (p->whole) {
		text_string(p->out, p->first ? "" : "\n");
		print_probe(p->out, probe, p->path);
	} else {
		text_printf(p->out, "%-24s ", probe->name);
		text_string(p->out, probe->definition);
		text_char(p->out, '\n');
	}
	p->first = false;
	return 0;
}

static int list_matching(const struct request *r, struct kpc_probes *probes,
			 struct printer *p, const char *verb)
{
	int status = CMD_OK;

	for (int i = 0; i < r->nr || (!r->nr && !i); i++) {
		const char *pattern = r->nr ? r->words[i] : NULL;
		char none[256];
		int nr = kpc_probes_list(probes, pattern, print, p);

		if (!nr && pattern && p->whole)
			nr = kpc_probes_exposed(probes, pattern, print, p);
		if (nr < 0)
			return failed(verb, kpc_probes_error(probes));
		if (nr || !pattern)
			continue;
		snprintf(none, sizeof(none),
			 "there is no probe %s (see collect probe list)",
			 pattern);
		status = failed(verb, none);
	}
	return status;
}

static int list(const struct request *r, bool whole)
{
	const char *verb = whole ? "show" : "list";
	struct printer p = { .json = r->json,
			     .whole = whole,
			     .path = r->path,
			     .first = true };
	struct kpc_probes *probes;
	int status;

	if (whole && !r->nr)
		return mistake("probe", "show which probe?");
	probes = connect(verb);
	if (!probes)
		return CMD_FAILED;
	p.out = text_new(STDOUT_FILENO);
	if (!p.out) {
		kpc_probes_close(probes);
		return CMD_FAILED;
	}
	text_string(p.out, r->json ? "[" : "");
	status = list_matching(r, probes, &p, verb);
	text_string(p.out, r->json ? "]\n" : "");
	text_flush(p.out);
	if (text_status(p.out))
		status = CMD_FAILED;
	text_free(p.out);
	kpc_probes_close(probes);
	return status;
}

/* ---- the verbs ----------------------------------------------------------- */

static int run(const char *verb, const struct request *r)
{
	if (!strcmp(verb, "add"))
		return add(r);
	if (!strcmp(verb, "del"))
		return del(r);
	if (!strcmp(verb, "list"))
		return list(r, false);
	if (!strcmp(verb, "show"))
		return list(r, true);
	return mistake("probe",
		       "no such verb: '%s'; there are add, del, list and show",
		       verb);
}

int cmd_probe(int argc, char **argv)
{
	struct request r = { 0 };
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":nh", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			r.flags |= KPC_PROBE_ALL_ARGS;
			break;
		case 'n':
			r.dry_run = true;
			break;
		case 'p':
			r.path = true;
			break;
		case 'j':
			r.json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return CMD_OK;
		default:
			return mistake_option("probe", option, argv);
		}
	}
	if (optind == argc)
		return mistake("probe", "add, del, list or show?");
	r.words = argv + optind + 1;
	r.nr = argc - optind - 1;
	signal(SIGPIPE, SIG_IGN);
	return run(argv[optind], &r);
}
