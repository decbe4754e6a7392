// SPDX-License-Identifier: GPL-2.0-only
/* collect.c - finds the verb */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"
#include "config.h"
#include "verb.h"

static const struct verb verbs[] = {
	{ "record", cmd_record, "record events (the default)" },
	{ "list", cmd_list, "print what can be recorded" },
	{ "stat", cmd_stat, "count events, and what they add up to" },
	{ "top", cmd_top, "show what happens most, while it happens" },
	{ "probe", cmd_probe, "define, remove and show probes of kprobex" },
	{ "expose", cmd_expose, "make functions events of perf, by name" },
	{ "doctor", cmd_doctor,
	  "say what works here, and what mends the rest" },
	{ "receive", cmd_receive, "take in what record sends to an address" },
	{ "dump", cmd_dump, "print a trace's events, one a line" },
	{ "report", cmd_report, "print what a trace has, and what it lacks" },
	{ "diff", cmd_diff, "say what changed between two traces" },
	{ "html", cmd_html, "write a trace as a page to look at" },
	{ "verify", cmd_verify,
	  "say if trace files are whole, cut or damaged" },
	{ "repair", cmd_repair, "write what is good in a trace to a new one" },
	{ "merge", cmd_merge, "put several traces into one order" },
	{ "export", cmd_export, "write a trace for other analysers" },
	{ "import", cmd_import, "make a trace of what perf record wrote" },
	{ "complete", cmd_complete,
	  "print what a shell may complete a word to" },
};
#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

const struct verb *verb_at(int i)
{
	return i < (int)NR_VERBS ? &verbs[i] : NULL;
}

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < NR_VERBS; i++)
		if (!strcmp(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static void print_usage(FILE *out)
{
	fputs("usage: collect [record] -o FILE [-e EVENT]... [OPTION]... [-- COMMAND]\n"
	      "       collect VERB [OPTION]... ...\n"
	      "\n"
	      "Records what a Linux kernel does into a trace file, and shows it.\n"
	      "\n",
	      out);
	for (size_t i = 0; i < NR_VERBS; i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\n"
	      "collect VERB --help has the options of each.\n"
	      "\n"
	      "  -h, --help     print this\n"
	      "      --version  print the version\n"
	      "      --config FILE|none  before the verb: take defaults of options from\n"
	      "                 FILE alone, or from none; see collect.conf(5)\n"
	      "\n",
	      out);
	config_print(out);
	fputs("\n"
	      "Exit status: 0 ok; 1 failed; 2 usage; 3 loss under --strict; 4 the trace is cut\n"
	      "or damaged (what is readable was printed). With a COMMAND: the command's, or\n"
	      "128 + its signal.\n",
	      out);
}

/* A first word that is neither an option nor a verb: most likely a slip. */
static int unknown_verb(const char *word)
{
	fprintf(stderr, "collect: unknown verb '%s'; there are", word);
	for (size_t i = 0; i < NR_VERBS; i++)
		fprintf(stderr, "%s %s",
			!i		 ? "" :
			i < NR_VERBS - 1 ? "," :
					   " and",
			verbs[i].name);
	fprintf(stderr,
		"\n"
		"collect: to record a command, put it after --: collect -o trace.pb -- %s\n",
		word);
	return CMD_USAGE;
}

/* A probe's definition, as perf-tools' kprobe takes it. */
static bool is_definition(const char *word)
{
	return (*word == 'p' || *word == 'r') && strpbrk(word, ": ");
}

/* With the defaults from files. */
static int run(const struct verb *verb, int argc, char **argv)
{
	int status = config_apply(verb, &argc, &argv);

	return status >= 0 ? status : verb->run(argc, argv);
}

/* collect 'p:NAME FUNCTION' … is collect record -e 'p:NAME FUNCTION' … */
static int record_definition(int argc, char **argv)
{
	char **words = calloc(argc + 2, sizeof(*words));
	int status;

	if (!words)
		return CMD_FAILED;
	words[0] = argv[0];
	words[1] = (char *)"-e";
	for (int i = 1; i < argc; i++)
		words[i + 1] = argv[i];
	status = run(verb_find("record"), argc + 1, words);
	free(words);
	return status;
}

static int main_verb(int argc, char **argv)
{
	const struct verb *verb;
	const char *word;
	int status = config_take(&argc, &argv);

	if (status >= 0)
		return status;
	if (argc < 2) {
		print_usage(stderr);
		return CMD_USAGE;
	}
	word = argv[1];
	if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
		print_usage(stdout);
		return CMD_OK;
	}
	if (!strcmp(word, "--version")) {
		printf("collect %s\n", kpc_version());
		return CMD_OK;
	}
	verb = verb_find(word);
	if (verb)
		return run(verb, argc - 1, argv + 1);
	if (is_definition(word))
		return record_definition(argc, argv);
	if (word[0] != '-')
		return unknown_verb(word);
	return run(verb_find("record"), argc, argv);
}

/* What the verbs print by stdio, their help above all, may not have arrived. */
int main(int argc, char **argv)
{
	int status = main_verb(argc, argv);

	if (status != CMD_OK || (!fflush(stdout) && !ferror(stdout)))
		return status;
	if (errno == EPIPE)
		return CMD_OK;
	fprintf(stderr, "collect: cannot write to standard output: %s\n",
		strerror(errno));
	return CMD_FAILED;
}
