// SPDX-License-Identifier: GPL-2.0-only
#include "ring.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "kpx_bench.h"
#include "variant.h"

#define PAGE	  4096
#define DATA_SIZE (RING_PAGES * PAGE)

/* A sample as main.c's attr asks for it, with the raw record behind it. */
struct sample {
	struct perf_event_header header;
	uint64_t ip;
	uint32_t pid, tid;
	uint64_t time;
	uint32_t cpu, reserved;
	uint64_t period;
	uint32_t raw_size;
	uint8_t raw[60];
} __attribute__((packed));

/*
 * A raw record before its arguments: struct trace_entry and the address; a
 * stock return probe has two, the function's and where it returns to.
 */
static uint32_t record_head(const struct variant *variant)
{
	return variant->side == &stock && is_return(variant) ? 24 : 16;
}

int ring_open(struct ring *ring, int fd)
{
	ring->tail = 0;
	ring->map = mmap(NULL, PAGE + DATA_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	return ring->map == MAP_FAILED ? -errno : 0;
}

static void copy_out(const struct ring *ring, uint64_t at, void *to,
		     size_t bytes)
{
	const char *data = (const char *)ring->map + PAGE;
	size_t start = at % DATA_SIZE, part = DATA_SIZE - start;

	if (part > bytes)
		part = bytes;
	memcpy(to, data + start, part);
	memcpy((char *)to + part, data, bytes - part);
}

static void check_sample(const struct variant *variant,
			 const struct sample *sample, uint64_t turn)
{
	unsigned int i, nr_args = is_return(variant) ? 1 : 3;
	uint64_t want[] = { KPX_BENCH_A(turn), KPX_BENCH_B(turn),
			    variant->target };
	uint32_t head = record_head(variant);
	/* perf pads so that the size word and the data are a multiple of 8 */
	uint32_t raw_size = head + 8 * nr_args + 4;
	uint64_t args[3];

	if (is_return(variant))
		want[0] = KPX_BENCH_RETURN(turn);
	if (sample->raw_size != raw_size)
		broken(variant, "a record of %u bytes, not %u",
		       sample->raw_size, raw_size);
	memcpy(args, sample->raw + head, 8 * nr_args);
	for (i = 0; i < nr_args; i++)
		if (args[i] != want[i])
			broken(variant,
			       "argument %u of turn %llu is %#llx, not %#llx",
			       i, (unsigned long long)turn,
			       (unsigned long long)args[i],
			       (unsigned long long)want[i]);
}

void ring_drain(struct variant *variant, uint64_t first)
{
	struct ring *ring = &variant->ring;
	struct perf_event_mmap_page *head = ring->map;
	/* Partner of the barrier in the kernel's perf_output_put_handle(). */
	uint64_t end = __atomic_load_n(&head->data_head, __ATOMIC_ACQUIRE);
	struct sample sample = { 0 };

	while (ring->tail < end) {
		copy_out(ring, ring->tail, &sample.header,
			 sizeof(sample.header));
		if (sample.header.type != PERF_RECORD_SAMPLE)
			broken(variant, "a record of type %u, not a sample",
			       sample.header.type);
		if (sample.header.size < offsetof(struct sample, raw) ||
		    sample.header.size > sizeof(sample))
			broken(variant, "a sample of %u bytes",
			       sample.header.size);
		copy_out(ring, ring->tail, &sample, sample.header.size);
		check_sample(variant, &sample, first++);
		variant->records++;
		ring->tail += sample.header.size;
	}
	/* Partner of the kernel's reading of data_tail: we're done with it. */
	__atomic_store_n(&head->data_tail, ring->tail, __ATOMIC_RELEASE);
}
