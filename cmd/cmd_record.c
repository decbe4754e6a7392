// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "command.h"
#include "notify.h"
#include "options.h"
#include "signals.h"

/* ---- signals ------------------------------------------------------------- */

static struct kpc_session *volatile running;
static volatile sig_atomic_t caught;
static volatile sig_atomic_t dump_asked; /* before there was a session */

static void on_signal(int signal)
{
	struct kpc_session *session = running;

	caught = signal;
	if (session)
		kpc_session_stop(session);
}

static void on_dump(int signal)
{
	struct kpc_session *session = running;

	(void)signal;
	if (session)
		kpc_session_dump(session);
	else
		dump_asked = true;
}

/* Until it's known whether they mean something, those that come wait. */
static void hold_dumps(sigset_t *before)
{
	sigset_t dumps;

	sigemptyset(&dumps);
	sigaddset(&dumps, SIGUSR2);
	sigprocmask(SIG_BLOCK, &dumps, before);
}

/* Of a flight recorder also if whoever began it had them blocked. */
static void take_dumps(sigset_t *before, bool overwrites)
{
	if (overwrites) {
		signal(SIGUSR2, on_dump);
		sigdelset(before, SIGUSR2);
	}
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* ---- what is said -------------------------------------------------------- */

struct screen {
	bool quiet;
	bool terminal;	 /* stderr: progress is shown */
	bool dirty;	 /* there is a line of progress */
	uint64_t events; /* at the last one */
	uint64_t elapsed_ns;
};

static void clear_progress(struct screen *screen)
{
	if (screen->dirty)
		fputs("\r\033[K", stderr);
	screen->dirty = false;
}

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	struct screen *screen = ctx;

	if (screen->quiet && level == KPC_LOG_INFO)
		return;
	clear_progress(screen);
	fprintf(stderr, "collect: %s\n", text);
}

/* 1003 as "1,003". */
static const char *grouped(uint64_t number, char text[32])
{
	char *at = text + 31;
	int digits = 0;

	*at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = '0' + number % 10;
		number /= 10;
		digits++;
	} while (number);
	return at;
}

static const char *size_text(uint64_t bytes, char text[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
					     "TiB" };
	double value = bytes;
	int unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

/* "5 lost"; what nobody counted isn't 0. */
static const char *lost_text(const struct kpc_session_result *r, char text[64])
{
	char number[32];

	if (r->lost_unknown && !r->lost)
		return "unknown losses";
	snprintf(text, 64, "%s%s lost", r->lost_unknown ? "at least " : "",
		 grouped(r->lost, number));
	return text;
}

static void on_progress(void *ctx, const struct kpc_session_result *now)
{
	struct screen *screen = ctx;
	uint64_t ns = now->elapsed_ns - screen->elapsed_ns;
	char rate[32], lost[64], size[32];

	notify_ready();
	if (!screen->terminal || screen->quiet || !ns)
		return;
	clear_progress(screen);
	fprintf(stderr, "%s events/s, %s, %s",
		grouped((now->events - screen->events) * 1e9 / ns, rate),
		lost_text(now, lost), size_text(now->file_bytes, size));
	fflush(stderr);
	screen->dirty = true;
	screen->events = now->events;
	screen->elapsed_ns = now->elapsed_ns;
}

static void print_summary(const char *output,
			  const struct kpc_session_result *r)
{
	char events[32], lost[64], size[32];

	fprintf(stderr, "%s: %s events, %s, %s", output,
		grouped(r->events, events), lost_text(r, lost),
		size_text(r->file_bytes, size));
	if (r->events)
		fprintf(stderr, ", %.1f bytes/event",
			(double)r->file_bytes / r->events);
	fputc('\n', stderr);
}

static int failed(const char *text)
{
	fprintf(stderr, "collect: %s\n", text);
	return CMD_FAILED;
}

/* ---- the end ------------------------------------------------------------- */

/* Is there anything that happened and isn't in the file? */
static bool is_complete(const struct kpc_ledger *ledger)
{
	bool complete = !ledger->side_lost && !ledger->threads_missed;

	for (uint32_t i = 0; i < ledger->nr_events; i++) {
		const struct kpc_event_account *e = &ledger->events[i];

		complete &= e->count == e->delivered + e->overwritten +
						e->lost + e->period_skipped +
						e->own_dropped + e->stopped &&
			    !e->lost && !e->lost_unknown && !e->throttled &&
			    !e->raised_ns && !e->disarmed_ns;
		complete &=
			!e->has_probe ||
			!(e->probe.missed_kprobe | e->probe.missed_return |
			  e->probe.recursion | e->probe.deaf | e->probe.gone);
	}
	for (uint32_t i = 0; i < ledger->nr_rings; i++)
		complete &= !ledger->rings[i].lost &&
			    !ledger->rings[i].unreadable;
	for (uint32_t i = 0; i < ledger->nr_cpus; i++)
		complete &= !ledger->cpus[i].blind_ns;
	return complete;
}

static int exit_status(const struct options *o,
		       const struct kpc_session *session,
		       const struct kpc_session_result *r)
{
	if (o->strict && !is_complete(kpc_session_ledger(session))) {
		fprintf(stderr,
			"collect: events were lost, or may have been; collect "
			"report %s says which\n",
			o->session.output);
		return CMD_LOSS;
	}
	if (!o->session.argv)
		return CMD_OK;
	if (!r->has_status) /* it was left running */
		return caught ? COMMAND_SIGNAL + caught : CMD_OK;
	return command_status(r->status);
}

static int run(struct options *o, struct kpc_session *session,
	       struct screen *screen)
{
	struct kpc_session_result r = { .size = sizeof(r) };
	int err;

	running = session;
	if (caught)
		kpc_session_stop(session); /* before there was one */
	if (dump_asked)
		kpc_session_dump(session);
	if (!o->session.argv && !o->quiet && screen->terminal)
		fputs("collect: recording; Ctrl-C ends it\n", stderr);
	err = kpc_session_run(session);
	running = NULL;
	clear_progress(screen);
	kpc_session_result(session, &r);
	if (!o->quiet || err)
		print_summary(o->session.output, &r);
	return err ? failed(kpc_session_error(session)) :
		     exit_status(o, session, &r);
}

int cmd_record(int argc, char **argv)
{
	struct kpc_session *session = NULL;
	struct screen screen = { .terminal = isatty(STDERR_FILENO) };
	struct options options;
	char error[1024];
	sigset_t before;
	int status;

	hold_dumps(&before);
	status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	status = command_check(options.session.argv);
	if (status)
		return status;
	screen.quiet = options.quiet;
	options.session.log = on_log;
	options.session.log_ctx = &screen;
	options.session.progress = on_progress;
	options.session.progress_ctx = &screen;
	signals_catch(on_signal);
	/* So that the file ends with a whole packet. */
	signals_take_errors();
	take_dumps(&before, options.session.overwrite_ns ||
				    options.session.overwrite_bytes);
	if (kpc_session_new(&session, &options.session, error, sizeof(error)))
		return failed(error);
	status = run(&options, session, &screen);
	kpc_session_free(session);
	return status;
}
