// SPDX-License-Identifier: GPL-2.0-only
/* collect.c - finds the verb */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "record", cmd_record },
	{ "dump", cmd_dump },
	{ "report", cmd_report },
};

static const char usage[] =
	"usage: collect [record] -o FILE [-e EVENT]... [OPTION]... [-- COMMAND]\n"
	"       collect dump FILE\n"
	"       collect report [--json] FILE\n"
	"\n"
	"Records what a Linux kernel does into a trace file, and shows it.\n"
	"\n"
	"  record   record events (the default; collect record --help has the options)\n"
	"  dump     print a trace's events, one a line\n"
	"  report   print what a trace has, and what it lacks\n"
	"\n"
	"  -h, --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"Exit status: 0 ok; 1 failed; 2 usage; 4 the trace is cut or damaged (what is\n"
	"readable was printed). With a COMMAND: the command's, or 128 + its signal.\n";

/* A first word that is neither an option nor a verb: most likely a slip. */
static int unknown_verb(const char *word)
{
	fprintf(stderr,
		"collect: unknown verb '%s'; there are record, dump and report\n"
		"collect: to record a command, put it after --: collect -o trace.pb -- %s\n",
		word, word);
	return CMD_USAGE;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		fputs(usage, stderr);
		return CMD_USAGE;
	}
	if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
		fputs(usage, stdout);
		return CMD_OK;
	}
	if (!strcmp(word, "--version")) {
		printf("collect %s\n", kpc_version());
		return CMD_OK;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(word, verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	if (word[0] != '-')
		return unknown_verb(word);
	return cmd_record(argc, argv);
}
