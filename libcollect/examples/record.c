// SPDX-License-Identifier: GPL-2.0-only
/*
 * record - runs a command and records an event of it into a trace
 *
 *   gcc -o record record.c $(pkg-config --cflags --libs libcollect)
 *   ./record trace.pb raw_syscalls:sys_enter ls /
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <collect.h>

static struct kpc_session *session;

/* kpc_session_stop() may be called from a signal handler. */
static void on_signal(int signal)
{
	(void)signal;
	kpc_session_stop(session);
}

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	fprintf(stderr, "%s: %s%s\n", (const char *)ctx,
		level == KPC_LOG_WARNING ? "warning: " : "", text);
}

/* What a program should say of every recording: how much of it is missing. */
static void print_account(const struct kpc_session_result *result)
{
	const struct kpc_ledger *ledger = kpc_session_ledger(session);

	printf("%" PRIu64 " events in %" PRIu64 " bytes", result->events,
	       result->file_bytes);
	if (result->lost_unknown)
		printf(", at least %" PRIu64 " lost\n", result->lost);
	else
		printf(", %" PRIu64 " lost\n", result->lost);
	for (uint32_t i = 0; ledger && i < ledger->nr_events; i++)
		printf("event %" PRIu32 ": counted %" PRIu64
		       ", delivered %" PRIu64 ", lost %" PRIu64 "\n",
		       i, ledger->events[i].count, ledger->events[i].delivered,
		       ledger->events[i].lost);
}

int main(int argc, char **argv)
{
	struct kpc_session_result result = { .size = sizeof(result) };
	struct kpc_session_opts opts = { .size = sizeof(opts) };
	const char *events[2] = { NULL };
	char error[512];
	int err;

	if (argc < 4) {
		fprintf(stderr, "usage: record FILE EVENT COMMAND [ARG]...\n");
		return 2;
	}
	events[0] = argv[2];
	opts.output = argv[1];
	opts.events = events;
	opts.argv = argv + 3;
	opts.command_line = argv;
	opts.log = on_log;
	opts.log_ctx = argv[0];
	err = kpc_session_new(&session, &opts, error, sizeof(error));
	if (err) {
		fprintf(stderr, "record: %s\n", error);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	err = kpc_session_run(session);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (err)
		fprintf(stderr, "record: %s\n", kpc_session_error(session));
	else if (!kpc_session_result(session, &result))
		print_account(&result);
	kpc_session_free(session);
	return err ? 1 : 0;
}
