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
#include "option.h"
#include "screen.h"
#include "setaside.h"
#include "text.h"
#include "watch.h"

#define NS_PER_S     1000000000ull
#define INTERVAL_NS  NS_PER_S
#define FLUSH_MAX_NS 200000000ull /* rows are there after that */
#define BATCH_ROWS   40

static const char usage_head[] =
	"usage: collect top [files|writes|reads|syscalls] [-p PID] [OPTION]... [-- COMMAND]\n"
	"       collect top -e EVENT... [--by WHAT] [OPTION]... [-- COMMAND]\n"
	"\n"
	"Shows what happens most, while it happens: how often, how many bytes, how slowly.\n"
	"\n"
	"  collect top               which files are read and written, by which processes,\n"
	"                            how much, how slowly (the same as collect top files)\n"
	"  collect top files -p PID  those of one process\n"
	"  collect top writes        only what is written; or only reads\n"
	"  collect top syscalls      which system calls\n"
	"  collect top -e EVENT      any event; EVENT as of collect record\n"
	"\n"
	"Keys: q ends it; c, r, b, t, l, p, m, e and n sort by count, rate, bytes, time,\n"
	"latency, 99th percentile, maximum, errors and name, again for the other way round;\n"
	"z begins anew, the space bar holds the picture.\n";

static const char usage_tail[] =
	"\n"
	"Exit status: COMMAND's, or 128 + its signal; else 0 ok, 1 failed, 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect top files -p $(pgrep -d, postgres)\n"
	"  collect top writes --batch -n 1 --interval 10s\n"
	"  collect top -e kprobex/vfs_fsync_range,unit=1/ --by comm --sort latency\n"
	"  collect top -e block:block_rq_issue --by comm,rwbs --sum bytes\n";

struct top {
	struct options options; /* the first: see option_desc.at */
	const struct preset *preset;
	const char *by;
	const char *sum;
	const char *latency;
	const char *sort_word;
	uint64_t interval_ns;
	uint64_t frames; /* 0: no limit */
	uint64_t rows;
	bool batch;
	bool upward;

	enum frame_column sort;
	struct watch *watch;
	uint64_t shown;	   /* frames */
	uint64_t frame_ns; /* when the last interval ended, after the start */
	uint64_t zero_ns;  /* … it began anew */
	bool held;
	char notice[1024];
};

static const struct option_desc options_what[] = {
	{
		.letter = 'e',
		.name = "event",
		.value = "EVENT",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, events),
		.help = "an event as of collect record, such as\n"
			"kprobex/FUNCTION,unit=1/ (calls, with their times) or\n"
			"SYSTEM:NAME; again for more. syscalls:sys_enter_NAME and\n"
			"sys_exit_NAME together are calls, with their times\n",
	},
	{
		.name = "by",
		.value = "WHAT",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top, by),
		.help = "what is told apart: comm, pid, tid, cpu, event, or fields of\n"
			"the events, with commas between (default: event,pid)\n",
	},
	{
		.name = "sum",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top, sum),
		.help = "the field that is added up (default: what a call returned\n"
			"if it has a count, len, bytes or size; else that)\n",
	},
	{
		.name = "latency",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top, latency),
		.help = "the field that has nanoseconds (default: duration_ns)\n",
	},
	{ 0 },
};

static const struct option_desc options_shown[] = {
	{
		.name = "sort",
		.value = "COLUMN",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top, sort_word),
		.help = "count, rate, bytes, bytes/s, time, latency, p99, max,\n"
			"errors or name\n",
	},
	{
		.name = "reverse",
		.kind = OPTION_FLAG,
		.at = offsetof(struct top, upward),
		.help = "the least first\n",
	},
	{
		.letter = 'I',
		.name = "interval",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct top, interval_ns),
		.least = 100000000,
		.most = 86400 * NS_PER_S,
		.bare_ns = NS_PER_S,
		.help = "between pictures, and what rates are of (default 1s)\n",
	},
	{
		.letter = 'b',
		.name = "batch",
		.kind = OPTION_FLAG,
		.at = offsetof(struct top, batch),
		.help = "as text, one picture after the other: the default where\n"
			"the output isn't a terminal\n",
	},
	{
		.letter = 'n',
		.name = "count",
		.value = "N",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct top, frames),
		.least = 1,
		.most = UINT32_MAX,
		.help = "so many pictures, then end\n",
	},
	{
		.name = "rows",
		.value = "N",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct top, rows),
		.least = 1,
		.most = AGGREGATE_KEYS,
		.help = "at most so many in a picture of text (default 40)\n",
	},
	{
		.letter = 'h',
		.name = "help",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, help),
		.help = "print this\n",
	},
	{ 0 },
};

static const struct option_desc options_until[] = {
	{
		.name = "duration",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, session.duration_ns),
		.least = 1000000,
		.most = 1000 * 86400 * NS_PER_S,
		.bare_ns = NS_PER_S,
		.help = "for so long, such as 500ms, 10s or 2m\n",
	},
	{ 0 },
};

static const struct option_group groups[] = {
	{ "What is looked at", options_what },
	{ "Of whom", options_targets },
	{ "How it is shown", options_shown },
	{ "Until when", options_until },
	{ 0 },
};

static const struct option_usage usage = {
	.verb = "top",
	.head = usage_head,
	.groups = groups,
	.tail = usage_tail,
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

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* ---- options ------------------------------------------------------------- */

/* Words before --: one preset, wherever it stands. */
static int take_words(struct top *t, int argc, char **argv)
{
	int status = -1;

	optind = 1;
	for (;;) {
		status = options_take(&t->options, &usage, argc, argv);
		if (status >= 0 || optind == argc ||
		    !strcmp(argv[optind - 1], "--"))
			return status;
		if (t->preset)
			return option_mistake("what is '%s'? A command goes "
					      "after --",
					      argv[optind]);
		t->preset = preset_find(argv[optind]);
		if (!t->preset)
			return option_mistake(
				"there is no '%s' to look at; there are files, "
				"writes, reads and syscalls, or -e EVENT. A "
				"command goes after --",
				argv[optind]);
		optind++;
	}
}

static int check(struct top *t)
{
	bool events = t->options.events.nr;

	if (t->preset && events)
		return option_mistake(
			"%s says which events: -e goes without it",
			t->preset->name);
	if (!t->preset && !events)
		t->preset = preset_find("files");
	if (!t->by)
		t->by = t->preset ? t->preset->by : "event,pid";
	t->sort = t->preset ? t->preset->sort : FRAME_RATE;
	if (t->sort_word && !frame_column_find(t->sort_word, &t->sort))
		return option_mistake("--sort takes %s, not '%s'",
				      frame_column_names(), t->sort_word);
	if (!t->interval_ns)
		t->interval_ns = INTERVAL_NS;
	if (!t->rows)
		t->rows = BATCH_ROWS;
	return -1;
}

static int parse(struct top *t, int argc, char **argv)
{
	int status;

	options_init(&t->options);
	status = take_words(t, argc, argv);
	if (status < 0)
		status = options_command(&t->options, argc, argv);
	if (status < 0)
		status = options_target(&t->options);
	return status < 0 ? check(t) : status;
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
	bool has = t->sort == FRAME_ERRORS || frame_has(view, t->sort);

	watch_unlock(t->watch);
	if (has)
		return CMD_OK;
	fprintf(stderr, "collect top: these events have no %s to sort by: %s\n",
		frame_column_name(t->sort),
		t->sort == FRAME_SUM || t->sort == FRAME_SUM_RATE ?
			"--sum FIELD says what to add up" :
			"kprobex/FUNCTION,unit=1/ has the time of calls, and "
			"--latency FIELD says what else has");
	return CMD_USAGE;
}

static int open_watch(struct top *t)
{
	struct watch_opts opts = {
		.session = t->options.session,
		.preset = t->preset,
		.view.by = t->by,
		.view.sum = t->sum,
		.view.latency = t->latency,
	};
	char error[1024], notice[1024];
	uint64_t flush = t->interval_ns / 4;
	int status;

	opts.session.flush_ns = flush < FLUSH_MAX_NS ? flush : FLUSH_MAX_NS;
	opts.session.log = on_log;
	opts.session.log_ctx = t;
	if (watch_new(&t->watch, &opts, error, sizeof(error), notice,
		      sizeof(notice)))
		return failed(error);
	if (*notice)
		snprintf(t->notice, sizeof(t->notice), "%s", notice);
	status = check_sort(t);
	if (status)
		watch_free(t->watch);
	return status;
}

/* ---- pictures ------------------------------------------------------------ */

/* NULL without memory. A new interval begins. */
static struct table *take_frame(struct top *t, uint32_t rows, bool last,
				char *title, size_t size)
{
	bool average = last && !t->frames;
	uint64_t elapsed = watch_elapsed_ns(t->watch);
	struct frame_opts opts = {
		.sort = t->sort,
		.upward = t->upward,
		.rows = rows,
		.interval_ns = elapsed - (average ? t->zero_ns : t->frame_ns),
		.average = average,
	};
	struct view *view = watch_lock(t->watch);
	char summary[256], losses[128];
	struct table *table = frame_table(view, &opts);

	frame_summary(view, elapsed - t->zero_ns, summary, sizeof(summary));
	aggregate_tick(view_aggregate(view));
	watch_unlock(t->watch);
	watch_losses(t->watch, losses, sizeof(losses));
	snprintf(title, size, "%s: %s; %s; by %s%s",
		 t->preset ? t->preset->name : "events", summary, losses,
		 frame_column_name(t->sort), t->upward ? ", least first" : "");
	t->frame_ns = elapsed;
	t->shown++;
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
static bool print_frame(struct top *t, uint32_t rows, bool last)
{
	char title[512];
	struct table *table = take_frame(t, rows, last, title, sizeof(title));
	uint32_t nr = aggregate_nr(view_aggregate(watch_lock(t->watch)));
	uint32_t shown = table ? table_rows(table) : 0;
	bool good;

	watch_unlock(t->watch);
	good = table && print_table(table, title, t->notice,
				    nr > shown ? nr - shown : 0);

	table_free(table);
	return good;
}

/* ---- as text ------------------------------------------------------------- */

static void run_batch(struct top *t)
{
	bool good = true;

	while (good && !watch_ended(t->watch)) {
		struct timespec now;
		uint64_t due = t->frame_ns + t->interval_ns;
		uint64_t at = watch_elapsed_ns(t->watch);

		if (at < due) {
			now.tv_sec = (due - at) / NS_PER_S;
			now.tv_nsec = (due - at) % NS_PER_S;
			watch_wait(t->watch, &now);
			continue;
		}
		/* The last one is printed when nothing is on its way any more. */
		if (t->frames && t->shown + 1 >= t->frames)
			break;
		good = print_frame(t, t->rows, false);
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
	t->upward = column == t->sort && !t->upward;
	t->sort = column;
}

static void clear(struct top *t)
{
	aggregate_clear(view_aggregate(watch_lock(t->watch)));
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
		uint64_t due = t->frame_ns + t->interval_ns;
		uint64_t at = watch_elapsed_ns(t->watch);

		if (redraw || (at >= due && !t->held)) {
			struct table *next = take_frame(
				t, AGGREGATE_KEYS, false, title, sizeof(title));

			table_free(table);
			table = next;
			if (!table)
				break;
			draw(t, table, title);
			if (t->frames && t->shown > t->frames)
				break;
			at = watch_elapsed_ns(t->watch);
			due = t->frame_ns + t->interval_ns;
		}
		redraw = take_key(t,
				  screen_key(watch_fd(t->watch),
					     at < due ? due - at : 1000000),
				  &quit);
	}
	table_free(table);
	watch_stop(t->watch);
}

/* ---- the end ------------------------------------------------------------- */

static int exit_status(struct top *t)
{
	struct kpc_session_result r = { .size = sizeof(r) };

	kpc_session_result(watch_session(t->watch), &r);
	if (!t->options.session.argv)
		return CMD_OK;
	if (!r.has_status)
		return caught ? COMMAND_SIGNAL + caught : CMD_OK;
	return command_status(r.status);
}

/* What was seen last stays, in the terminal, too. */
static int end(struct top *t, bool on_screen)
{
	uint32_t rows = t->rows;
	int err;

	/* A command that was told to stop may take a while. */
	err = watch_join(t->watch);
	if (on_screen && (uint32_t)screen_rows() < rows)
		rows = screen_rows();
	screen_close();
	if (err)
		return failed(watch_error(t->watch));
	print_frame(t, rows, true);
	return exit_status(t);
}

static int run(struct top *t, bool on_screen)
{
	if (watch_start(t->watch))
		return failed("cannot begin a thread");
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
	int status = parse(&t, argc, argv);

	if (status >= 0)
		return status;
	status = command_check(t.options.session.argv);
	if (status)
		return status;
	on_screen = !t.batch && screen_is_there();
	signal(SIGPIPE, SIG_IGN);
	catch_signals();
	/* The command's output, and the keys, would be in each other's way. */
	if (on_screen && t.options.session.argv)
		setaside_begin();
	status = open_watch(&t);
	setaside_end();
	if (status)
		return status;
	if (on_screen && !screen_open()) {
		t.batch = true;
		on_screen = false;
	}
	status = run(&t, on_screen);
	running = NULL;
	setaside_print();
	watch_free(t.watch);
	return status;
}
