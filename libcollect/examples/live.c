// SPDX-License-Identifier: GPL-2.0-only
/*
 * live - runs a command and says, while it runs, how often each of its processes
 * had an event
 *
 *   gcc -o live live.c $(pkg-config --cflags --libs libcollect)
 *   ./live raw_syscalls:sys_enter make
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <collect.h>

#define PROCESSES 256

struct counts {
	struct {
		uint32_t pid;
		char comm[17];
		uint64_t rows;
	} process[PROCESSES];
	unsigned int nr;
	uint64_t others; /* rows of processes that there was no room for */
};

static struct kpc_session *session;

static void on_signal(int signal)
{
	(void)signal;
	kpc_session_stop(session);
}

/*
 * Called by a thread of the session's, for each row. What takes long here makes
 * the kernel's rings fill up, and lose events: the result says how many.
 */
static void on_row(void *ctx, const struct kpc_row *row)
{
	struct counts *counts = ctx;
	unsigned int i = 0;

	while (i < counts->nr && counts->process[i].pid != row->pid)
		i++;
	if (i == PROCESSES) {
		counts->others++;
		return;
	}
	if (i == counts->nr)
		counts->process[counts->nr++].pid = row->pid;
	snprintf(counts->process[i].comm, sizeof(counts->process[i].comm), "%s",
		 row->comm);
	counts->process[i].rows++;
}

/* About once a second. */
static void on_progress(void *ctx, const struct kpc_session_result *so_far)
{
	(void)ctx;
	fprintf(stderr, "%" PRIu64 " events, %" PRIu64 " lost\n",
		so_far->events, so_far->lost);
}

static void print(const struct counts *counts,
		  const struct kpc_session_result *result)
{
	for (unsigned int i = 0; i < counts->nr; i++)
		printf("%10" PRIu64 "  %s (%" PRIu32 ")\n",
		       counts->process[i].rows, counts->process[i].comm,
		       counts->process[i].pid);
	printf("%10" PRIu64 "  of others\n", counts->others);
	printf("%10" PRIu64 "  lost%s\n", result->lost,
	       result->lost_unknown ? ", at least" : "");
}

int main(int argc, char **argv)
{
	struct kpc_session_result result = { .size = sizeof(result) };
	struct kpc_session_opts opts = { .size = sizeof(opts) };
	const char *events[2] = { NULL };
	static struct counts counts;
	char error[512];
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: live EVENT COMMAND [ARG]...\n");
		return 2;
	}
	events[0] = argv[1];
	opts.events = events;
	opts.argv = argv + 2;
	opts.consume = on_row;
	opts.consume_ctx = &counts;
	opts.progress = on_progress;
	opts.flush_ns = 200000000;
	err = kpc_session_new(&session, &opts, error, sizeof(error));
	if (err) {
		fprintf(stderr, "live: %s\n", error);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	err = kpc_session_run(session);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (err)
		fprintf(stderr, "live: %s\n", kpc_session_error(session));
	else if (!kpc_session_result(session, &result))
		print(&counts, &result);
	kpc_session_free(session);
	return err ? 1 : 0;
}
