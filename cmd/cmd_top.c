// SPDX-License-Identifier: GPL-2.0-only
/* cmd_top.c - collect top: what happens most, while it happens */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "command.h"
#include "frame.h"
#include "screen.h"
#include "setaside.h"
#include "signals.h"
#include "toprequest.h"
#include "watch.h"

#define NS_PER_S     1000000000ull
#define FLUSH_MAX_NS 200000000ull /* rows are there after that */

struct top {
	struct top_request asked;
	struct watch *watch;
	uint64_t shown;	   /* frames */
	uint64_t frame_ns; /* when the last interval ended, after the start */
	uint64_t interval_ns; /* how long it was */
	uint64_t zero_ns;     /* … it began anew */
	uint32_t rows;	      /* there are in the last picture, or could be */
	bool held;
	char notice[1024];
};

/* ---- signals ------------------------------------------------------------- */

static struct watch *volatile running;
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	struct watch *watch = running;

	caught = signal;
	if (watch)
		watch_stop(watch);
}

/* ---- opening ------------------------------------------------------------- */

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	struct top *t = ctx;

	if (level == KPC_LOG_WARNING && !*t->notice)
		snprintf(t->notice, sizeof(t->notice), "%s", text);
}

static int failed(const char *text)
{
	fprintf(stderr, "collect top: %s\n", text);
	return CMD_FAILED;
}

static int check_sort(const struct top *t)
{
	struct view *view = watch_lock(t->watch);
	bool has = t->asked.sort == FRAME_ERRORS ||
		   frame_has(view, t->asked.sort);

	watch_unlock(t->watch);
	if (has)
		return CMD_OK;
	fprintf(stderr, "collect top: these events have no %s to sort by: %s\n",
		frame_column_name(t->asked.sort),
		t->asked.sort == FRAME_SUM || t->asked.sort == FRAME_SUM_RATE ?
			"--sum FIELD says what to add up" :
			"kprobex/FUNCTION,unit=1/ has the time of calls, and "
			"--latency FIELD says what else has");
	return CMD_USAGE;
}

/* The command's output, and the keys, would be in each other's way. */
static int open_watch(struct top *t, bool on_screen)
{
	struct watch_opts opts = {
		.session = t->asked.options.session,
		.preset = t->asked.preset,
		.view.by = t->asked.by,
		.view.sum = t->asked.sum,
		.view.latency = t->asked.latency,
	};
	char error[1024], notice[1024];
	uint64_t flush = t->asked.interval_ns / 4;
	int status;

	opts.session.flush_ns = flush < FLUSH_MAX_NS ? flush : FLUSH_MAX_NS;
	opts.session.log = on_log;
	opts.session.log_ctx = t;
	if (on_screen && opts.session.argv)
		setaside_begin();
	status = watch_new(&t->watch, &opts, error, sizeof(error), notice,
			   sizeof(notice));
	setaside_end();
	if (status)
		return failed(error);
	if (*notice)
		snprintf(t->notice, sizeof(t->notice), "%s", notice);
	status = check_sort(t);
	if (status)
		watch_free(t->watch);
	return status;
}

/* ---- pictures ------------------------------------------------------------ */

/* An interval is over. */
static void tick(struct top *t)
{
	uint64_t elapsed = watch_elapsed_ns(t->watch);

	aggregate_tick(view_aggregate(watch_lock(t->watch)));
	watch_unlock(t->watch);
	t->interval_ns = elapsed - t->frame_ns;
	t->frame_ns = elapsed;
	t->shown++;
}

/* NULL without memory. Rates are those of the last interval, or of all the time. */
static struct table *take_frame(struct top *t, uint32_t rows, bool average,
				char *title, size_t size)
{
	uint64_t elapsed = watch_elapsed_ns(t->watch) - t->zero_ns;
	struct frame_opts opts = {
		.sort = t->asked.sort,
		.upward = t->asked.upward,
		.rows = rows,
		.interval_ns = average ? elapsed : t->interval_ns,
		.average = average,
	};
	struct view *view = watch_lock(t->watch);
	char summary[256], losses[128];
	struct table *table = frame_table(view, &opts);

	t->rows = frame_rows(view);
	frame_summary(view, elapsed, summary, sizeof(summary));
	watch_unlock(t->watch);
	watch_losses(t->watch, losses, sizeof(losses));
	snprintf(title, size, "%s: %s; %s; by %s%s",
		 t->asked.preset ? t->asked.preset->name : "events", summary,
		 losses, frame_column_name(t->asked.sort),
		 t->asked.upward ? ", least first" : "");
	return table;
}

static bool print_table(const struct table *table, const char *title,
			const char *notice, uint32_t more)
{
	int widths[TABLE_COLUMNS];
	char line[2 * VIEW_TEXT_BYTES];

	printf("%s\n", title);
	if (*notice)
		printf("(%s)\n", notice);
	table_layout(table, 0, widths);
	for (int64_t i = -1; i < table_rows(table); i++) {
		table_line(table, widths, i, line, sizeof(line));
		puts(line);
	}
	if (more)
		printf("(%" PRIu32 " more: --rows)\n", more);
	return !fflush(stdout) && !ferror(stdout);
}

/* False: nobody reads it. */
static bool print_frame(struct top *t, uint32_t rows, bool average)
{
	char title[512];
	struct table *table =
		take_frame(t, rows, average, title, sizeof(title));
	bool good = table && print_table(table, title, t->notice,
					 t->rows - table_rows(table));

	table_free(table);
	return good;
}

/* ---- as text ------------------------------------------------------------- */

/* Of this interval. */
static uint64_t time_left(const struct top *t)
{
	uint64_t due = t->frame_ns + t->asked.interval_ns;
	uint64_t at = watch_elapsed_ns(t->watch);

	return at < due ? due - at : 0;
}

static void run_batch(struct top *t)
{
	bool good = true;

	while (good && !watch_ended(t->watch)) {
		uint64_t left = time_left(t);
		struct timespec wait = { left / NS_PER_S, left % NS_PER_S };

		if (left) {
			watch_wait(t->watch, &wait);
			continue;
		}
		/* The last one is printed when nothing is on its way any more. */
		if (t->asked.frames && t->shown + 1 >= t->asked.frames)
			break;
		tick(t);
		good = print_frame(t, t->asked.rows, false);
		if (good)
			puts("");
	}
	watch_stop(t->watch);
}

/* ---- on a screen --------------------------------------------------------- */

static void take_sort_key(struct top *t, int key)
{
	enum frame_column column;
	struct view *view;
	bool has;

	if (!frame_column_of_key(key, &column))
		return;
	view = watch_lock(t->watch);
	has = frame_has(view, column);
	watch_unlock(t->watch);
	if (!has)
		return;
	/* By name the least is first as it is. */
	t->asked.upward = column == t->asked.sort && !t->asked.upward;
	t->asked.sort = column;
}

static void clear(struct top *t)
{
	view_clear(watch_lock(t->watch));
	watch_unlock(t->watch);
	t->zero_ns = watch_elapsed_ns(t->watch);
	t->frame_ns = t->zero_ns;
}

/* True: the picture is to be drawn anew. */
static bool take_key(struct top *t, int key, bool *quit)
{
	switch (key) {
	case SCREEN_NOTHING:
		return false;
	case SCREEN_GONE:
	case 'q':
	case 'Q':
		*quit = true;
		return false;
	case ' ':
		t->held = !t->held;
		return true;
	case 'z':
		clear(t);
		return true;
	default:
		take_sort_key(t, key);
		return true;
	}
}

static void draw(struct top *t, const struct table *table, const char *title)
{
	struct screen_content content = {
		.title = title,
		.status = t->held    ? "held; space goes on" :
			  *t->notice ? t->notice :
				       "",
		.keys = "q quit  sort: c count r rate b bytes t time l latency "
			"p p99 m max n name  z zero  space hold",
		.table = table,
	};

	screen_draw(&content);
}

static void run_screen(struct top *t)
{
	struct table *table = NULL;
	char title[512] = "";
	bool quit = false, redraw = true;

	while (!quit && !caught && !watch_ended(t->watch)) {
		uint64_t left = time_left(t);

		if (!left) {
			tick(t);
			if (t->asked.frames && t->shown >= t->asked.frames)
				break;
			redraw |= !t->held;
		}
		if (redraw) {
			table_free(table);
			table = take_frame(t, AGGREGATE_KEYS, false, title,
					   sizeof(title));
			if (!table)
				break;
			draw(t, table, title);
		}
		redraw = take_key(
			t, screen_key(watch_fd(t->watch), time_left(t)), &quit);
	}
	table_free(table);
	watch_stop(t->watch);
}

/* ---- the end ------------------------------------------------------------- */

static int exit_status(struct top *t)
{
	struct kpc_session_result r = { .size = sizeof(r) };

	kpc_session_result(watch_session(t->watch), &r);
	if (!t->asked.options.session.argv)
		return CMD_OK;
	if (!r.has_status)
		return caught ? COMMAND_SIGNAL + caught : CMD_OK;
	return command_status(r.status);
}

/* What was seen last stays, in the terminal, too. */
static int end(struct top *t, bool on_screen)
{
	uint32_t rows = t->asked.rows;
	int err;

	/* A command that was told to stop may take a while. */
	err = watch_join(t->watch);
	if (on_screen && (uint32_t)screen_rows() < rows)
		rows = screen_rows();
	screen_close();
	if (err)
		return failed(watch_error(t->watch));
	/* The last of so many is of its interval, as they all are. */
	if (t->asked.frames && !on_screen)
		tick(t);
	if (!print_frame(t, rows, !t->asked.frames) && errno != EPIPE)
		return failed("cannot write to standard output");
	return exit_status(t);
}

static int run(struct top *t, bool on_screen)
{
	if (watch_start(t->watch)) {
		screen_close();
		return failed("cannot begin a thread");
	}
	running = t->watch;
	if (caught)
		watch_stop(t->watch);
	if (on_screen)
		run_screen(t);
	else
		run_batch(t);
	return end(t, on_screen);
}

int cmd_top(int argc, char **argv)
{
	static struct top t;
	bool on_screen;
	int status = top_request_parse(&t.asked, argc, argv);

	if (status >= 0)
		return status;
	status = command_check(t.asked.options.session.argv);
	if (status)
		return status;
	on_screen = !t.asked.batch && screen_is_there();
	signals_catch(on_signal);
	signals_take_errors();
	status = open_watch(&t, on_screen);
	if (status) {
		setaside_print();
		return status;
	}
	if (on_screen && !screen_open()) {
		t.asked.batch = true;
		on_screen = false;
	}
	status = run(&t, on_screen);
	running = NULL;
	setaside_print();
	watch_free(t.watch);
	return status;
}
