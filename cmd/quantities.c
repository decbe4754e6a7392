// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "quantities.h"

/* What another recording has others of, and what is no amount. */
static const char *const identities[] = {
	"id",	    "*_id",    "nr",	 "pid",	    "*_pid",  "tid",
	"*_tid",    "tgid",    "uid",	 "gid",	    "cpu",    "*_cpu",
	"fd",	    "dfd",     "*fd",	 "ino",	    "inode",  "dev",
	"vec",	    "irq",     "sector", "*flags*", "*prio*", "*state*",
	"*mode*",   "type",    "*addr*", "ip",	    "*_ip",   "time_ns",
	"*cookie*", "parent*", "*_nr",	 "cmd",	    "op",     NULL,
};

static bool is_among(const char *name, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

bool quantities_wanted(const struct kpc_field *field, const char *const *names)
{
	bool is_number = field->kind == KPC_FIELD_UNSIGNED ||
			 field->kind == KPC_FIELD_SIGNED;

	if (field->common || field->kind == KPC_FIELD_STRING ||
	    field->kind == KPC_FIELD_BYTES)
		return false;
	if (names)
		return is_among(field->name, names);
	/* (pointers are addresses, and an array's elements have one name) */
	return is_number && !strchr(field->type, '*') &&
	       !strchr(field->type, '[') && !is_among(field->name, identities);
}

bool quantities_is_time(const struct kpc_field *field)
{
	static const char *const times[] = { "ns",	"*_ns",	    "delay",
					     "runtime", "vruntime", NULL };

	return is_among(field->name, times);
}

void quantities_process(const char *comm, char *name, size_t size)
{
	const char *slash = strchr(comm, '/');

	snprintf(name, size, "%s", comm);
	/* kworker/u4:2-events, ksoftirqd/0: which one is of no concern. */
	if (slash > comm && (size_t)(slash - comm) < size &&
	    (isdigit((unsigned char)slash[1]) ||
	     (slash[1] == 'u' && isdigit((unsigned char)slash[2]))))
		name[slash - comm] = '\0';
}
