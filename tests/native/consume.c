// SPDX-License-Identifier: GPL-2.0-only
/*
 * consume.c - takes rows of an event of a command as they come, slowly if asked to
 *
 *   consume DELAY_US FLUSH_MS RING_BYTES MEMORY_BYTES EVENT COMMAND [ARG]...
 *
 * Prints "ROWS COUNT DELIVERED LOST STOPPED": the rows that it was given, and what
 * the ledger says of the event.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect.h"

struct seen {
	useconds_t delay_us;
	uint64_t rows;
	uint64_t sum;	   /* of all bytes */
	atomic_int inside; /* never two at a time */
};

static void on_row(void *ctx, const struct kpc_row *row)
{
	struct seen *seen = ctx;

	if (atomic_fetch_add(&seen->inside, 1))
		abort();
	if (seen->delay_us)
		usleep(seen->delay_us);
	/* All of it may be looked at. */
	for (uint32_t i = 0; i < row->event->nr_fields; i++)
		for (uint32_t j = 0; j < row->values[i].blob_bytes; j++)
			seen->sum += row->values[i].blob[j];
	seen->rows++;
	atomic_fetch_sub(&seen->inside, 1);
}

int main(int argc, char **argv)
{
	struct seen seen = { 0 };
	const char *events[2] = { NULL };
	struct kpc_session_opts opts = { .size = sizeof(opts) };
	const struct kpc_ledger *ledger;
	struct kpc_session *session;
	char error[512];

	if (argc < 7)
		return 2;
	seen.delay_us = strtoul(argv[1], NULL, 10);
	opts.flush_ns = strtoul(argv[2], NULL, 10) * 1000000;
	opts.ring_bytes = strtoul(argv[3], NULL, 10);
	opts.memory_bytes = strtoul(argv[4], NULL, 10);
	events[0] = argv[5];
	opts.events = events;
	opts.argv = argv + 6;
	opts.consume = on_row;
	opts.consume_ctx = &seen;
	if (kpc_session_new(&session, &opts, error, sizeof(error))) {
		fprintf(stderr, "consume: %s\n", error);
		return 1;
	}
	if (kpc_session_run(session)) {
		fprintf(stderr, "consume: %s\n", kpc_session_error(session));
		return 1;
	}
	ledger = kpc_session_ledger(session);
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
	       seen.rows, ledger->events[0].count, ledger->events[0].delivered,
	       ledger->events[0].lost, ledger->events[0].stopped);
	kpc_session_free(session);
	return 0;
}
