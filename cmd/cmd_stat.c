// SPDX-License-Identifier: GPL-2.0-only
/* cmd_stat.c - collect stat: how often, how long, how much */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "command.h"
#include "quantity.h"
#include "signals.h"
#include "statprint.h"
#include "statrequest.h"

/* ---- signals ------------------------------------------------------------- */

static struct kpc_counters *volatile running;
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	struct kpc_counters *counters = running;

	caught = signal;
	if (counters)
		kpc_counters_stop(counters);
	stat_by_stop();
}

/* ---- counting --------------------------------------------------------- */

static int failed(const char *text)
{
	fprintf(stderr, "collect stat: %s\n", text);
	return CMD_FAILED;
}

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "collect stat: %s\n", text);
}

static void on_interval(void *ctx, const struct kpc_counts *so_far)
{
	struct stat_printer *p = ctx;

	if (!p->before)
		p->before = calloc(so_far->nr + 1, sizeof(*p->before));
	if (!p->before)
		return;
	stat_print(p, so_far, true);
	memcpy(p->before, so_far->counters, so_far->nr * sizeof(*p->before));
	p->before_ns = so_far->elapsed_ns;
	if (p->failed)
		kpc_counters_stop(running);
}

static int finish(const struct stat_request *r, struct stat_printer *p,
		  struct kpc_counters *counters)
{
	char time[QUANTITY_TEXT];
	struct kpc_counts counts;

	if (kpc_counters_read(counters, &counts))
		return failed(kpc_counters_error(counters));
	if (!p->json)
		fprintf(p->out, "%sin %s:\n", p->before ? "\n" : "",
			quantity_time(counts.elapsed_ns, time));
	stat_print(p, &counts, false);
	if (!p->json)
		stat_print_doubts(p->out, &counts);
	if (fflush(p->out) && !p->failed)
		p->failed = errno;
	/* A reader that went away has what it wanted. */
	if (p->failed && p->failed != EPIPE)
		return failed("cannot write what was counted");
	if (!r->options.session.argv)
		return CMD_OK;
	if (!counts.has_status)
		return caught ? COMMAND_SIGNAL + caught : CMD_OK;
	return command_status(counts.status);
}

static int count(const struct stat_request *r, FILE *out)
{
	const struct kpc_session_opts *s = &r->options.session;
	struct stat_printer printer = { .json = r->json, .out = out };
	struct kpc_counters_opts opts = {
		.size = sizeof(opts),
		.events = s->events,
		.system_wide = s->system_wide,
		.cpus = s->cpus,
		.pids = s->pids,
		.nr_pids = s->nr_pids,
		.tids = s->tids,
		.nr_tids = s->nr_tids,
		.cgroups = s->cgroups,
		.argv = s->argv,
		.duration_ns = s->duration_ns,
		.log = on_log,
		.interval = on_interval,
		.interval_ctx = &printer,
		.interval_ns = r->interval_ns,
		.times = !r->no_time,
		.sum = r->sum,
	};
	struct kpc_counters *counters;
	char error[1024];
	int status;

	signals_take_errors();
	if (kpc_counters_new(&counters, &opts, error, sizeof(error)))
		return failed(error);
	running = counters;
	if (caught)
		kpc_counters_stop(counters);
	status = kpc_counters_run(counters) ?
			 failed(kpc_counters_error(counters)) :
			 finish(r, &printer, counters);
	running = NULL;
	kpc_counters_free(counters);
	free(printer.before);
	return status;
}

/* NULL with a message. */
static FILE *open_output(const struct stat_request *r)
{
	FILE *out;

	if (!r->output)
		return r->options.session.argv ? stderr : stdout;
	out = fopen(r->output, "we");
	if (!out)
		fprintf(stderr, "collect stat: cannot write %s: %s\n",
			r->output, strerror(errno));
	return out;
}

int cmd_stat(int argc, char **argv)
{
	static struct stat_request r;
	int status = stat_request_parse(&r, argc, argv);
	FILE *out;

	if (status >= 0)
		return status;
	status = command_check(r.options.session.argv);
	if (status)
		return status;
	out = open_output(&r);
	if (!out)
		return CMD_FAILED;
	signals_catch(on_signal);
	status = r.by || r.hist ? stat_by(&r, out, &caught) : count(&r, out);
	if (r.output && fclose(out) && !status)
		status = failed(strerror(errno));
	return status;
}
