/* SPDX-License-Identifier: GPL-2.0-only */
/* For the C helpers whose probes are in kpx_targets.ko: calls, rings, states. */
#ifndef TESTS_VM_KERNEL_TARGETS_H
#define TESTS_VM_KERNEL_TARGETS_H

#include <sys/utsname.h>
#include <time.h>

#include "kernel.h"

#define TARGETS_CALL "/sys/kernel/debug/kpx_targets/call"
#define TARGETS_SUM  "/sys/kernel/debug/kpx_targets/sum"
#define ERROR_LOG    "/sys/kernel/debug/kprobex/error_log"

/* "NAME TURNS WORD…", see targets/main.c; in this task, done on return. */
__attribute__((format(printf, 1, 2))) static inline void
call(const char *format, ...)
{
	static int fd = -1;
	char line[256];
	va_list args;
	int len;

	if (fd < 0)
		fd = open(TARGETS_CALL, O_WRONLY | O_CLOEXEC);
	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(fd, line, len) != len) {
		fprintf(stderr, "call %s: %s\n", line, strerror(errno));
		exit(1);
	}
}

/* What the last call's turns returned, all together. */
static inline uint64_t call_sum(void)
{
	FILE *file = fopen(TARGETS_SUM, "r");
	unsigned long long sum = 0;

	if (!file || fscanf(file, "%llu", &sum) != 1) {
		perror(TARGETS_SUM);
		exit(1);
	}
	fclose(file);
	return sum;
}

static inline void sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Does the last entry of error_log have the word? */
static inline int error_log_says(const char *word)
{
	static char text[65536];
	FILE *file = fopen(ERROR_LOG, "r");
	char *at, *last = text;
	size_t n;

	if (!file)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	for (at = text; (at = strstr(at, "\n[")); at++)
		last = at;
	return strstr(last, word) != NULL;
}

static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* A config word. */
static inline uint64_t config_of(unsigned int id, unsigned int mode,
				 unsigned int unit, unsigned int field)
{
	return id | (uint64_t)mode << KPX_CONFIG_MODE_SHIFT |
	       (uint64_t)unit << KPX_CONFIG_UNIT_SHIFT |
	       (uint64_t)field << KPX_CONFIG_FIELD_SHIFT;
}

static inline struct perf_event_attr attr_config(uint64_t config)
{
	struct perf_event_attr attr = attr_of(0);

	attr.config = config;
	return attr;
}

/* Waits until the probe has that state; 0 if it doesn't get there. */
static inline int wait_mechanisms(int dev, unsigned int id, unsigned int want)
{
	struct kpx_stats stats;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (!probe_stats(dev, id, &stats) && stats.mechanisms == want)
			return 1;
		sleep_ms(20);
	}
	fprintf(stderr, "mechanisms %#x, want %#x\n", stats.mechanisms, want);
	return 0;
}

/* Waits until so many calls are inside; 0 if it doesn't get there. */
static inline int wait_calls(int dev, unsigned int id, uint64_t want)
{
	struct kpx_stats stats;
	unsigned int i;

	for (i = 0; i < 1500; i++) {
		if (!probe_stats(dev, id, &stats) && stats.in_flight == want)
			return 1;
		sleep_ms(10);
	}
	fprintf(stderr, "in flight: %llu, want %llu\n",
		(unsigned long long)stats.in_flight, (unsigned long long)want);
	return 0;
}

/* A process in kpxt_sleep(). */
static inline pid_t start_sleeper(unsigned int ms)
{
	pid_t pid = fork();

	if (!pid) {
		char line[32];

		/* it's not to keep our events open */
		syscall(SYS_close_range, 3, ~0U, 0);
		snprintf(line, sizeof(line), "sleep 1 %u", ms);
		write_file(TARGETS_CALL, line);
		_exit(0);
	}
	return pid;
}

/* One probe of many functions. 0 or -errno; @def has its id, or the error. */
static inline int define_targets(int dev, const char *text,
				 const uint64_t *targets, unsigned int nr,
				 struct kpx_define *def)
{
	*def = (struct kpx_define){
		.size = sizeof(*def),
		.text = (uintptr_t)text,
		.text_len = strlen(text),
		.targets = (uintptr_t)targets,
		.nr_targets = nr,
	};
	return ioctl(dev, KPX_IOC_DEFINE, def) ? -errno : 0;
}

/* Of a file with one in each line; *@nr of them. */
static inline uint64_t *read_addresses(const char *path, unsigned int *nr)
{
	uint64_t *addresses = calloc(KPX_TARGETS_MAX + 1, sizeof(*addresses));
	FILE *file = fopen(path, "r");
	unsigned long long address;

	*nr = 0;
	while (file && *nr < KPX_TARGETS_MAX &&
	       fscanf(file, "%llx", &address) == 1)
		addresses[(*nr)++] = address;
	if (file)
		fclose(file);
	return addresses;
}

/* Where returns of many functions need no kretprobe each: see kernel/compat.h. */
static inline int has_fprobes(void)
{
	static int known = -1;
	unsigned int major, minor;
	struct utsname name;
	char line[1024];
	FILE *file;

	if (known >= 0)
		return known;
	known = 0;
	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 || major != 6 ||
	    minor < 7 || minor > 13)
		return known;
	file = fopen("/proc/kallsyms", "r");
	while (file && !known && fgets(line, sizeof(line), file))
		known = strstr(line, " register_fprobe_ips\n") != NULL;
	if (file)
		fclose(file);
	return known;
}

/* A sampling event's ring, with IP and RAW in each sample. */
struct ring {
	struct perf_event_mmap_page *head;
	char *data;
	uint64_t size, tail;
	int may_lose; /* it is no failure if samples were lost */
};

struct sample {
	uint64_t ip;
	uint32_t bytes;
	char raw[8192] __attribute__((aligned(8)));
};

#define SAMPLE_TYPE (PERF_SAMPLE_IP | PERF_SAMPLE_RAW)

static inline int ring_map(struct ring *ring, int fd, unsigned int pages)
{
	long page = sysconf(_SC_PAGESIZE);

	ring->tail = 0;
	ring->may_lose = 0;
	ring->size = pages * page;
	ring->head = mmap(NULL, ring->size + page, PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);
	if (ring->head == MAP_FAILED)
		return -errno;
	ring->data = (char *)ring->head + page;
	return 0;
}

static inline void ring_unmap(struct ring *ring)
{
	munmap(ring->head, ring->size + sysconf(_SC_PAGESIZE));
}

static inline void ring_copy(const struct ring *ring, uint64_t at, void *to,
			     size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		((char *)to)[i] = ring->data[(at + i) % ring->size];
}

/* The next sample; 0 if there's none. Other records are passed over. */
static inline int ring_next(struct ring *ring, struct sample *sample)
{
	uint64_t end =
		__atomic_load_n(&ring->head->data_head, __ATOMIC_ACQUIRE);
	struct perf_event_header header;
	uint64_t at;

	while (ring->tail < end) {
		at = ring->tail;
		ring_copy(ring, at, &header, sizeof(header));
		ring->tail += header.size;
		__atomic_store_n(&ring->head->data_tail, ring->tail,
				 __ATOMIC_RELEASE);
		CHECK(header.type != PERF_RECORD_LOST || ring->may_lose,
		      "samples were lost");
		if (header.type != PERF_RECORD_SAMPLE)
			continue;
		ring_copy(ring, at + 8, &sample->ip, 8);
		ring_copy(ring, at + 16, &sample->bytes, 4);
		if (sample->bytes > sizeof(sample->raw)) {
			CHECK(0, "a record of %u bytes", sample->bytes);
			return 0;
		}
		ring_copy(ring, at + 20, sample->raw, sample->bytes);
		return 1;
	}
	return 0;
}

static inline uint64_t raw_u64(const struct sample *sample, unsigned int at)
{
	uint64_t value = 0;

	if (at + 8 <= sample->bytes)
		memcpy(&value, sample->raw + at, 8);
	else
		CHECK(0, "no u64 at %u of %u bytes", at, sample->bytes);
	return value;
}

/* Argument @n of a definition whose fields are all of 8 bytes. */
static inline uint64_t raw_arg(const struct sample *sample, unsigned int n)
{
	return raw_u64(sample, 16 + 8 * n);
}

/* The address of kpxt_NAME, as the module says. */
static inline uint64_t target_address(const char *name)
{
	FILE *file = fopen("/sys/kernel/debug/kpx_targets/functions", "r");
	unsigned long long address;
	char found[64];

	while (file && fscanf(file, "%63s %llx", found, &address) == 2)
		if (!strcmp(found, name)) {
			fclose(file);
			return address;
		}
	if (file)
		fclose(file);
	CHECK(0, "no target %s", name);
	return 0;
}

#endif /* TESTS_VM_KERNEL_TARGETS_H */
