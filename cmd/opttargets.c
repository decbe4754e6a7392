// SPDX-License-Identifier: GPL-2.0-only
/* Whom a recording follows, and until when. */
#include <limits.h>
#include <stdlib.h>

#include "option.h"

#define HOUR_NS 3600000000000ull

static int take_pid(struct options *o, const struct option_desc *desc,
		    const char *text)
{
	(void)desc;
	o->session.pid = strtol(text, NULL, 10);
	return -1;
}

const struct option_desc options_targets[] = {
	{
		.letter = 'a',
		.name = "all-cpus",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, session.system_wide),
		.help = "all of the system, also while COMMAND runs\n",
	},
	{
		.letter = 'C',
		.name = "cpu",
		.value = "LIST",
		.kind = OPTION_TEXT,
		.at = offsetof(struct options, session.cpus),
		.help = "all that runs on these CPUs, such as 0-3,6; with -p, the\n"
			"process where it runs there\n",
	},
	{
		.letter = 'p',
		.name = "pid",
		.value = "PID",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct options, pid),
		.least = 1,
		.most = INT_MAX,
		.take = take_pid,
		.help = "a process that runs already, with all its threads\n",
	},
	{ 0 },
};

const struct option_desc options_end[] = {
	{
		.name = "duration",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, session.duration_ns),
		.least = 1000000,
		.most = 1000 * 24 * HOUR_NS,
		.bare_ns = 1000000000,
		.help = "for so long, such as 500ms, 10s or 2m (a number alone is\n"
			"seconds), or until COMMAND ends if that is earlier. A\n"
			"COMMAND that still runs is stopped as by Ctrl-C\n",
	},
	{
		.name = "strict",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, strict),
		.help = "exit with 3 if anything was lost\n",
	},
	{ 0 },
};
