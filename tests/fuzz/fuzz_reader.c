// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a trace file. Their packets' CRCs are put right first, for else
 * nothing behind them would ever be reached; damage that the CRC finds is the
 * unit tests' matter.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect.h"
#include "crc32c.h"
#include "packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sum;

/* Repairs the packet whose members are in @wire, if it ends as they do. */
static void repair(struct kpc_wire wire)
{
	struct kpc_wire_field field;
	uint8_t *at = (uint8_t *)wire.end - 4;
	uint32_t crc = 0;

	while (kpc_wire_next(&wire, &field) > 0)
		if (field.type == KPC_WIRE_BYTES &&
		    (field.number == 3 || field.number == 4))
			crc = kpc_crc32c(crc, field.bytes.at,
					 kpc_wire_left(&field.bytes));
	memcpy(at, &crc, sizeof(crc));
}

static void repair_all(uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t next = kpc_packet_find(data + at, size - at);
		struct kpc_wire wire;
		uint64_t length;

		if (next < 0)
			break;
		at += next;
		wire = (struct kpc_wire){ data + at + 1, data + size };
		if (kpc_wire_get_varint(&wire, &length) ||
		    length > kpc_wire_left(&wire) || length < 20) {
			at++;
			continue;
		}
		wire.end = wire.at + length;
		repair(wire);
		at = wire.end - data;
	}
}

static void touch(const struct kpc_row *row)
{
	sum += row->comm[0] + row->cpu;
	for (uint32_t i = 0; i < row->stack_depth; i++)
		sum += row->stack[i];
	for (uint32_t f = 0; f < row->event->nr_fields; f++)
		for (uint32_t i = 0; i < row->values[f].blob_bytes; i++)
			sum += row->values[f].blob[i];
}

static void read_all(const char *path)
{
	struct kpc_reader *reader;
	struct kpc_row row;
	uint64_t rows = 0;
	int ret;

	if (kpc_reader_open(&reader, path, NULL, 0))
		return;
	do {
		while ((ret = kpc_reader_next(reader, &row)) > 0 &&
		       rows++ < 100000)
			touch(&row);
		if (ret >= 0)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	kpc_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	char path[64];
	int fd;

	memcpy(copy, data, size);
	repair_all(copy, size);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, copy, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		read_all(path);
	}
	if (fd >= 0)
		close(fd);
	free(copy);
	return 0;
}
