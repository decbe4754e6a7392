// SPDX-License-Identifier: GPL-2.0-only
/*
 * capture - keeps the raw bytes of perf's rings while a command runs, for
 * bench_encode to replay
 *
 * usage: capture FILE EVENTS -g|-n MIB COMMAND
 *
 * EVENTS as of collect -e, -g with call chains and -n without, rings of MIB for
 * each CPU (what doesn't fit is left out), COMMAND for the shell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "events.h"
#include "evlist.h"
#include "target.h"

static char error[512];

static int fail(const char *what)
{
	fprintf(stderr, "capture: %s: %s\n", what, error);
	return 1;
}

static void put(FILE *f, const void *data, size_t bytes)
{
	if (fwrite(data, 1, bytes, f) != bytes) {
		perror("capture");
		exit(1);
	}
}

static void put_rings(FILE *f, struct kpc_evlist *evlist)
{
	for (uint32_t i = 0; i < kpc_evlist_nr_rings(evlist); i++) {
		struct kpc_ring *ring = kpc_evlist_ring(evlist, i);
		uint64_t bytes = kpc_ring_look(ring);

		put(f, &bytes, sizeof(bytes));
		put(f, ring->data, bytes);
		printf("ring %u: %llu bytes\n", i, (unsigned long long)bytes);
	}
}

static void put_all(FILE *f, const struct kpc_events *events,
		    struct kpc_evlist *evlist, bool callchain)
{
	const struct kpc_idmap *ids = kpc_evlist_ids(evlist);
	struct capture_head head = {
		.magic = CAPTURE_MAGIC,
		.nr_events = events->nr,
		.nr_ids = ids->nr,
		.nr_rings = kpc_evlist_nr_rings(evlist),
		.callchain = callchain,
	};

	for (uint32_t i = 0; i < events->nr; i++)
		head.name_bytes += strlen(events->event[i].name) + 1;
	put(f, &head, sizeof(head));
	for (uint32_t i = 0; i < events->nr; i++)
		put(f, events->event[i].name,
		    strlen(events->event[i].name) + 1);
	for (uint32_t i = 0; ids->table && i < ids->table->nr_slots; i++) {
		struct capture_id id = { ids->table->slot[i].id,
					 ids->table->slot[i].number };

		if (id.id)
			put(f, &id, sizeof(id));
	}
	put_rings(f, evlist);
}

int main(int argc, char **argv)
{
	struct kpc_eventspecs specs = { 0 };
	struct kpc_events events;
	struct kpc_target target;
	struct kpc_evlist *evlist;
	FILE *f;
	bool callchain;

	if (argc != 6) {
		fprintf(stderr,
			"usage: capture FILE EVENTS -g|-n MIB COMMAND\n");
		return 2;
	}
	callchain = !strcmp(argv[3], "-g");
	f = fopen(argv[1], "w");
	if (!f || kpc_eventspecs_add(&specs, argv[2], error, sizeof(error)) ||
	    kpc_events_find(&events, &specs, error, sizeof(error)) ||
	    kpc_target_init(&target, NULL, error, sizeof(error)))
		return fail(argv[2]);
	kpc_events_prepare(&events, &(struct kpc_sampling){
					    .callchain = callchain,
					    .watermark_bytes = 1 << 20,
				    });
	if (kpc_evlist_new(&evlist, &target.cpus, NULL, 0))
		return fail("memory");
	for (uint32_t i = 0; i < events.nr; i++)
		if (kpc_evlist_add(evlist, &events.opening[i].attr,
				   events.event[i].name))
			return fail("memory");
	if (kpc_evlist_open(evlist, strtoull(argv[4], NULL, 10) << 20, error,
			    sizeof(error)))
		return fail("open");
	kpc_evlist_enable(evlist);
	if (system(argv[5]))
		fprintf(stderr, "capture: the command failed\n");
	kpc_evlist_disable(evlist);
	put_all(f, &events, evlist, callchain);
	if (fclose(f))
		return fail(argv[1]);
	kpc_evlist_free(evlist);
	kpc_events_uninit(&events);
	kpc_eventspecs_uninit(&specs);
	kpc_target_uninit(&target);
	return 0;
}
