// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as the body of a chunk: the first two say how many rows. */
#include <stdlib.h>

#include "rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kpc_field fields[] = {
	{ .name = (char *)"u", .bytes = 8 },
	{ .name = (char *)"s", .bytes = 4, .kind = KPC_FIELD_STRING },
	{ .name = (char *)"common_pid", .bytes = 4, .kind = KPC_FIELD_SIGNED },
	{ .name = (char *)"b", .bytes = 8, .kind = KPC_FIELD_BYTES },
};
static const struct kpc_event events[] = {
	{ .name = (char *)"a", .fields = fields, .nr_fields = 4 },
	{ .name = NULL },
	{ .name = (char *)"c", .fields = fields, .nr_fields = 1 },
};

static volatile uint64_t sum;

static void touch(const struct kpc_row *row)
{
	for (uint32_t i = 0; i < row->stack_depth; i++)
		sum += row->stack[i];
	for (uint32_t i = 0; i < row->payload_bytes; i++)
		sum += row->payload[i];
	for (uint32_t f = 0; f < row->event->nr_fields; f++) {
		sum += row->values[f].u;
		for (uint32_t i = 0; i < row->values[f].blob_bytes; i++)
			sum += row->values[f].blob[i];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kpc_rows rows;
	struct kpc_value values[4];
	struct kpc_row row;
	uint32_t nr;

	if (size < 2)
		return 0;
	nr = data[0] | data[1] << 8;
	if (kpc_rows_load(&rows, (struct kpc_wire){ data + 2, data + size }, nr,
			  events, 3))
		return 0;
	while (kpc_rows_next(&rows, &row, values))
		touch(&row);
	return 0;
}
