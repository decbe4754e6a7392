// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "bars.h"
#include "cmd.h"
#include "command.h"
#include "frame.h"
#include "json.h"
#include "signals.h"
#include "statrequest.h"
#include "watch.h"

#define NS_PER_S     1000000000ull
#define FLUSH_MAX_NS 200000000ull

static struct watch *volatile running;

void stat_by_stop(void)
{
	struct watch *watch = running;

	if (watch)
		watch_stop(watch);
}

static int failed(const char *text)
{
	fprintf(stderr, "collect stat: %s\n", text);
	return CMD_FAILED;
}

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	(void)ctx;
	if (level == KPC_LOG_WARNING)
		fprintf(stderr, "collect stat: %s\n", text);
}

/* ---- printing ------------------------------------------------------------ */

static void print_table(const struct table *table, FILE *out)
{
	int widths[TABLE_COLUMNS];
	char line[2 * VIEW_TEXT_BYTES];

	table_layout(table, 0, widths);
	for (int64_t i = -1; i < table_rows(table); i++) {
		table_line(table, widths, i, line, sizeof(line));
		fprintf(out, "%s\n", line);
	}
}

/* Of each entry, with what it is above it. */
static void print_bars(const struct stat_request *r, struct view *view,
		       FILE *out)
{
	const struct aggregate *a = view_aggregate(view);
	static char text[VIEW_TEXT_BYTES];
	bool time = strstr(r->hist, "_ns") || !strcmp(r->hist, "ns");

	for (uint32_t i = 0; i < aggregate_nr(a); i++) {
		const struct aggregate_entry *e = aggregate_entry(a, i);

		if (!e->times)
			continue;
		for (int by = 0; by < view_nr_by(view); by++) {
			view_text(view, e, by, text);
			fprintf(out, "%s%s", by ? ", " : "\n", text);
		}
		fprintf(out, ": %s\n", r->hist);
		bars_print(out, e->times, time, 0);
	}
}

static bool print_json(struct view *view, const struct frame_opts *opts,
		       uint64_t elapsed_ns, const char *losses, bool final,
		       FILE *out)
{
	struct text *text = text_new(fileno(out));
	bool first = true, good;

	if (!text)
		return false;
	text_char(text, '{');
	json_bool(text, &first, "final", final);
	json_u64(text, &first, "elapsed_ns", elapsed_ns);
	json_text(text, &first, "losses", losses);
	json_key(text, &first, "rows");
	good = frame_json(view, opts, text);
	text_string(text, "}\n");
	good &= text_flush(text);
	text_free(text);
	return good;
}

/* False: it can't be written. */
static bool print(const struct stat_request *r, struct watch *w, FILE *out,
		  uint64_t *before_ns, bool final)
{
	uint64_t elapsed = watch_elapsed_ns(w);
	struct frame_opts opts = {
		.sort = FRAME_COUNT,
		.histogram = r->hist != NULL,
		.average = final,
		.interval_ns = final ? elapsed : elapsed - *before_ns,
	};
	struct view *view = watch_lock(w);
	char summary[256], losses[128];
	struct table *table = NULL;
	bool good = true;

	aggregate_tick(view_aggregate(view));
	watch_losses(w, losses, sizeof(losses));
	frame_summary(view, elapsed, summary, sizeof(summary));
	if (r->json)
		good = print_json(view, &opts, elapsed, losses, final, out);
	else if (!r->hist)
		table = frame_table(view, &opts);
	if (!r->json)
		fprintf(out, "%s; %s\n", summary, losses);
	if (r->hist && !r->json)
		print_bars(r, view, out);
	watch_unlock(w);
	if (table)
		print_table(table, out);
	table_free(table);
	*before_ns = elapsed;
	return good && !fflush(out) && !ferror(out);
}

/* ---- running ------------------------------------------------------------- */

static bool run(const struct stat_request *r, struct watch *w, FILE *out)
{
	uint64_t before_ns = 0;
	bool good = true;

	while (good && !watch_ended(w)) {
		uint64_t due = before_ns + r->interval_ns;
		uint64_t at = watch_elapsed_ns(w);
		struct timespec wait = { .tv_sec = 3600 };

		if (r->interval_ns && at >= due) {
			good = print(r, w, out, &before_ns, false);
			if (!r->json)
				fputc('\n', out);
			continue;
		}
		if (r->interval_ns)
			wait = (struct timespec){ (due - at) / NS_PER_S,
						  (due - at) % NS_PER_S };
		watch_wait(w, &wait);
	}
	watch_stop(w);
	return watch_join(w) ? false : print(r, w, out, &before_ns, true);
}

static int exit_status(const struct stat_request *r, const struct watch *w,
		       const volatile sig_atomic_t *caught)
{
	struct kpc_session_result result = { .size = sizeof(result) };

	kpc_session_result(watch_session(w), &result);
	if (!r->options.session.argv)
		return CMD_OK;
	if (!result.has_status)
		return *caught ? COMMAND_SIGNAL + *caught : CMD_OK;
	return command_status(result.status);
}

int stat_by(const struct stat_request *r, FILE *out,
	    const volatile sig_atomic_t *caught)
{
	struct watch_opts opts = {
		.session = r->options.session,
		.view.by = r->by ? r->by : "event",
		.view.sum = r->sum,
		.view.latency = r->hist,
	};
	char error[1024], notice[8];
	struct watch *w;
	int status;

	opts.session.flush_ns = FLUSH_MAX_NS;
	opts.session.log = on_log;
	signals_take_errors();
	if (watch_new(&w, &opts, error, sizeof(error), notice, sizeof(notice)))
		return failed(error);
	running = w;
	if (*caught)
		watch_stop(w);
	if (watch_start(w))
		status = failed("cannot begin a thread");
	else if (run(r, w, out))
		status = exit_status(r, w, caught);
	else if (*watch_error(w))
		status = failed(watch_error(w));
	/* A reader that went away has what it wanted. */
	else if (errno == EPIPE)
		status = exit_status(r, w, caught);
	else
		status = failed("cannot write what was counted");
	running = NULL;
	watch_free(w);
	return status;
}
