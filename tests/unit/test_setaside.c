// SPDX-License-Identifier: GPL-2.0-only
/* test_setaside - what a command prints on a terminal that shows something else */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setaside.h"
#include "unit.h"

#define SHOWN_MAX (4u << 20)

static char shown[SHOWN_MAX + 1];

/* Has a terminal. @command: for sh. */
static void set_aside(const char *command)
{
	pid_t pid;
	int status;

	setaside_begin();
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	setaside_end();
	waitpid(pid, &status, 0);
	printf("the picture\n");
	setaside_print();
	_exit(WEXITSTATUS(status));
}

/* What the terminal gets, without the \r that it adds. */
static void see(const char *command)
{
	size_t used = 0, n = 0;
	int master, status;
	ssize_t got;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	assert_true(pid >= 0);
	if (!pid)
		set_aside(command);
	while (used < SHOWN_MAX &&
	       (got = read(master, shown + used, SHOWN_MAX - used)) > 0)
		used += got;
	for (size_t i = 0; i < used; i++)
		if (shown[i] != '\r')
			shown[n++] = shown[i];
	shown[n] = '\0';
	close(master);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void test_kept(void **state)
{
	(void)state;
	see("echo out; echo err >&2");
	assert_string_equal(shown, "the picture\nout\nerr\n");
	see("cat"); /* has nothing to read */
	assert_string_equal(shown, "the picture\n");
}

/* Of much the end is kept, in whole lines. */
static void test_bound(void **state)
{
	static const char left_out[] =
		"the picture\n(2.4MiB of the command's output are left out)\n";
	size_t n;

	(void)state;
	see("seq 1000000 1450000");
	n = strlen(left_out);
	assert_memory_equal(shown, left_out, n);
	assert_true(strlen(shown) - n <= SETASIDE_BYTES);
	assert_true(strlen(shown) - n >= SETASIDE_BYTES - 8);
	assert_int_equal((strlen(shown) - n) % 8, 0);
	assert_string_equal(shown + strlen(shown) - 16, "1449999\n1450000\n");
}

/* What still runs doesn't keep it from ending. */
static void test_left(void **state)
{
	(void)state;
	see("echo before; (trap '' HUP; exec sleep 60) & exit 0");
	assert_string_equal(shown, "the picture\nbefore\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
