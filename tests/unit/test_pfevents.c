// SPDX-License-Identifier: GPL-2.0-only
/* test_pfevents - calls as slices: the deepest are instants, and end no other */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pfevents.h"
#include "unit.h"

#define DEEP (KPC_PF_CALLS + 3)

static const struct kpc_event entry = {
	.name = (char *)"in",
	.source = KPC_SOURCE_KPROBEX,
	.definition = (char *)"p:in deep",
};
static const struct kpc_event leaving = {
	.name = (char *)"out",
	.source = KPC_SOURCE_KPROBEX,
	.definition = (char *)"r:out deep",
};

static void put(struct kpc_pf_events *events, const struct kpc_event *event,
		uint64_t time_ns)
{
	static const struct kpc_trace_info info = { .machine = "" };
	const struct kpc_row row = {
		.event = event,
		.info = &info,
		.time_ns = time_ns,
		.pid = 1,
		.tid = 1,
		.cpu = -1,
		.comm = "deep",
		.cgroup_path = "",
	};
	const struct kpc_pf_who who = {
		.pid = 1,
		.tid = 1,
		.cpu = -1,
		.comm = "deep",
	};

	assert_int_equal(kpc_pf_event(events, &row, kpc_pf_shape(events, &row),
				      &who, time_ns),
			 0);
}

/* In at 1, 2, …, out at 101, 102, … */
static void write_calls(const char *path)
{
	struct kpc_pf_stacks stacks = { 0 };
	struct kpc_pf_tracks tracks = { 0 };
	struct kpc_pf pf;
	struct kpc_pf_events events = {
		.pf = &pf,
		.tracks = &tracks,
		.stacks = &stacks,
	};
	struct kpc_outfile *out;

	assert_int_equal(kpc_outfile_open(&out, path, 0, NULL, 0), 0);
	kpc_pf_init(&pf, out);
	kpc_pf_tracks_init(&tracks, &pf);
	stacks.pf = &pf;
	kpc_pf_restart(&pf, PF_CLOCK_MONOTONIC);
	assert_int_equal(kpc_calls_add(&events.calls, &entry), 0);
	assert_int_equal(kpc_calls_add(&events.calls, &leaving), 0);
	for (uint64_t i = 1; i <= DEEP; i++)
		put(&events, &entry, i);
	for (uint64_t i = 1; i <= DEEP; i++)
		put(&events, &leaving, 100 + i);
	assert_int_equal(pf.failed, 0);
	kpc_pf_events_uninit(&events);
	kpc_pf_tracks_uninit(&tracks);
	kpc_pf_uninit(&pf);
	assert_int_equal(kpc_outfile_finish(out), 0);
	kpc_outfile_free(out);
}

/* The type of the event that a packet has, 0: none; and its time. */
static uint64_t type_of(struct kpc_wire packet, uint64_t *time_ns)
{
	struct kpc_wire event = { 0 };
	struct kpc_wire_field field;

	while (kpc_wire_next(&packet, &field) > 0) {
		if (field.number == PF_PACKET_TIMESTAMP)
			*time_ns = field.value;
		if (field.number == PF_PACKET_TRACK_EVENT)
			event = field.bytes;
	}
	while (event.at != event.end && kpc_wire_next(&event, &field) > 0)
		if (field.number == PF_EVENT_TYPE)
			return field.value;
	return 0;
}

static void test_deep(void **state)
{
	char path[] = "/tmp/test_pfevents.XXXXXX";
	uint32_t begins = 0, ends = 0, instants = 0;
	static uint8_t data[1 << 16];
	struct kpc_wire_field packet;
	struct kpc_wire wire;
	uint64_t time_ns = 0;
	FILE *file;

	(void)state;
	close(mkstemp(path));
	write_calls(path);
	file = fopen(path, "rb");
	wire.at = data;
	wire.end = data + fread(data, 1, sizeof(data), file);
	fclose(file);
	unlink(path);
	while (kpc_wire_next(&wire, &packet) > 0) {
		switch (type_of(packet.bytes, &time_ns)) {
		case PF_SLICE_BEGIN:
			assert_int_equal(time_ns, ++begins);
			break;
		case PF_SLICE_END:
			assert_int_equal(time_ns, 103 + ++ends);
			break;
		case PF_INSTANT:
			instants++;
			break;
		}
	}
	assert_int_equal(begins, KPC_PF_CALLS);
	assert_int_equal(ends, KPC_PF_CALLS);
	assert_int_equal(instants, 6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
