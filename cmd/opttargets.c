// SPDX-License-Identifier: GPL-2.0-only
/* Whom a recording follows, and until when. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "option.h"

#define HOUR_NS 3600000000000ull

/* "12,34" */
static int take_ids(struct options *o, const struct option_desc *desc,
		    const char *text)
{
	struct option_ids *ids = (void *)((char *)o + desc->at);
	const char *at = text;
	char *end, name[64];
	unsigned long id;

	do {
		id = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 0;
		if (!id || id > INT_MAX || (*end && *end != ','))
			return option_mistake("%s takes ids such as 12 or "
					      "12,34, not '%s'",
					      option_name(desc, name), text);
		if (ids->nr == OPTION_IDS_MAX)
			return option_mistake("there are more than %d ids of "
					      "%s",
					      OPTION_IDS_MAX,
					      option_name(desc, name));
		ids->id[ids->nr++] = id;
		at = end + 1;
	} while (*end);
	return -1;
}

static int check_cgroup(struct options *o, const struct option_desc *desc,
			const char *text)
{
	(void)o;
	(void)desc;
	if (!*text)
		return option_mistake("--cgroup takes the path of a cgroup; / "
				      "is the topmost");
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
		.help = "all that runs on these CPUs, such as 0-3,6; with -p or -t,\n"
			"the threads while they run there\n",
	},
	{
		.letter = 'p',
		.name = "pid",
		.value = "PID[,PID]",
		.kind = OPTION_OTHER,
		.at = offsetof(struct options, pids),
		.take = take_ids,
		.help = "processes that run already, with all their threads and\n"
			"what these start; again for more\n",
	},
	{
		.letter = 't',
		.name = "tid",
		.value = "TID[,TID]",
		.kind = OPTION_OTHER,
		.at = offsetof(struct options, tids),
		.take = take_ids,
		.help = "threads that run already, and what these start, without\n"
			"the others of their process\n",
	},
	{
		.name = "cgroup",
		.value = "PATH",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, cgroups),
		.take = check_cgroup,
		.help = "whoever is in this cgroup, or in one below it, while it\n"
			"is: the folder, or its path from the mount point, such\n"
			"as system.slice/ssh.service; again for more. A COMMAND\n"
			"is recorded if it is in one\n",
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

const struct option_desc options_until[] = {
	{
		.name = "duration",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, session.duration_ns),
		.least = 1000000,
		.most = 1000 * 24 * HOUR_NS,
		.bare_ns = 1000000000,
		.help = "for so long, such as 500ms, 10s or 2m\n",
	},
	{ 0 },
};
