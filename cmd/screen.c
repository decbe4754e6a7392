// SPDX-License-Identifier: GPL-2.0-only
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "screen.h"

#define LINES_AROUND 5 /* title, status, headings, an empty one, keys */
#define TEXT_MAX     4096

/* Those of a crash, and Ctrl-\, which is to be like one. */
static const int crashes[] = {
	SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT
};
static struct sigaction usual[sizeof(crashes) / sizeof(*crashes)];

static bool is_open;
static SCREEN *terminal;
static struct termios before;
static char restore[256]; /* what takes the terminal back to where it was */

bool screen_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* ---- open and close ------------------------------------------------------ */

/* Only what may be called in a handler; then the crash goes on. */
static void on_crash(int signal)
{
	ssize_t written = write(STDOUT_FILENO, restore, strlen(restore));

	(void)written;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	raise(signal); /* the usual way: SA_RESETHAND */
}

static void add_restore(const char *capability)
{
	const char *text = tigetstr((char *)capability);

	if (text && text != (char *)-1 &&
	    strlen(restore) + strlen(text) < sizeof(restore))
		strcat(restore, text);
}

static void catch_crashes(void)
{
	struct sigaction action = {
		.sa_handler = on_crash,
		.sa_flags = SA_RESETHAND | SA_NODEFER,
	};

	restore[0] = '\0';
	add_restore("sgr0");
	add_restore("cnorm");
	add_restore("rmcup");
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigaction(crashes[i], &action, &usual[i]);
}

bool screen_open(void)
{
	struct sigaction interrupt, terminate;

	if (tcgetattr(STDIN_FILENO, &before))
		return false;
	/* Those are the caller's, and ncurses would take them. */
	sigaction(SIGINT, NULL, &interrupt);
	sigaction(SIGTERM, NULL, &terminate);
	terminal = newterm(NULL, stdout, stdin);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &terminate, NULL);
	if (!terminal)
		return false;
	is_open = true;
	catch_crashes();
	atexit(screen_close);
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	return true;
}

void screen_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	curs_set(1);
	endwin();
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigaction(crashes[i], &usual[i], NULL);
}

/* ---- drawing ------------------------------------------------------------- */

int screen_rows(void)
{
	return LINES > LINES_AROUND ? LINES - LINES_AROUND : 1;
}

int screen_columns(void)
{
	return COLS;
}

/* A line of no more than the width, its rest blank. */
static void put(int line, const char *text, int attributes)
{
	if (line >= LINES)
		return;
	attrset(attributes);
	mvaddnstr(line, 0, text, COLS);
	attrset(A_NORMAL);
}

static void put_reversed(int line, const char *text)
{
	char padded[TEXT_MAX];
	int width = COLS < TEXT_MAX - 1 ? COLS : TEXT_MAX - 1;

	snprintf(padded, width + 1, "%-*s", width, text);
	put(line, padded, A_REVERSE);
}

void screen_draw(const struct screen_content *c)
{
	int widths[TABLE_COLUMNS];
	uint32_t rows = table_rows(c->table);
	char text[TEXT_MAX];

	erase();
	put(0, c->title, A_BOLD);
	put(1, c->status, A_NORMAL);
	table_layout(c->table, COLS, widths);
	table_line(c->table, widths, -1, text, sizeof(text));
	put_reversed(2, text);
	for (uint32_t i = 0; i < rows && (int)i < screen_rows(); i++) {
		table_line(c->table, widths, i, text, sizeof(text));
		put(3 + i, text, A_NORMAL);
	}
	put(LINES - 1, c->keys, A_DIM);
	refresh();
}

/* ---- keys ---------------------------------------------------------------- */

static int take_key(void)
{
	int key = getch();

	if (key == KEY_RESIZE)
		return SCREEN_RESIZED;
	return key == ERR ? SCREEN_NOTHING : key;
}

int screen_key(int fd, uint64_t timeout_ns)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int key = take_key();

	if (key != SCREEN_NOTHING)
		return key;
	/* A signal ends it, that of a new size, too. */
	if (poll(fds, 2, timeout_ns / 1000000) <= 0)
		return take_key();
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return SCREEN_GONE;
	if (!fds[0].revents)
		return SCREEN_NOTHING;
	key = take_key();
	return key;
}
