// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "quantity.h"
#include "terminal.h"

#define SECOND_NS 1000000000ull
#define AGAIN_NS  (SECOND_NS / 5)
#define WIDTH	  80 /* of a terminal that doesn't say it */
#define WIDTH_MAX 256
#define ERASE	  "\r\033[K"

static struct {
	const char *verb;
	bool on;
	bool is_shown;
	bool begins; /* another part, the next time */
	uint32_t part;
	uint32_t parts; /* 0: it isn't one */
	uint64_t begun_ns;
	uint64_t due_ns;
	uint64_t stage_ns;    /* when this stage of this part began */
	uint64_t rows_before; /* that */
	uint64_t written;
	struct kpc_progress so_far;
} line;

struct words {
	char text[WIDTH_MAX];
	size_t used;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static bool is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) &&
	       (S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(fd)));
}

/* ---- what it says -------------------------------------------------------- */

/* What there's no room for is left out. */
__attribute__((format(printf, 2, 3))) static void say(struct words *words,
						      const char *format, ...)
{
	size_t room = sizeof(words->text) - words->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(words->text + words->used, room, format, args);
	va_end(args);
	if (n > 0)
		words->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void say_which(struct words *words, const struct kpc_progress *p)
{
	if (p->files > 1)
		say(words, " (%u of %u)", p->file + 1, p->files);
	else if (line.parts > 1)
		say(words, " (%u of %u)", line.part, line.parts);
}

static void say_bytes(struct words *words, const struct kpc_progress *p)
{
	static const char *const stages[] = {
		[KPC_STAGE_FETCH] = "reading, ",
		[KPC_STAGE_SCAN] = "scanning, ",
		[KPC_STAGE_DECODE] = "",
		[KPC_STAGE_WRITE] = "writing, ",
	};
	char bytes[QUANTITY_TEXT];

	say(words, ": %s", stages[p->stage]);
	if (p->bytes)
		say(words, "%.0f%% of %s", 100. * p->done_bytes / p->bytes,
		    quantity_bytes(p->bytes, bytes));
	else
		say(words, "%s", quantity_bytes(p->done_bytes, bytes));
}

static void say_rows(struct words *words, uint64_t rows, double seconds)
{
	char count[QUANTITY_TEXT], rate[QUANTITY_TEXT];

	say(words, ", %s events", quantity_count(rows, count));
	if (seconds > 0)
		say(words, ", %s/s", quantity_rate(rows / seconds, rate));
}

/*
 * "collect dump: 45% of 1.2GiB, 12.3s left, 1,234,567 events, 812,345/s": what matters
 * less is behind, where a narrow terminal has no room.
 */
static void say_line(struct words *words, double seconds)
{
	const struct kpc_progress *p = &line.so_far;
	double part = p->bytes ? (double)p->done_bytes / p->bytes : 0;
	char text[QUANTITY_TEXT];

	say(words, "collect %s", line.verb);
	say_which(words, p);
	say_bytes(words, p);
	if (part > 0.01 && seconds > 0)
		say(words, ", %s left",
		    quantity_time(seconds / part * (1 - part) * 1e9, text));
	if (p->stage == KPC_STAGE_DECODE)
		say_rows(words, p->rows - line.rows_before, seconds);
	else if (p->stage == KPC_STAGE_FETCH && seconds > 0)
		say(words, ", %s/s",
		    quantity_bytes(p->done_bytes / seconds, text));
	if (line.written)
		say(words, ", %s written", quantity_bytes(line.written, text));
}

static void show(uint64_t now)
{
	struct words words = { .used = 0 };
	int width = terminal_width(STDERR_FILENO);

	line.due_ns = now + AGAIN_NS;
	if (!terminal_is_ours(STDERR_FILENO))
		return;
	if (!width)
		width = WIDTH;
	say_line(&words, (now - line.stage_ns) / 1e9);
	/* A line that is wrapped is two, of which one would stay. */
	fprintf(stderr, ERASE "%.*s", width - 1, words.text);
	fflush(stderr);
	line.is_shown = true;
}

/* ---- when ---------------------------------------------------------------- */

void progress_clear(void)
{
	if (line.is_shown && terminal_is_ours(STDERR_FILENO))
		fputs(ERASE, stderr);
	line.is_shown = false;
}

static bool begins_stage(const struct kpc_progress *so_far)
{
	return line.begins || so_far->stage != line.so_far.stage ||
	       so_far->file != line.so_far.file;
}

static void on_progress(void *ctx, const struct kpc_progress *so_far)
{
	uint64_t now = now_ns();

	(void)ctx;
	if (begins_stage(so_far)) {
		line.begins = false;
		line.stage_ns = now;
		line.due_ns = line.begun_ns + SECOND_NS;
	}
	/* Those of a part before it, if they are still counted. */
	if (so_far->rows < line.rows_before)
		line.rows_before = 0;
	line.so_far = *so_far;
	if (now >= line.due_ns)
		show(now);
}

void progress_begin(const char *verb, bool prints)
{
	line.verb = verb;
	line.on = isatty(STDERR_FILENO) && !terminal_is_dumb() &&
		  (!prints || is_file(STDOUT_FILENO));
	line.begun_ns = now_ns();
	line.begins = true;
}

const struct kpc_file_opts *progress_opts(void)
{
	static const struct kpc_file_opts shown = {
		.size = sizeof(shown),
		.progress = on_progress,
	};

	return line.on ? &shown : NULL;
}

void progress_part(uint32_t part, uint32_t parts)
{
	line.part = part;
	line.parts = parts;
	line.rows_before = line.so_far.rows;
	line.begins = true;
	progress_clear();
}

void progress_written(uint64_t bytes)
{
	uint64_t now;

	if (!line.on)
		return;
	line.written = bytes;
	now = now_ns();
	if (!line.begins && now >= line.due_ns)
		show(now);
}

void progress_end(void)
{
	progress_clear();
	line.on = false;
}
