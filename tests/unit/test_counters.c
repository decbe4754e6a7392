// SPDX-License-Identifier: GPL-2.0-only
/* Counters, and sessions with a consumer, that can't begin. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "unit.h"

static const char *const none[] = { "no:such", NULL };

static void refused(const struct kpc_counters_opts *opts, int err,
		    const char *words)
{
	struct kpc_counters *counters = NULL;
	char error[512];

	assert_int_equal(
		kpc_counters_new(&counters, opts, error, sizeof(error)), err);
	assert_null(counters);
	if (!strstr(error, words))
		fail_msg("no '%s' in '%s'", words, error);
}

static void test_options(void **state)
{
	struct {
		struct kpc_counters_opts opts;
		uint8_t tail[8];
	} newer = {
		.opts.size = sizeof(newer),
		.opts.events = none,
		.tail = { [7] = 1 },
	};
	struct kpc_counters_opts opts = { .events = none };
	pid_t pid = 1;

	(void)state;
	refused(&opts, -EINVAL, "size isn't set");
	refused(&newer.opts, -E2BIG, "wants a newer libcollect");
	opts.size = sizeof(opts);
	opts.pids = &pid;
	opts.nr_pids = 1;
	opts.system_wide = true;
	refused(&opts, -EINVAL, "not both");
}

static void test_events(void **state)
{
	static const char *const mistake[] = { "kprobex/", NULL };
	struct kpc_counters_opts opts = {
		.size = sizeof(opts),
		.events = mistake,
	};

	(void)state;
	refused(&opts, -EINVAL, "kprobex/");
	kpc_counters_free(NULL);
}

static void on_row(void *ctx, const struct kpc_row *row)
{
	(void)ctx;
	(void)row;
	abort();
}

static void session_refused(const struct kpc_session_opts *opts,
			    const char *words)
{
	struct kpc_session *session = NULL;
	char error[512];

	assert_int_equal(kpc_session_new(&session, opts, error, sizeof(error)),
			 -EINVAL);
	assert_null(session);
	if (!strstr(error, words))
		fail_msg("no '%s' in '%s'", words, error);
}

/* Rows go to a function, or to a file. */
static void test_consume(void **state)
{
	struct kpc_session_opts opts = {
		.size = sizeof(opts),
		.events = none,
		.output = "/tmp/no-such-folder/t.pb",
		.consume = on_row,
	};

	(void)state;
	session_refused(&opts, "are in no file");
	opts.output = NULL;
	opts.rotate_bytes = KPC_ROTATE_BYTES_MIN;
	session_refused(&opts, "are in no file");
	opts.rotate_bytes = 0;
	opts.overwrite_ns = 1000000000;
	session_refused(&opts, "are in no file");
	opts.overwrite_ns = 0;
	opts.consume = NULL;
	session_refused(&opts, "no file to write to");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_consume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
