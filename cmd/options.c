// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "mistake.h"
#include "option.h"
#include "options.h"

#define DEFAULT_OUTPUT "trace.pb"
#define OPTIONS_MAX    64
#define LONG_FIRST     256 /* getopt's value of the first; letters are below */

static const char usage_head[] =
	"usage: collect [record] [-o FILE] [-e EVENT]... [OPTION]... [-- COMMAND]\n"
	"\n"
	"Records perf events into a trace file, until COMMAND ends, all processes and\n"
	"threads of -p and -t have ended, the duration is over, or Ctrl-C. Without COMMAND,\n"
	"-p and -t it records all of the system.\n";

static const char usage_tail[] =
	"\n"
	"Exit status: COMMAND's, or 128 + its signal; else 0 ok, 1 failed, 2 usage, 3 loss\n"
	"under --strict.\n"
	"\n"
	"Examples:\n"
	"  collect -e kprobex/vfs_write/ -- dd if=/dev/zero of=/dev/null count=1000\n"
	"  collect -o open.pb -a -e kprobex/do_sys_openat2/,sched:sched_switch -- sleep 5\n"
	"  collect -e 'p vfs_write count file->f_path.dentry->d_name.name' -- ls -l\n"
	"  collect -g -e raw_syscalls:sys_enter -p 1234\n"
	"  collect -F 999 -g -e cpu-clock -- make\n"
	"  collect --bpf write.bpf.o:kprobe/vfs_write,cookie=7 -e kprobex/vfs_write/\n";

/* In the help's order. */
static const struct option_group groups[] = {
	{ "What is recorded", options_events }, { "Of whom", options_targets },
	{ "How much of it", options_sampling }, { "Until when", options_end },
	{ "Where it goes", options_output },	{ 0 },
};

static const struct option_usage record_usage = {
	.verb = "record",
	.head = usage_head,
	.groups = groups,
	.tail = usage_tail,
};

static void print_usage(const struct option_usage *usage)
{
	const struct option_group *group = usage->groups;

	fputs(usage->head, stdout);
	for (; group->title; group++) {
		const struct option_desc *desc = group->options;

		printf("\n%s:\n", group->title);
		for (; desc->name; desc++)
			option_print(desc);
	}
	fputs(usage->tail, stdout);
}

/* ---- for getopt ---------------------------------------------------------- */

struct table {
	const struct option_desc *desc[OPTIONS_MAX];
	int nr;
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
};

static void fill(struct table *table, const struct option_group *group)
{
	char *letter = table->letters;

	*table = (struct table){ 0 };
	/* Stop at the first that is no option; tell a missing value. */
	*letter++ = '+';
	*letter++ = ':';
	for (; group->title; group++) {
		const struct option_desc *desc = group->options;

		for (; desc->name && table->nr < OPTIONS_MAX; desc++) {
			int takes = desc->value ? required_argument :
						  no_argument;

			table->longs[table->nr] = (struct option){
				.name = desc->name,
				.has_arg = takes,
				.val = LONG_FIRST + table->nr,
			};
			table->desc[table->nr++] = desc;
			if (!desc->letter)
				continue;
			*letter++ = desc->letter;
			if (desc->value)
				*letter++ = ':';
		}
	}
}

static const struct option_desc *find(const struct table *table, int value)
{
	if (value >= LONG_FIRST)
		return table->desc[value - LONG_FIRST];
	for (int i = 0; i < table->nr; i++)
		if (table->desc[i]->letter == value)
			return table->desc[i];
	return NULL;
}

/* ---- parsing ------------------------------------------------------------- */

int options_take(struct options *o, const struct option_usage *usage, int argc,
		 char **argv)
{
	const struct option_desc *desc;
	struct table table;
	int value, status;

	option_usage_is(usage);
	fill(&table, usage->groups);
	opterr = 0;
	while ((value = getopt_long(argc, argv, table.letters, table.longs,
				    NULL)) != -1) {
		desc = find(&table, value);
		if (!desc)
			return mistake_option(usage->verb, value, argv);
		status = option_take(o, desc, optarg);
		if (status >= 0)
			return status;
		if (o->help) {
			print_usage(usage);
			return CMD_OK;
		}
	}
	return -1;
}

/* What is left after the options is a command only behind --. */
int options_command(struct options *o, int argc, char **argv)
{
	if (optind == argc && strcmp(argv[optind - 1], "--"))
		return -1;
	if (strcmp(argv[optind - 1], "--"))
		return option_mistake("what is '%s'? A command goes after --",
				      argv[optind]);
	if (optind == argc)
		return option_mistake("there is no command after --");
	o->session.argv = argv + optind;
	return -1;
}

/* Who is followed: what excludes what. */
static int check_target(const struct options *o)
{
	const struct kpc_session_opts *s = &o->session;

	if (o->pids.nr && s->system_wide)
		return option_mistake("-a and -p exclude each other");
	if (o->tids.nr && s->system_wide)
		return option_mistake("-a and -t exclude each other");
	if (o->cgroups.nr && (o->pids.nr || o->tids.nr || s->system_wide))
		return option_mistake("--cgroup and %s exclude each other",
				      s->system_wide ? "-a" :
				      o->pids.nr     ? "-p" :
						       "-t");
	return -1;
}

void options_init(struct options *o)
{
	*o = (struct options){
		.session.size = sizeof(o->session),
		.session.events = o->events.item,
		.session.bpf = o->bpf.item,
		.session.cgroups = o->cgroups.item,
	};
}

int options_target(struct options *o)
{
	o->session.pids = o->pids.id;
	o->session.nr_pids = o->pids.nr;
	o->session.tids = o->tids.id;
	o->session.nr_tids = o->tids.nr;
	return check_target(o);
}

static int check(const struct options *o)
{
	const struct kpc_session_opts *s = &o->session;

	if (s->max_stack && !s->callchain)
		return option_mistake(
			"--max-stack is of call chains: use -g or "
			"--call-graph, too");
	if (s->period && s->frequency)
		return option_mistake("-c and -F exclude each other");
	return -1;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int status;

	options_init(o);
	o->session.output = DEFAULT_OUTPUT;
	o->session.command_line = argv;
	optind = 1;
	status = options_take(o, &record_usage, argc, argv);
	if (status < 0)
		status = options_command(o, argc, argv);
	if (status < 0)
		status = check(o);
	return status >= 0 ? status : options_target(o);
}
