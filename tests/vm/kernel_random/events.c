// SPDX-License-Identifier: GPL-2.0-only
#include "random.h"

/* What a perf_event_attr may ask for beyond id and skip_self. */
#define MODE(n) ((uint64_t)(n) << 32)
#define UNIT(n) ((uint64_t)(n) << 36)
static const struct {
	enum kind kind;
	uint64_t config;
} settings[] = {
	{ UNIT_NS, UNIT(1) },	  { UNIT_FIELD, UNIT(2) },
	{ UNIT_MISSED, UNIT(3) }, { UNIT_FILTERED, UNIT(4) },
	{ MODE_INT3, MODE(1) },	  { MODE_JUMP, MODE(2) },
	{ MODE_FTRACE, MODE(3) },
};

/* As probe_id(), and safe in a child of a process with threads. */
static unsigned int id_of(const char *name)
{
	char path[256], text[64];
	unsigned int id = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), EVENTS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "probe=0x%x", &id) == 1 ? id : 0;
}

unsigned int pick_id(struct worker *w)
{
	char name[16];

	switch (below(w, 4)) {
	case 0:
		return vfs_write_id;
	case 1:
		return recent[below(w, RECENT)];
	default:
		snprintf(name, sizeof(name), "rnd%u", below(w, NAMES));
		return id_of(name);
	}
}

static void pick_sampling(struct worker *w, struct perf_event_attr *attr)
{
	static const uint64_t types[] = {
		PERF_SAMPLE_TID,	PERF_SAMPLE_TIME, PERF_SAMPLE_ID,
		PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_CPU,  PERF_SAMPLE_PERIOD,
		PERF_SAMPLE_RAW,	PERF_SAMPLE_RAW,  PERF_SAMPLE_CALLCHAIN,
	};
	unsigned int i;

	attr->sample_type = PERF_SAMPLE_IP;
	for (i = 0; i < 4; i++)
		attr->sample_type |= types[below(w, ARRAY_SIZE(types))];
	if (one_in(w, 4)) {
		attr->freq = 1;
		attr->sample_freq = 1 + below(w, 4000);
	} else {
		attr->sample_period = one_in(w, 4) ? 1000 : 1 + below(w, 3);
	}
	attr->wakeup_events = below(w, 3);
}

static void pick_read_format(struct worker *w, struct perf_event_attr *attr)
{
	if (one_in(w, 2))
		attr->read_format |= PERF_FORMAT_TOTAL_TIME_ENABLED |
				     PERF_FORMAT_TOTAL_TIME_RUNNING;
	if (one_in(w, 2))
		attr->read_format |= PERF_FORMAT_ID;
	if (one_in(w, 2))
		attr->read_format |= PERF_FORMAT_LOST;
}

/*
 * Opens, and says of what kind the attr is: that of its least common part. The
 * text of a definition in config1 is read by the open only.
 */
static int open_slot(struct worker *w, struct slot *slot, int group)
{
	struct perf_event_attr *attr = &slot->attr;
	char text[256] = "";
	enum kind kind = attr->sample_type ? SAMPLING : COUNTING;
	int tolerant = 0, fd;

	if (one_in(w, 3)) {
		unsigned int i = below(w, ARRAY_SIZE(settings));

		attr->config |= settings[i].config;
		if (settings[i].kind == UNIT_FIELD)
			attr->config |= (uint64_t)below(w, 3) << 40;
		kind = settings[i].kind;
		tolerant = 1;
	}
	if (one_in(w, 6)) {
		enum kind def = pick_definition(w, "", text, sizeof(text));

		attr->config &= ~(uint64_t)UINT32_MAX;
		attr->config1 = (uintptr_t)text;
		tolerant |= !tally[def].works || strchr(text, '+');
		if (!tolerant)
			kind = CONFIG1;
	}
	fd = syscall(SYS_perf_event_open, attr, slot->pid, slot->cpu, group,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	/*
	 * Removed meanwhile, or the thread has ended. A mode or unit may not
	 * suit the target. A group's events must be of one kind, and perf lets
	 * an inherited leader go with the child that it swapped contexts with.
	 */
	if (group >= 0)
		note(kind, fd,
		     ERRORS(ENOENT, ESRCH, EINVAL, EOPNOTSUPP, EILSEQ, ENODEV),
		     text);
	else if (tolerant)
		note(kind, fd,
		     ERRORS(ENOENT, ESRCH, EINVAL, EOPNOTSUPP, EILSEQ), text);
	else
		note(kind, fd, ERRORS(ENOENT, ESRCH), text);
	return fd;
}

void slot_fill(struct worker *w, struct slot *slot)
{
	struct perf_event_attr *attr = &slot->attr;
	struct slot *leader = &w->slots[below(w, SLOTS)];
	int group = -1;

	memset(slot, 0, sizeof(*slot));
	slot->fd = -1;
	attr->size = sizeof(*attr);
	attr->type = pmu;
	attr->config = pick_id(w);
	attr->disabled = one_in(w, 8);
	attr->enable_on_exec = one_in(w, 8);
	attr->inherit = one_in(w, 3);
	attr->exclude_user = one_in(w, 8);
	if (one_in(w, 3))
		attr->config |= KPX_CONFIG_SKIP_SELF;
	if (one_in(w, 2))
		pick_sampling(w, attr);
	pick_read_format(w, attr);
	slot->cpu = -1;
	if (one_in(w, 2))
		slot->cpu = below(w, cpus);
	if (slot->cpu >= 0 && one_in(w, 2))
		slot->pid = -1;
	else if (one_in(w, 2))
		slot->pid = workers[below(w, WORKERS)].tid;
	/* a group's events are of one task and CPU */
	if (one_in(w, 4) && leader->fd >= 0) {
		group = leader->fd;
		slot->cpu = leader->cpu;
		slot->pid = leader->pid;
		attr->inherit = leader->attr.inherit;
		attr->disabled = 0;
	}
	slot->fd = open_slot(w, slot, group);
	if (slot->fd < 0) {
		slot->fd = -1;
		return;
	}
	note(slot->pid == -1 ? ON_CPU : ON_TASK, 0, ERRORS(0), "");
	if (attr->inherit)
		note(INHERITED, 0, ERRORS(0), "");
	if (attr->config & KPX_CONFIG_SKIP_SELF)
		note(SKIP_SELF, 0, ERRORS(0), "");
	if (group >= 0)
		note(GROUPED, 0, ERRORS(0), "");
}

void slot_close(struct slot *slot)
{
	ring_unmap(&slot->ring);
	if (slot->fd >= 0)
		close(slot->fd);
	slot->fd = -1;
}

/* A count never goes back but by a reset. */
static void slot_read(struct slot *slot)
{
	uint64_t values[8] = {};
	ssize_t n = read(slot->fd, values, sizeof(values));

	/* 0: perf says so of an event in an error state, as the moved leader's */
	if (n == 0)
		return;
	note(READ, n < 0 ? -errno : 0, ERRORS(0), "");
	CHECK(values[0] >= slot->count, "a count went from %llu to %llu",
	      (unsigned long long)slot->count, (unsigned long long)values[0]);
	slot->count = values[0];
}

static void slot_map(struct worker *w, struct slot *slot)
{
	int ret = ring_map(&slot->ring, slot->fd, below(w, 5), below(w, 8));

	/* perf's: an inherited event without a CPU has no ring */
	if (slot->attr.inherit && slot->cpu < 0)
		CHECK(ret == -EINVAL, "mapped: %d", ret);
	else
		note(RING, ret, ERRORS(EINVAL), "mmap");
}

static void check_raw(const char *raw, uint32_t size)
{
	uint64_t ip;

	CHECK(size % 8 == 4 && size >= 16, "a raw record of %u bytes", size);
	memcpy(&ip, raw + 8, sizeof(ip));
	CHECK(ip >> 63, "__probe_ip is %llx", (unsigned long long)ip);
}

static void slot_drain(struct worker *w, struct slot *slot)
{
	const struct perf_event_header *header;
	uint32_t size;
	const char *raw;

	/* without a tail the kernel writes where we'd read */
	if (!slot->ring.writable)
		return;
	while ((header = ring_next(&slot->ring, w->record))) {
		note(RECORD, 0, ERRORS(0), "");
		if (header->type != PERF_RECORD_SAMPLE || slot->mixed)
			continue;
		raw = sample_raw(header, slot->attr.sample_type, &size);
		CHECK(!raw == !(slot->attr.sample_type & PERF_SAMPLE_RAW),
		      "a sample of type %llx",
		      (unsigned long long)slot->attr.sample_type);
		if (raw) {
			check_raw(raw, size);
			note(RAW, 0, ERRORS(0), "");
		}
	}
}

static void slot_switch(struct worker *w, struct slot *slot)
{
	uint64_t period = 1 + below(w, 5);
	struct slot *other = &w->slots[below(w, SLOTS)];
	int ret;

	switch (below(w, 6)) {
	case 0:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_DISABLE, 0);
		break;
	case 1:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_RESET,
			    one_in(w, 2) ? PERF_IOC_FLAG_GROUP : 0);
		/* a group's reset reaches the slots of others of ours */
		for (other = w->slots; other < w->slots + SLOTS; other++)
			other->count = 0;
		break;
	case 2:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_PERIOD, &period);
		break;
	case 3:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_REFRESH, 1 + below(w, 9));
		break;
	case 4:
		/* none would undo it, but perf doesn't know a 32-bit -1 */
		if (other->fd < 0)
			return;
		ret = ioctl(slot->fd, PERF_EVENT_IOC_SET_OUTPUT, other->fd);
		/* mapped from here on, its ring is the other's */
		if (!ret)
			slot->mixed = other->mixed = 1;
		break;
	default:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_ENABLE, 0);
	}
	/* EINVAL: no period, another CPU's ring */
	note(SWITCHED, ret < 0 ? -errno : 0, ERRORS(EINVAL), "ioctl");
}

void do_event(struct worker *w)
{
	struct slot *slot = &w->slots[below(w, SLOTS)];

	if (slot->fd < 0) {
		slot_fill(w, slot);
		return;
	}
	switch (below(w, 6)) {
	case 0:
		slot_read(slot);
		break;
	case 1:
		if (!slot->ring.page)
			slot_map(w, slot);
		else if (one_in(w, 4))
			ring_unmap(&slot->ring);
		break;
	case 2:
	case 3:
		if (slot->ring.page)
			slot_drain(w, slot);
		break;
	case 4:
		slot_switch(w, slot);
		break;
	default:
		slot_close(slot);
	}
}

static int opens(uint64_t config, const char *text)
{
	struct perf_event_attr attr = attr_of(0);
	int fd;

	attr.config = config;
	attr.config1 = (uintptr_t)text;
	fd = perf_open(&attr, 0, -1);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void survey_events(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		tally[settings[i].kind].works =
			opens(vfs_write_id | settings[i].config, NULL);
	tally[CONFIG1].works = opens(0, "p vfs_write n=%dx:u64");
}
