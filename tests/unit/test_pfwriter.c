// SPDX-License-Identifier: GPL-2.0-only
/* test_pfwriter - a reader of the packets knows each number that they use */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pfwriter.h"
#include "unit.h"

#define PACKETS 300000u
#define NAMES	(PACKETS + 1)

struct seen {
	uint32_t cleared;
	uint32_t packets;
	uint32_t *known; /* by number: the name + 1, or 0 */
};

/* Names are their numbers in decimal. */
static void put(struct kpc_pf *pf, uint32_t packet)
{
	char name[16];

	kpc_pf_begin(pf, packet);
	snprintf(name, sizeof(name), "%u", packet + 1);
	kpc_wire_add_varint(&pf->body, PF_EVENT_NAME,
			    kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES, name));
	/* One that all of them use. */
	kpc_wire_add_varint(&pf->body, PF_EVENT_NAME,
			    kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES, "0"));
	kpc_pf_end(pf, PF_PACKET_TRACK_EVENT);
}

static void learn(struct seen *seen, struct kpc_wire interned)
{
	struct kpc_wire_field entry, field;

	while (kpc_wire_next(&interned, &entry) > 0) {
		uint64_t number = 0;
		char name[16] = "";

		while (kpc_wire_next(&entry.bytes, &field) > 0) {
			if (field.number == PF_ENTRY_IID)
				number = field.value;
			else
				memcpy(name, field.bytes.at,
				       kpc_wire_left(&field.bytes));
		}
		assert_in_range(number, 1, NAMES);
		assert_int_equal(seen->known[number], 0);
		seen->known[number] = atoi(name) + 1;
	}
}

static void check_event(struct seen *seen, struct kpc_wire event)
{
	const uint32_t want[] = { seen->packets + 1, 0 };
	struct kpc_wire_field field;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(kpc_wire_next(&event, &field), 1);
		assert_in_range(field.value, 1, NAMES);
		assert_int_equal(seen->known[field.value], want[i] + 1);
	}
}

static void check_packet(struct seen *seen, struct kpc_wire packet)
{
	struct kpc_wire_field field;

	while (kpc_wire_next(&packet, &field) > 0) {
		if (field.number == PF_PACKET_SEQUENCE_FLAGS &&
		    field.value & PF_STATE_CLEARED) {
			memset(seen->known, 0,
			       (NAMES + 1) * sizeof(*seen->known));
			seen->cleared++;
		} else if (field.number == PF_PACKET_INTERNED_DATA) {
			learn(seen, field.bytes);
		} else if (field.number == PF_PACKET_TRACK_EVENT) {
			check_event(seen, field.bytes);
		}
	}
	seen->packets++;
}

static struct kpc_wire read_all(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct kpc_wire wire;
	uint8_t *data;
	long bytes;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	bytes = ftell(file);
	rewind(file);
	data = malloc(bytes);
	assert_int_equal(fread(data, 1, bytes, file), bytes);
	fclose(file);
	wire.at = data;
	wire.end = data + bytes;
	return wire;
}

/* What is known by number has a bound; beyond it all is forgotten and said again. */
static void test_forgets(void **state)
{
	char path[] = "/tmp/test_pfwriter.XXXXXX";
	struct seen seen = { .known = calloc(NAMES + 1, sizeof(uint32_t)) };
	struct kpc_outfile *out;
	struct kpc_wire_field packet;
	struct kpc_wire wire;
	struct kpc_pf pf;
	const uint8_t *data;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(kpc_outfile_open(&out, path, 0, NULL, 0), 0);
	kpc_pf_init(&pf, out);
	kpc_pf_restart(&pf, PF_CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < PACKETS; i++)
		put(&pf, i);
	assert_int_equal(pf.failed, 0);
	kpc_pf_uninit(&pf);
	assert_int_equal(kpc_outfile_finish(out), 0);
	kpc_outfile_free(out);

	wire = read_all(path);
	data = wire.at;
	while (kpc_wire_next(&wire, &packet) > 0)
		check_packet(&seen, packet.bytes);
	assert_int_equal(seen.packets, PACKETS);
	assert_in_range(seen.cleared, 2, 5);
	unlink(path);
	free((void *)data);
	free(seen.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
