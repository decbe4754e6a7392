// SPDX-License-Identifier: GPL-2.0-only
/*
 * histogram - how the values of an event's field are distributed in a trace
 *
 *   gcc -o histogram histogram.c $(pkg-config --cflags --libs libcollect)
 *   ./histogram trace.pb raw_syscalls:sys_exit ret
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <collect.h>

#define BUCKETS 65 /* by the values' highest bit; 0 has its own */
#define BAR	40 /* columns */

struct histogram {
	uint64_t bucket[BUCKETS];
	uint64_t most; /* in a bucket */
	uint64_t values;
	uint64_t negative;
};

/* The position of the integer field @name, or -1. */
static int find_field(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (!strcmp(field->name, name) && field->kind <= KPC_FIELD_HEX)
			return i;
	}
	return -1;
}

static void add(struct histogram *h, const struct kpc_field *field, uint64_t v)
{
	int bit;

	h->values++;
	if (field->kind == KPC_FIELD_SIGNED && (int64_t)v < 0) {
		h->negative++;
		return;
	}
	bit = v ? 64 - __builtin_clzll(v) : 0;
	if (++h->bucket[bit] > h->most)
		h->most = h->bucket[bit];
}

static void print(const struct histogram *h)
{
	printf("%" PRIu64 " values\n", h->values);
	if (h->negative)
		printf("%20s %10" PRIu64 "\n", "negative", h->negative);
	for (int i = 0; i < BUCKETS; i++) {
		int bar = 0;

		if (!h->bucket[i])
			continue;
		bar = (double)h->bucket[i] / h->most * BAR + 0.5;
		printf("%20" PRIu64 " %10" PRIu64 " %.*s\n",
		       i ? UINT64_C(1) << (i - 1) : 0, h->bucket[i], bar,
		       "########################################");
	}
}

/* All rows of the trace. 0, or a negative errno. */
static int read_rows(struct kpc_reader *reader, const char *event,
		     const char *name, struct histogram *h)
{
	struct kpc_row row;
	int ret;

	while ((ret = kpc_reader_next(reader, &row)) > 0) {
		int field;

		/* A payload is a record that couldn't be split into fields. */
		if (strcmp(row.event->name, event) || row.payload)
			continue;
		field = find_field(row.event, name);
		if (field >= 0)
			add(h, &row.event->fields[field], row.values[field].u);
	}
	return ret;
}

/* What the file's bytes were worth: a count without it would be a claim. */
static int print_health(const struct kpc_reader *reader)
{
	struct kpc_reader_health health = { .size = sizeof(health) };

	kpc_reader_health(reader, &health);
	if (health.cut)
		printf("the file is cut at byte %" PRIu64 "\n", health.cut_at);
	if (health.damaged_packets)
		printf("%" PRIu64 " damaged packets were left out\n",
		       health.damaged_packets);
	if (health.lost_in_chunks)
		printf("%" PRIu64 " records were lost while recording\n",
		       health.lost_in_chunks);
	return health.cut || health.damaged_packets ? 4 : 0;
}

int main(int argc, char **argv)
{
	struct histogram histogram = { 0 };
	struct kpc_reader *reader;
	char error[512];
	int status = 1;

	if (argc != 4) {
		fprintf(stderr, "usage: histogram FILE EVENT FIELD\n");
		return 2;
	}
	if (kpc_reader_open(&reader, argv[1], error, sizeof(error))) {
		fprintf(stderr, "histogram: %s\n", error);
		return 1;
	}
	if (read_rows(reader, argv[2], argv[3], &histogram)) {
		fprintf(stderr, "histogram: %s\n", kpc_reader_error(reader));
	} else {
		print(&histogram);
		status = print_health(reader);
	}
	kpc_reader_close(reader);
	return status;
}
