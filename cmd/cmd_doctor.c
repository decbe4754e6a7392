// SPDX-License-Identifier: GPL-2.0-only
/* cmd_doctor.c - collect doctor: what works here, what doesn't, what mends it */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "colour.h"
#include "json.h"
#include "mistake.h"
#include "plain.h"
#include "text.h"

static const char usage[] =
	"usage: collect doctor [--json]\n"
	"\n"
	"Looks at all that recording depends on: the kernel and its configuration, the module\n"
	"kprobex, permissions, limits, switches, versions. Of each it says\n"
	"  ok       all is well\n"
	"  warning  less can be recorded, or it takes more to do so\n"
	"  problem  probes, tracepoints or everything can't be recorded\n"
	"with what that means, and the command that mends it. As far as it has permission, it\n"
	"measures what a hit costs on this machine, in about two seconds.\n"
	"\n"
	"      --json   as a JSON object\n"
	"  -h, --help   print this\n"
	"\n"
	"Exit status: 0; 1 there is a problem, or it failed; 2 usage.\n";

#define INDENT	"           " /* below what was found, behind the state */
#define COLUMNS 86	      /* of a meaning's lines */

struct doctor {
	struct text *out;
	bool json;
	char group[32]; /* the last one */
	uint32_t nr[KPC_CHECK_PROBLEM + 1];
};

static const struct {
	const char *word;
	const char *colour;
} states[] = {
	[KPC_CHECK_OK] = { "ok", COLOUR_GREEN },
	[KPC_CHECK_WARNING] = { "warning", COLOUR_YELLOW },
	[KPC_CHECK_PROBLEM] = { "problem", COLOUR_RED },
};

/* ---- checks -------------------------------------------------------------- */

/* Broken at blanks. */
static void print_meaning(struct text *out, const char *text)
{
	const size_t width = COLUMNS - strlen(INDENT);

	while (*text) {
		size_t bytes = strlen(text), end = bytes;

		if (bytes > width)
			for (end = width; end && text[end] != ' ';)
				end--;
		if (!end) /* a word that is longer than a line */
			end = bytes > width ? strcspn(text, " ") : bytes;
		text_string(out, INDENT);
		text_escaped(out, (const uint8_t *)text, end, "");
		text_char(out, '\n');
		text += end;
		text += strspn(text, " ");
	}
}

static void print_check(struct doctor *d, const struct kpc_check *check)
{
	struct text *out = d->out;
	char state[8];

	if (strcmp(d->group, check->group)) {
		text_printf(out, "%s%s\n", *d->group ? "\n" : "", check->group);
		snprintf(d->group, sizeof(d->group), "%s", check->group);
	}
	text_string(out, "  ");
	snprintf(state, sizeof(state), "%-7s", states[check->state].word);
	text_coloured(out, states[check->state].colour, state);
	text_printf(out, "  %-25s ", check->name);
	text_escaped(out, (const uint8_t *)check->found, strlen(check->found),
		     "");
	text_char(out, '\n');
	if (check->meaning)
		print_meaning(out, check->meaning);
	if (!check->mend)
		return;
	text_string(out, INDENT "mend: ");
	text_escaped(out, (const uint8_t *)check->mend, strlen(check->mend),
		     "");
	text_char(out, '\n');
}

static void print_check_json(struct doctor *d, const struct kpc_check *check)
{
	bool first = true, is_first = !*d->group;

	d->group[0] = ' ';
	text_string(d->out, is_first ? "\n  {" : ",\n  {");
	json_text(d->out, &first, "group", check->group);
	json_text(d->out, &first, "name", check->name);
	json_text(d->out, &first, "state", states[check->state].word);
	json_text(d->out, &first, "found", check->found);
	if (check->meaning)
		json_text(d->out, &first, "meaning", check->meaning);
	if (check->mend)
		json_text(d->out, &first, "mend", check->mend);
	text_char(d->out, '}');
}

static int take_check(void *ctx, const struct kpc_check *check)
{
	struct doctor *d = ctx;

	d->nr[check->state]++;
	if (d->json)
		print_check_json(d, check);
	else
		print_check(d, check);
	return 0;
}

/* ---- costs --------------------------------------------------------------- */

/* From the cheapest to the dearest, as a rule. */
static const struct {
	int cost; /* enum kpc_mechanism, enum kpc_cost */
	const char *word;
	const char *what;
} lines[] = {
	{ KPC_MECHANISM_FTRACE, "ftrace", "at a function's entry" },
	{ KPC_MECHANISM_JUMP, "jump", "inside of a function" },
	{ KPC_MECHANISM_INT3, "int3", "where no jump can be" },
	{ KPC_MECHANISM_RETURN, "return", "a function's return" },
	{ KPC_COST_TRACEPOINT, "tracepoint", "a system call's" },
	{ KPC_COST_PROGRAM, "u:", "a function of a program" },
	{ KPC_COST_PROGRAM_STEP, "u:, step",
	  "... that doesn't begin with push, nop, call or a jump" },
};
#define NR_LINES (sizeof(lines) / sizeof(*lines))

static void print_costs(struct text *out, const struct kpc_costs *costs)
{
	text_string(out, "\nCost of a hit, in ns\n"
			 "              counted  recorded\n");
	for (size_t i = 0; i < NR_LINES; i++) {
		const struct kpc_hit_cost *hit = &costs->hit[lines[i].cost];

		if (*hit->why_not)
			text_printf(out, "  %-10s  not measured: %s\n",
				    lines[i].word, hit->why_not);
		else
			text_printf(out, "  %-10s %8.0f  %8.0f  %s\n",
				    lines[i].word, hit->counted_ns,
				    hit->recorded_ns, lines[i].what);
	}
}

static void print_costs_json(struct text *out, const struct kpc_costs *costs)
{
	text_printf(out, ",\n \"call_ns\": %.2f,\n \"costs\": {",
		    costs->call_ns);
	for (size_t i = 0; i < NR_LINES; i++) {
		const struct kpc_hit_cost *hit = &costs->hit[lines[i].cost];
		bool first = true;

		text_printf(out, "%s\n  \"%s\": {", i ? "," : "",
			    lines[i].word);
		if (*hit->why_not)
			json_text(out, &first, "why_not", hit->why_not);
		else
			text_printf(out,
				    "\"counted_ns\":%.1f,\"recorded_ns\":%.1f",
				    hit->counted_ns, hit->recorded_ns);
		text_char(out, '}');
	}
	text_string(out, "\n }");
}

static void measure(struct doctor *d)
{
	struct kpc_costs costs = { .size = sizeof(costs) };

	if (kpc_costs_measure(&costs))
		return;
	if (d->json)
		print_costs_json(d->out, &costs);
	else
		print_costs(d->out, &costs);
}

/* ---- all ----------------------------------------------------------------- */

static void print_number(struct text *out, const char *none, uint32_t nr,
			 const char *what)
{
	if (nr)
		text_printf(out, "%" PRIu32 " %s%s", nr, what,
			    nr == 1 ? "" : "s");
	else
		text_printf(out, "%s %ss", none, what);
}

static void conclude(struct doctor *d)
{
	uint32_t problems = d->nr[KPC_CHECK_PROBLEM];
	uint32_t warnings = d->nr[KPC_CHECK_WARNING];

	if (d->json) {
		text_printf(d->out,
			    ",\n \"problems\": %" PRIu32
			    ",\n \"warnings\": %" PRIu32 "\n}\n",
			    problems, warnings);
		return;
	}
	text_char(d->out, '\n');
	print_number(d->out, "No", problems, "problem");
	text_string(d->out, ", ");
	print_number(d->out, "no", warnings, "warning");
	text_string(d->out,
		    problems ? ": not everything can be recorded here.\n" :
			       ": probes and tracepoints can be recorded.\n");
}

static int examine(bool json)
{
	struct doctor d = { .json = json, .out = text_new(STDOUT_FILENO) };
	int status;

	if (!d.out)
		return CMD_FAILED;
	d.out->colour = !json && colour_is_on(COLOUR_AUTO, STDOUT_FILENO);
	text_string(d.out, json ? "{\n \"checks\": [" : "");
	kpc_doctor(NULL, take_check, &d);
	text_string(d.out, json ? "\n ]" : "");
	/* what is known already is shown while it measures */
	text_flush(d.out);
	measure(&d);
	conclude(&d);
	status = d.nr[KPC_CHECK_PROBLEM] ? CMD_FAILED : CMD_OK;
	text_flush(d.out);
	if (text_status(d.out))
		status = CMD_FAILED;
	text_free(d.out);
	return status;
}

int cmd_doctor(int argc, char **argv)
{
	bool json;
	int status = plain_options("doctor", usage, argc, argv, &json);

	if (status >= 0)
		return status;
	if (optind < argc)
		return mistake("doctor", "what is '%s'? It takes no words",
			       argv[optind]);
	signal(SIGPIPE, SIG_IGN);
	return examine(json);
}
