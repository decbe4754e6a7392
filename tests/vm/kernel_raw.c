// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens an event with a ring, makes hits with known arguments, and compares the
 * raw records byte by byte, at the offsets that KPX_IOC_DESCRIBE gave.
 */
#include <sched.h>

#include "kernel.h"

#define PAGES 64
#define HITS  100

struct ring {
	struct perf_event_mmap_page *head;
	char *data;
	uint64_t size;
};

static struct kpx_field fields[KPX_FIELDS_MAX];
static struct kpx_describe desc;

static void describe(int dev, unsigned int id)
{
	static char text[KPX_DEFINITION_SIZE];

	memset(&desc, 0, sizeof(desc));
	desc.size = sizeof(desc);
	desc.id = id;
	desc.fields = (uintptr_t)fields;
	desc.fields_max = KPX_FIELDS_MAX;
	desc.field_size = sizeof(fields[0]);
	desc.text = (uintptr_t)text;
	desc.text_size = sizeof(text);
	CHECK(!ioctl(dev, KPX_IOC_DESCRIBE, &desc), "describe: %s",
	      strerror(errno));
	CHECK(desc.text_size == strlen(text), "text '%s'", text);
}

static uint64_t field(const char *record, const char *name)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < desc.nr_fields; i++)
		if (!strcmp(fields[i].name, name)) {
			memcpy(&value, record + fields[i].offset,
			       fields[i].bytes);
			return value;
		}
	CHECK(0, "no field %s", name);
	return 0;
}

/* The raw data of the next sample at *@tail, copied out; its size or 0. */
static unsigned int next_raw(struct ring *ring, uint64_t *tail, char *raw,
			     unsigned int max)
{
	uint64_t head =
		__atomic_load_n(&ring->head->data_head, __ATOMIC_ACQUIRE);
	char record[4096];

	while (*tail < head) {
		struct perf_event_header header;
		unsigned int i, size;

		for (i = 0; i < sizeof(header); i++)
			((char *)&header)[i] =
				ring->data[(*tail + i) % ring->size];
		for (i = 0; i < header.size && i < sizeof(record); i++)
			record[i] = ring->data[(*tail + i) % ring->size];
		*tail += header.size;
		if (header.type != PERF_RECORD_SAMPLE)
			continue;
		/* IP, then u32 size and the bytes */
		memcpy(&size, record + 16, 4);
		CHECK(size <= max, "raw size %u", size);
		memcpy(raw, record + 20, size < max ? size : max);
		memcpy(raw + max, record + 8, 8);
		return size;
	}
	return 0;
}

static void check_record(const char *raw, unsigned int size, unsigned int i,
			 const char *buf)
{
	uint64_t ip;

	memcpy(&ip, raw + 1024, 8);
	CHECK(size == desc.record_bytes, "raw size %u, described %u", size,
	      desc.record_bytes);
	CHECK(field(raw, "__probe_ip") == ip, "address %llx, sample's %llx",
	      (unsigned long long)field(raw, "__probe_ip"),
	      (unsigned long long)ip);
	CHECK((int)field(raw, "common_pid") == getpid(), "pid %d",
	      (int)field(raw, "common_pid"));
	CHECK(field(raw, "buf") == (uintptr_t)buf + i, "buf of hit %u", i);
	CHECK(field(raw, "count") == 3 * i + 1, "count %llu of hit %u",
	      (unsigned long long)field(raw, "count"), i);
	CHECK(field(raw, "low") == (uint8_t)(3 * i + 1), "low byte of hit %u",
	      i);
	CHECK(field(raw, "reg") == (uint32_t)(3 * i + 1), "register of hit %u",
	      i);
}

static void check_padding(const char *raw)
{
	char used[1024] = { 0 };
	unsigned int i, b;

	for (i = 0; i < desc.nr_fields; i++)
		for (b = 0; b < fields[i].bytes; b++)
			used[fields[i].offset + b] = 1;
	for (i = 0; i < desc.record_bytes; i++)
		CHECK(used[i] || !raw[i], "byte %u of the padding is %#x", i,
		      raw[i]);
}

static void ring_map(struct ring *ring, int fd)
{
	long page = sysconf(_SC_PAGESIZE);

	ring->head = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);
	if (ring->head == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	ring->data = (char *)ring->head + page;
	ring->size = PAGES * page;
}

static void run(int dev, const char *definition)
{
	static char buf[HITS * 4];
	int null = open("/dev/null", O_WRONLY), fd, ret;
	struct perf_event_attr attr;
	unsigned int id = 0, i, n = 0, size;
	struct kpx_stats stats;
	struct ring ring;
	uint64_t tail = 0;
	char raw[1024 + 8];

	ret = define_probe(dev, definition, 0, &id);
	CHECK(!ret, "define: %d", ret);
	describe(dev, id);
	attr = attr_of(id);
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_RAW;
	fd = perf_open(&attr, 0, -1);
	if (fd < 0) {
		CHECK(0, "open: %d", fd);
		return;
	}
	ring_map(&ring, fd);
	for (i = 0; i < HITS; i++)
		if (write(null, buf + i, 3 * i + 1) < 0)
			CHECK(0, "write");
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	while ((size = next_raw(&ring, &tail, raw, 1024))) {
		check_record(raw, size, n, buf);
		check_padding(raw);
		n++;
	}
	CHECK(n == HITS, "%u records of %u hits", n, HITS);
	CHECK(event_count(fd) == HITS, "count");
	CHECK(!probe_stats(dev, id, &stats), "stats");
	CHECK(stats.entered == stats.offered + stats.no_listener +
				       stats.recursion + stats.self,
	      "the book");
	CHECK(stats.offered == HITS, "offered %llu",
	      (unsigned long long)stats.offered);
	CHECK(stats.events == 1, "events %llu",
	      (unsigned long long)stats.events);
	munmap(ring.head, (PAGES + 1) * sysconf(_SC_PAGESIZE));
	close(fd);
	close(null);
}

int main(void)
{
	int dev = device_open();

	CHECK(dev >= 0, "device: %d", dev);
	/* arguments out of order, gaps, a register, the smallest last */
	run(dev,
	    "p vfs_write low=$arg3:u8 count=$arg3:u64 reg=%dx:x32 buf=$arg2:x64");
	run(dev,
	    "p vfs_write buf=$arg2 count=$arg3:u32 reg=%dx:u32 low=$arg3:u8");
	run(dev,
	    "p vfs_write buf=$arg2 count=$arg3:u16 low=$arg3:x8 reg=%dx:s32");
	return !!failures;
}
