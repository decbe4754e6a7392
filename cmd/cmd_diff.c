// SPDX-License-Identifier: GPL-2.0-only
/* cmd_diff.c - collect diff: what changed between two traces, and what is noise */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "contrast.h"
#include "contrastprint.h"
#include "mistake.h"
#include "profile.h"
#include "progress.h"
#include "selection.h"
#include "source.h"

#define FIELDS_MAX 64

static const char usage[] =
	"usage: collect diff [OPTION]... A B\n"
	"\n"
	"Says what is different in the trace file B, compared to A (one of them may be -,\n"
	"standard input): how often events are, the values of their fields, and the shares\n"
	"of processes (by name) and of functions (the innermost of call chains).\n"
	"\n"
	"The time of each trace is cut into windows, and what is in those of one is tested\n"
	"against what is in those of the other (Mann and Whitney's test, corrected for the\n"
	"number of tests): what differs by no more than the windows of each is noise, a\n"
	"single burst too. That tells two recordings apart, not yet two machines or\n"
	"versions: another run of the same may differ. Record several, and put them\n"
	"together: collect diff <(cat a1.pb a2.pb) b.pb.\n"
	"\n" SELECTION_USAGE
	"      --all              what didn't change, too\n"
	"      --field NAME       values of these fields only (* ? []); again for more.\n"
	"                         Without it, of those that are amounts by their names\n"
	"      --threshold N%     smaller changes don't matter (10%); of values and shares\n"
	"                         there is a fixed one\n"
	"      --windows N        of each trace, from 4 to 1000 (20)\n"
	"      --fail-on-change   exit with 1 if anything changed\n"
	"      --json             an object instead: a and b, changes (how many), findings\n"
	"  -h, --help             print this\n"
	"\n"
	"Examples:\n"
	"  collect diff before.pb after.pb\n"
	"  collect diff --event 'syscalls:*' --time +1- --threshold 25% before.pb after.pb\n"
	"\n"
	"Exit status: 0; 1 failed, or a change under --fail-on-change; 2 usage; 4 a file is\n"
	"cut or damaged.\n";

static const struct option options[] = {
	SELECTION_OPTIONS,
	{ "all", no_argument, NULL, 'a' },
	{ "field", required_argument, NULL, 'F' },
	{ "threshold", required_argument, NULL, 't' },
	{ "windows", required_argument, NULL, 'w' },
	{ "fail-on-change", no_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct request {
	struct profile_opts profile;
	struct contrast_opts print;
	struct selection selection;
	const char *fields[FIELDS_MAX + 1];
	uint32_t nr_fields;
	bool fail_on_change;
	bool json;
};

/* ---- options ------------------------------------------------------------- */

/* "10%" or "10". */
static bool take_threshold(const char *text, double *threshold)
{
	char *end;
	double value = strtod(text, &end);

	end += *end == '%';
	*threshold = value / 100;
	return end != text && !*end && value >= 0 && value <= 1e6;
}

static bool take_windows(const char *text, uint32_t *windows)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*windows = value;
	return *text >= '0' && *text <= '9' && !*end && value >= 4 &&
	       value <= PROFILE_WINDOWS_MAX;
}

/* -1, or the exit status. */
static int take_option(struct request *r, int option, char *const *argv)
{
	char error[256];

	if (selection_has_option(option)) {
		if (selection_take(&r->selection, option, optarg, error,
				   sizeof(error)))
			return -1;
		return mistake("diff", "%s", error);
	}
	switch (option) {
	case 'a':
		r->print.all = true;
		return -1;
	case 'F':
		if (r->nr_fields == FIELDS_MAX)
			return mistake("diff", "there are more than %d --field",
				       FIELDS_MAX);
		r->fields[r->nr_fields++] = optarg;
		r->profile.fields = r->fields;
		return -1;
	case 't':
		if (take_threshold(optarg, &r->print.threshold))
			return -1;
		return mistake(
			"diff",
			"--threshold takes a change such as 10%%, not '%s'",
			optarg);
	case 'w':
		if (take_windows(optarg, &r->profile.windows))
			return -1;
		return mistake("diff", "--windows takes 4 to %u, not '%s'",
			       PROFILE_WINDOWS_MAX, optarg);
	case 'c':
		r->fail_on_change = true;
		return -1;
	case 'j':
		r->json = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return CMD_OK;
	default:
		return mistake_option("diff", option, argv);
	}
}

static int parse(struct request *r, int argc, char **argv)
{
	int option, status;

	r->print.threshold = CONTRAST_THRESHOLD;
	r->profile.selection = &r->selection;
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h" SELECTION_SHORT, options,
				     NULL)) != -1) {
		status = take_option(r, option, argv);
		if (status >= 0)
			return status;
	}
	if (optind + 2 > argc)
		return mistake("diff", "which two trace files?");
	if (optind + 2 < argc)
		return mistake("diff", "two files only, not also '%s'",
			       argv[optind + 2]);
	r->print.path[0] = argv[optind];
	r->print.path[1] = argv[optind + 1];
	if (!strcmp(argv[optind], "-") && !strcmp(argv[optind + 1], "-"))
		return mistake("diff", "only one file can be standard input");
	return -1;
}

/* ---- comparing ----------------------------------------------------------- */

/* @damaged is set if it isn't whole. */
static int read_profile(const struct request *r, struct profile *profile,
			const char *path, bool *damaged)
{
	struct kpc_reader *reader = source_open("diff", path);
	int ret, status;

	if (!reader)
		return CMD_FAILED;
	status = selection_filter(&r->selection, reader, "diff");
	if (status) {
		kpc_reader_close(reader);
		return status;
	}
	status = CMD_FAILED;
	ret = profile_read(profile, reader, &r->profile);
	if (!ret) {
		*damaged |= source_check(reader, "diff", path) != CMD_OK;
		status = CMD_OK;
	} else {
		const char *error = kpc_reader_error(reader);

		progress_end();
		fprintf(stderr, "collect diff: %s: %s\n", path,
			*error	      ? error :
			ret == -E2BIG ? "too many traces or events" :
					"out of memory");
	}
	kpc_reader_close(reader);
	return status;
}

static int print(const struct request *r, const struct contrast *contrast)
{
	struct text *out = text_new(STDOUT_FILENO);
	int status = CMD_FAILED;
	bool good = out != NULL;

	if (good && r->json)
		contrast_json(out, contrast, &r->print);
	else if (good)
		good = contrast_text(out, contrast, &r->print);
	if (good) {
		text_flush(out);
		status = text_status(out);
	} else {
		fputs("collect diff: out of memory\n", stderr);
	}
	text_free(out);
	return status;
}

static int compare(struct request *r, struct profile profile[2], bool *damaged)
{
	struct contrast contrast;
	int status = CMD_OK;

	progress_begin("diff", false);
	for (int i = 0; i < 2 && status == CMD_OK; i++) {
		progress_part(i + 1, 2);
		status =
			read_profile(r, &profile[i], r->print.path[i], damaged);
		r->print.profile[i] = &profile[i];
	}
	progress_end();
	if (status != CMD_OK)
		return status;
	/* A name that is mistyped isn't one that didn't change. */
	if (r->selection.nr_events && !profile[0].all_hits &&
	    !profile[1].all_hits) {
		fputs("collect diff: neither file has an event that --event names; collect report lists them\n",
		      stderr);
		return CMD_FAILED;
	}
	if (contrast_make(&contrast, &profile[0], &profile[1],
			  r->print.threshold)) {
		fputs("collect diff: out of memory\n", stderr);
		status = CMD_FAILED;
	} else {
		status = print(r, &contrast);
	}
	if (status == CMD_OK && *damaged)
		status = CMD_DAMAGED;
	if (status == CMD_OK && r->fail_on_change && contrast.nr_changes)
		status = CMD_FAILED;
	contrast_uninit(&contrast);
	return status;
}

int cmd_diff(int argc, char **argv)
{
	static struct request r;
	struct profile profile[2] = { 0 };
	bool damaged = false;
	int status = parse(&r, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	status = compare(&r, profile, &damaged);
	profile_uninit(&profile[0]);
	profile_uninit(&profile[1]);
	return status;
}
