// SPDX-License-Identifier: GPL-2.0-only
/* cmd_import.c - collect import: a trace of what perf record wrote */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"
#include "progress.h"
#include "rewrite.h"

static const char usage[] =
	"usage: collect import PERF.DATA -o OUT\n"
	"\n"
	"Makes a trace OUT (-: standard output) of what perf record wrote (-: standard\n"
	"input, as of perf record -o -), compressed (-z) or not: events with their fields,\n"
	"call chains, threads, mappings and losses. On the machine that recorded it, until\n"
	"that is booted again, the kernel's symbols are looked up, too.\n"
	"\n" REWRITE_USAGE "\n"
	"Example:\n"
	"  perf record -k CLOCK_MONOTONIC -g -e sched:sched_switch -a -- sleep 1\n"
	"  collect import perf.data -o trace.pb\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 PERF.DATA is cut or damaged, and OUT has the\n"
	"rest.\n";

static void print(uint64_t number, const char *what)
{
	if (number)
		fprintf(stderr, "collect import: %" PRIu64 " %s\n", number,
			what);
}

/* What isn't in the trace, or not as it was. */
static void print_left_out(const struct kpc_import_result *r)
{
	print(r->unknown_events,
	      "tracepoints have no format in the file: their records are kept whole, not by field");
	print(r->late,
	      "samples are behind later ones: in the file they are too far apart to be sorted");
	print(r->without_time,
	      "samples have no time: each has that of the one before");
	print(r->branch_stacks, "branch stacks are left out");
	print(r->user_stacks,
	      "copies of user stacks are left out (perf record --call-graph fp has call chains)");
	print(r->registers, "samples' registers are left out");
	print(r->values,
	      "samples had other values, such as counts or data sources, which are left out");
	print(r->aux_bytes, "bytes of AUX data are left out");
	print(r->other_records,
	      "records of other kinds, such as context switches, are left out");
}

static int print_result(const char *path, const struct kpc_import_result *r)
{
	print_left_out(r);
	print(r->bad_parts,
	      "sections or formats of tracepoints make no sense, and are left out");
	print(r->unreadable, "records can't be read");
	if (r->cut)
		fprintf(stderr,
			"collect import: %s ends early: perf record was killed, or the file was cut\n",
			path);
	else if (r->damaged)
		fprintf(stderr, "collect import: %s is damaged\n", path);
	fprintf(stderr,
		"%s: %" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " bytes\n",
		path, r->samples, r->lost, r->bytes);
	return r->cut || r->damaged ? CMD_DAMAGED : CMD_OK;
}

int cmd_import(int argc, char **argv)
{
	struct kpc_import_result result = { .size = sizeof(result) };
	struct rewrite rewrite;
	int status = rewrite_parse(&rewrite, false, usage, argc, argv);
	char error[512];
	int err;

	if (status >= 0)
		return status;
	progress_begin("import", !strcmp(rewrite.out, "-"));
	err = kpc_import(rewrite.in[0], rewrite.out, progress_opts(), &result,
			 error, sizeof(error));
	progress_end();
	if (err) {
		fprintf(stderr, "collect import: %s\n", error);
		return CMD_FAILED;
	}
	return print_result(rewrite.in[0], &result);
}
