// SPDX-License-Identifier: GPL-2.0-only
/* A session that can't begin. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

/* Else there'd be a file for each packet. */
static void test_small_parts(void **state)
{
	static const char *const events[] = { "no:such", NULL };
	struct kpc_session_opts opts = {
		.size = sizeof(opts),
		.output = "/nowhere/trace.pb",
		.events = events,
		.system_wide = true,
		.rotate_bytes = 1,
	};
	struct kpc_session *session;
	char error[256];

	(void)state;
	assert_int_equal(kpc_session_new(&session, &opts, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "64 KiB"));
	opts.rotate_bytes = KPC_ROTATE_BYTES_MIN;
	opts.rotate_ns = KPC_ROTATE_NS_MIN - 1;
	assert_int_equal(kpc_session_new(&session, &opts, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "100 ms"));
	opts.rotate_ns = KPC_ROTATE_NS_MIN;
	assert_int_not_equal(
		kpc_session_new(&session, &opts, error, sizeof(error)), 0);
	assert_null(strstr(error, "a part"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure_closes_nothing),
		cmocka_unit_test(test_small_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
