// SPDX-License-Identifier: GPL-2.0-only
/*
 * The context in which each mechanism's handler runs, as kprobex(4) has it:
 * told from the common_flags of the records of hits in a task with interrupts
 * on.
 */
#include "ring.h"

#define HITS 10

/* Of enum trace_flag_type: interrupts off, in a hard interrupt, in an NMI. */
#define IRQS_OFF 0x01
#define HARDIRQ	 0x08
#define SOFTIRQ	 0x10
#define NMI	 0x40
#define ALL	 (IRQS_OFF | HARDIRQ | SOFTIRQ | NMI)

static unsigned int check_records(struct ring *ring, const char *what,
				  unsigned int want)
{
	static uint64_t record[RECORD_MAX / 8];
	const struct perf_event_header *header;
	unsigned int n = 0;
	const char *raw;
	uint32_t size;

	while ((header = ring_next(ring, record))) {
		if (header->type != PERF_RECORD_SAMPLE)
			continue;
		raw = sample_raw(header, PERF_SAMPLE_RAW, &size);
		CHECK(raw && size > 8, "%s: no raw data", what);
		if (!raw)
			continue;
		CHECK((raw[2] & ALL) == want, "%s: flags %#x, want %#x", what,
		      raw[2] & ALL, want);
		n++;
	}
	return n;
}

static void run(int dev, const char *text, enum kpx_mode mode,
		enum kpx_unit unit, unsigned int want)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), fd, i;
	struct perf_event_attr attr;
	unsigned int id = 0, n;
	struct ring ring = {};
	char what[128];

	snprintf(what, sizeof(what), "%s, mode %u, unit %u", text, mode, unit);
	CHECK(!define_probe(dev, text, 0, &id), "%s: define", what);
	attr = attr_of(id);
	attr.config |= (uint64_t)mode << KPX_CONFIG_MODE_SHIFT |
		       (uint64_t)unit << KPX_CONFIG_UNIT_SHIFT;
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_RAW;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "%s: open: %d", what, fd);
	if (fd < 0)
		return;
	CHECK(!ring_map(&ring, fd, 4, 1), "%s: map", what);
	for (i = 0; i < HITS; i++)
		CHECK(write(null, "", 1) == 1, "write");
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	n = ring.page ? check_records(&ring, what, want) : 0;
	CHECK(n == HITS, "%s: %u records", what, n);
	ring_unmap(&ring);
	close(fd);
	close(null);
}

int main(void)
{
	int dev = device_open();

	CHECK(dev >= 0, "device: %d", dev);
	run(dev, "p vfs_write", KPX_MODE_AUTO, KPX_UNIT_HITS, 0);
	run(dev, "p vfs_write %bx", KPX_MODE_FTRACE, KPX_UNIT_HITS, 0);
	/* an int3 in the kernel is entered as an NMI */
	run(dev, "p vfs_write", KPX_MODE_INT3, KPX_UNIT_HITS,
	    IRQS_OFF | HARDIRQ | NMI);
	run(dev, "p vfs_write", KPX_MODE_JUMP, KPX_UNIT_HITS, 0);
	run(dev, "r vfs_write $retval", KPX_MODE_AUTO, KPX_UNIT_HITS, 0);
	/* a value is counted and sampled with interrupts off */
	run(dev, "p vfs_write $arg3", KPX_MODE_AUTO, KPX_UNIT_NS, IRQS_OFF);
	return !!failures;
}
