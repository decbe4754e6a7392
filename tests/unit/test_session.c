// SPDX-License-Identifier: GPL-2.0-only
/* A session that can't begin. */
#include <fcntl.h>
#include <unistd.h>

#include "collect.h"
#include "unit.h"

/* What it didn't open isn't its to close, whatever number that has. */
static void test_failure_closes_nothing(void **state)
{
	static const char *const events[] = { "no:such", NULL };
	struct kpc_session_opts opts = {
		.size = sizeof(opts),
		.output = "/nowhere/trace.pb",
		.events = events,
		.system_wide = true,
	};
	int first = dup(STDIN_FILENO), pipes[2];
	struct kpc_session *session;
	char error[256];

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
	assert_true(kpc_session_new(&session, &opts, error, sizeof(error)) < 0);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	opts.output = NULL;
	assert_true(kpc_session_new(&session, &opts, error, sizeof(error)) < 0);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	dup2(first, STDIN_FILENO);
	close(first);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure_closes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
