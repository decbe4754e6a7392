// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>

#include "statrequest.h"

#define NS_PER_S 1000000000ull

static const char usage_head[] =
	"usage: collect stat [-e EVENT]... [OPTION]... [-- COMMAND]\n"
	"\n"
	"Counts events, until COMMAND ends, all processes and threads of -p and -t have\n"
	"ended, the duration is over, or Ctrl-C: how often each happened, how long the calls\n"
	"of a function took, and what an argument adds up to. Nothing is recorded: a hit costs\n"
	"an addition. Without COMMAND, -p and -t it is of all of the system.\n";

static const char usage_tail[] =
	"\n"
	"With --by and --hist each event is looked at in this program instead, as by collect\n"
	"top; what that can't keep up with is lost, and said.\n"
	"\n"
	"Exit status: COMMAND's, or 128 + its signal; else 0 ok, 1 failed, 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect stat -e kprobex/vfs_write/ --sum count -- ls -l /\n"
	"  collect stat -I 1 -e context-switches -e 'kprobex/tcp_*/'\n"
	"  collect stat -e kprobex/vfs_read,unit=1/ --by comm --duration 5\n"
	"  collect stat -e kprobex/vfs_read,unit=1/ --hist duration_ns -- cat /etc/passwd\n";

static const struct option_desc options_what[] = {
	{
		.letter = 'e',
		.name = "event",
		.value = "EVENT",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, events),
		.help = "what to count, as of collect record: kprobex/FUNCTION/,\n"
			"SYSTEM:NAME, context-switches, ...; again for more\n"
			"(default: all named probes of kprobex)\n",
	},
	{
		.name = "sum",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, sum),
		.help = "and add up this argument of the functions\n",
	},
	{
		.name = "no-time",
		.kind = OPTION_FLAG,
		.at = offsetof(struct stat_request, no_time),
		.help = "don't take the time that functions take, which costs a\n"
			"hook on their return\n",
	},
	{ 0 },
};

static const struct option_desc options_apart[] = {
	{
		.name = "by",
		.value = "WHAT",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, by),
		.help = "tell apart by comm, process (pid), thread (tid), cpu,\n"
			"event, cgroup, or fields of the events, with commas\n"
			"between\n",
	},
	{
		.name = "hist",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, hist),
		.help = "how the values of a field are distributed, by powers of\n"
			"two: an argument, or duration_ns of an event\n"
			"kprobex/FUNCTION,unit=1/\n",
	},
	{ 0 },
};

static const struct option_desc options_shown[] = {
	{
		.letter = 'I',
		.name = "interval",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct stat_request, interval_ns),
		.least = 10000000,
		.most = 86400 * NS_PER_S,
		.bare_ns = NS_PER_S,
		.help = "print what came in each interval, too, such as 500ms or\n"
			"10s (a number alone is seconds)\n",
	},
	{
		.name = "json",
		.kind = OPTION_FLAG,
		.at = offsetof(struct stat_request, json),
		.help = "as JSON objects, one a line\n",
	},
	{
		.letter = 'o',
		.name = "output",
		.value = "FILE",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, output),
		.help = "into a file (default: standard output; with COMMAND,\n"
			"whose own that is, standard error)\n",
	},
	{
		.letter = 'h',
		.name = "help",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, help),
		.help = "print this\n",
	},
	{ 0 },
};

static const struct option_group groups[] = {
	{ "What is counted", options_what },
	{ "Of whom", options_targets },
	{ "Told apart", options_apart },
	{ "How it is shown", options_shown },
	{ "Until when", options_until },
	{ 0 },
};

static const struct option_usage usage = {
	.verb = "stat",
	.head = usage_head,
	.groups = groups,
	.tail = usage_tail,
};

int stat_request_parse(struct stat_request *r, int argc, char **argv)
{
	int status;

	options_init(&r->options);
	optind = 1;
	status = options_take(&r->options, &usage, argc, argv);
	if (status < 0)
		status = options_command(&r->options, argc, argv);
	if (status < 0)
		status = options_target(&r->options);
	return status;
}
