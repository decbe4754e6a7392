// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as the body of a chunk: the first two say how many rows. */
#include "fuzz.h"
#include "rows.h"

static struct kpc_field fields[] = {
	{ .name = (char *)"u", .bytes = 8 },
	{ .name = (char *)"s", .bytes = 4, .kind = KPC_FIELD_STRING },
	{ .name = (char *)"common_pid", .bytes = 4, .kind = KPC_FIELD_SIGNED },
	{ .name = (char *)"b", .bytes = 8, .kind = KPC_FIELD_BYTES },
	{ .name = (char *)"f",
	  .bytes = 4,
	  .kind = KPC_FIELD_STRING,
	  .faults = true },
};
static const struct kpc_event events[] = {
	{ .name = (char *)"a",
	  .fields = fields,
	  .nr_fields = 5,
	  .callchain = true },
	{ .name = NULL },
	{ .name = (char *)"c", .fields = fields, .nr_fields = 1 },
};

static volatile uint64_t sum;

static void touch(const struct kpc_row *row)
{
	CHECK(row->event == &events[0] || row->event == &events[2]);
	if (row->stack_depth)
		sum += fuzz_sum(row->stack,
				row->stack_depth * sizeof(uint64_t));
	sum += fuzz_sum(row->payload, row->payload_bytes) + row->cgroup;
	for (uint32_t f = 0; f < row->event->nr_fields; f++)
		sum += row->values[f].u +
		       fuzz_sum(row->values[f].blob, row->values[f].blob_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kpc_rows rows;
	struct kpc_value values[5];
	uint32_t nr, given = 0;
	struct kpc_row row;
	uint8_t *copy;
	int err;

	if (size < 2)
		return 0;
	nr = data[0] | data[1] << 8;
	/* a buffer of just this size: a byte read behind it is a report */
	copy = malloc(size - 2);
	CHECK(copy || size == 2);
	memcpy(copy, data + 2, size - 2);
	err = kpc_rows_load(&rows, (struct kpc_wire){ copy, copy + size - 2 },
			    nr, events, 3);
	while (kpc_rows_next(&rows, &row, values)) {
		given++;
		touch(&row);
	}
	CHECK(given == (err ? 0 : nr));
	free(copy);
	return 0;
}
