// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel-bench - what a hit costs, by mechanism and by what becomes of it
 *
 * usage: kernel-bench ROUNDS TURNS
 *
 * Runs in a VM with kprobex.ko and kpx_bench.ko loaded; tests/bench/kernel.py
 * is what starts it. All variants are armed at once, each on a function of its
 * own; a round calls each function TURNS times, in an order that changes from
 * round to round. Lines on stdout, numbers apart from the last word's:
 *
 *	variant NUMBER SIDE MECHANISM SCENARIO ok|na REASON…
 *	round ROUND VARIANT NS CYCLES
 *	done
 *
 * Every hit is accounted for in the end: calls, the probe's own count, the
 * event's count, records, and the arguments in each. If one is off, no "done"
 * is printed and the status is 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kpx_bench.h"
#include "variant.h"

/* ours: config:32-35 */
enum {
	MODE_AUTO,
	MODE_INT3,
	MODE_JUMP,
	MODE_FTRACE
};

enum {
	CALL = 0xe8,
	JUMP = 0xe9,
	INT3 = 0xcc
};

/* An optimised kprobe takes up to half a second to become a jump. */
#define OPTIMISE_MS 3000

static const struct {
	const struct side *side;
	const char *name;
	unsigned int mode;
	bool body;
	uint8_t opcode;
} mechanisms[] = {
	{ &ours, "auto", MODE_AUTO, false, 0 },
	{ &ours, "ftrace", MODE_FTRACE, false, CALL },
	{ &ours, "auto-body", MODE_AUTO, true, 0 },
	{ &ours, "jump", MODE_JUMP, true, JUMP },
	{ &ours, "int3", MODE_INT3, true, INT3 },
	{ &stock, "ftrace", 0, false, CALL },
	{ &stock, "optimised", 0, true, JUMP },
};

#define NR_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

static const char *const scenarios[NR_SCENARIOS] = {
	[ARMED] = "armed",     [COUNTED] = "counted",
	[SAMPLED] = "sampled", [FILTERED] = "filtered",
	[RETURN] = "return",   [RETURN_SAMPLED] = "return-sampled",
};

/* The first four have no probe; two of these have no event either. */
enum {
	V_BASE,
	V_HOOK,
	V_PERF,
	V_SAMPLE,
	V_PROBES
};

/* Who runs programs, all at a function's entry; the last can't without any. */
static const struct {
	const struct side *side;
	const char *name;
} runners[] = {
	{ &ours, "auto" },
	{ &stock, "ftrace" },
	{ &libbpf, "libbpf" },
};

static const unsigned int programs[] = { 1, 4, 16, 64 };

#define NR_RUNNERS  (sizeof(runners) / sizeof(runners[0]))
#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

#define V_PROGRAMS (V_PROBES + NR_MECHANISMS * NR_SCENARIOS)
#define NR_VARIANTS \
	(V_PROGRAMS + 2 * (NR_RUNNERS - 1) + NR_RUNNERS * NR_PROGRAMS * 2)

static struct variant variants[NR_VARIANTS] = {
	[V_BASE] = { .side = &floor_side,
		     .mechanism = "call",
		     .scenario = ARMED,
		     .target = KPX_BENCH_FIRST },
	[V_HOOK] = { .side = &floor_side,
		     .mechanism = "ftrace",
		     .scenario = ARMED,
		     .target = KPX_BENCH_HOOKED },
	[V_PERF] = { .side = &floor_side,
		     .mechanism = "perf",
		     .scenario = SAMPLED,
		     .target = KPX_BENCH_PERF },
	[V_SAMPLE] = { .side = &floor_side,
		       .mechanism = "ftrace",
		       .scenario = SAMPLED,
		       .target = KPX_BENCH_SAMPLED },
};
static int bench_fd;

int unavailable(struct variant *variant, int error, const char *format, ...)
{
	char what[96];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(variant->why, sizeof(variant->why), "%s (%s)",
		 strerrorname_np(error), what);
	return -error;
}

static void print_name(FILE *file, const struct variant *variant)
{
	fprintf(file, "%s %s ", variant->side->name, variant->mechanism);
	if (variant->scenario == PROGRAMS)
		fprintf(file, "programs-%u-%u", variant->programs,
			variant->verdict);
	else
		fputs(scenarios[variant->scenario], file);
}

void broken(const struct variant *variant, const char *format, ...)
{
	va_list args;

	fputs("kernel-bench: ", stderr);
	print_name(stderr, variant);
	fputs(": ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "kernel-bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct kpx_bench_info target_info(unsigned int target)
{
	struct kpx_bench_info info = { .target = target };

	if (ioctl(bench_fd, KPX_BENCH_INFO, &info))
		die("KPX_BENCH_INFO");
	return info;
}

uint64_t hooked_calls(void)
{
	return target_info(KPX_BENCH_HOOKED).hooked;
}

/* The first byte that the mechanism has changed, wherever its probe is. */
static uint8_t opcode_now(const struct variant *variant)
{
	struct kpx_bench_info info = target_info(variant->target);

	/* the fentry call is five bytes long and ends where the body starts */
	return info.text[variant->body ? info.body : info.body - 5];
}

static struct perf_event_attr attr_of(const struct variant *variant)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };

	if (!is_sampling(variant))
		return attr;
	/* as perf record -a -c1 has it for a kprobe event */
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			   PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD |
			   PERF_SAMPLE_RAW;
	attr.watermark = 1;
	attr.wakeup_watermark = RING_WAKEUP;
	return attr;
}

static int open_event(struct variant *variant, struct perf_event_attr *attr)
{
	bool elsewhere = variant->scenario == ARMED ||
			 variant->scenario == PROGRAMS;
	int cpu = elsewhere ? OTHER_CPU : CPU;
	int ret;

	variant->fd = syscall(SYS_perf_event_open, attr, -1, cpu, -1,
			      PERF_FLAG_FD_CLOEXEC);
	if (variant->fd < 0)
		return unavailable(variant, errno, "perf_event_open");
	if (is_sampling(variant)) {
		ret = ring_open(&variant->ring, variant->fd);
		if (ret)
			return unavailable(variant, -ret, "mmap");
	}
	return variant->side->finish ? variant->side->finish(variant) : 0;
}

/* "kpx_bench:kpx_bench_10", or "kpx_bench:kpx_bench_10+9" for the body. */
static void print_place(const struct variant *variant, char *place, size_t size)
{
	int length = snprintf(place, size, "kpx_bench:kpx_bench_%u",
			      variant->target);

	if (variant->body)
		snprintf(place + length, size - length, "+%u",
			 target_info(variant->target).body);
}

static int attach_programs(struct variant *variant,
			   const struct perf_event_attr *attr)
{
	unsigned int slot;
	int fd;

	for (slot = 0; slot < variant->programs; slot++) {
		fd = variant->side->attach(variant, attr, slot);
		if (fd < 0)
			return fd;
		variant->fds[slot] = fd;
	}
	variant->fd = variant->fds[0];
	return 0;
}

static int probe(struct variant *variant)
{
	struct perf_event_attr attr = attr_of(variant);
	char place[64];
	int ret;

	/* a return is probed at the entry only */
	if (is_return(variant) && variant->body)
		return unavailable(variant, EINVAL,
				   "returns are probed at the entry");
	print_place(variant, place, sizeof(place));
	ret = variant->side->define(variant, place, &attr);
	if (ret)
		return ret;
	return variant->programs ? attach_programs(variant, &attr) :
				   open_event(variant, &attr);
}

static void drop(struct variant *variant)
{
	unsigned int slot;

	for (slot = 0; slot < variant->programs; slot++)
		if (variant->fds[slot] >= 0)
			close(variant->fds[slot]);
	if (!variant->programs && variant->fd >= 0)
		close(variant->fd);
	variant->fd = -1;
}

/* Waits for it: what isn't there by then is another mechanism than the row's. */
static void await_opcode(struct variant *variant)
{
	unsigned int ms;

	for (ms = 0; variant->opcode && ms < OPTIMISE_MS; ms += 100) {
		if (opcode_now(variant) == variant->opcode)
			return;
		usleep(100 * 1000);
	}
	if (!variant->opcode)
		return;
	unavailable(variant, EOPNOTSUPP, "its text is %#x, not %#x",
		    opcode_now(variant), variant->opcode);
	drop(variant);
}

static void fill_variants(void)
{
	struct variant *variant = variants + V_PROBES;
	unsigned int m, s;

	_Static_assert(NR_VARIANTS - V_PROBES <
			       KPX_BENCH_SAMPLED - KPX_BENCH_FIRST,
		       "too few functions in kpx_bench.ko");
	for (s = 0; s < NR_SCENARIOS; s++)
		for (m = 0; m < NR_MECHANISMS; m++, variant++) {
			variant->side = mechanisms[m].side;
			variant->mechanism = mechanisms[m].name;
			variant->mode = mechanisms[m].mode;
			variant->body = mechanisms[m].body;
			variant->opcode = mechanisms[m].opcode;
			variant->scenario = s;
			variant->target = KPX_BENCH_FIRST + 1 +
					  (variant - variants - V_PROBES);
			variant->fd = -1;
		}
}

static void fill_runner(struct variant *variant, unsigned int runner,
			unsigned int count, unsigned int verdict)
{
	variant->side = runners[runner].side;
	variant->mechanism = runners[runner].name;
	variant->opcode = CALL;
	variant->scenario = PROGRAMS;
	variant->programs = count;
	variant->verdict = verdict;
	variant->target = KPX_BENCH_FIRST + 1 + (variant - variants - V_PROBES);
	variant->fd = -1;
	memset(variant->fds, -1, sizeof(variant->fds));
}

static void fill_programs(void)
{
	struct variant *variant = variants + V_PROGRAMS;
	unsigned int p, r, verdict;

	for (r = 0; r < NR_RUNNERS - 1; r++) {
		fill_runner(variant++, r, 0, DROPS);
		fill_runner(variant++, r, 1, CALLS);
	}
	for (p = 0; p < NR_PROGRAMS; p++)
		for (verdict = DROPS; verdict <= KEEPS; verdict++)
			for (r = 0; r < NR_RUNNERS; r++)
				fill_runner(variant++, r, programs[p], verdict);
}

static void print_variant(const struct variant *variant)
{
	printf("variant %u ", (unsigned int)(variant - variants));
	print_name(stdout, variant);
	if (variant->fd < 0)
		printf(" na %s\n", variant->why);
	else
		puts(" ok");
}

static void open_variants(void)
{
	struct variant *variant;
	unsigned int v;

	fill_variants();
	fill_programs();
	for (variant = variants + V_PERF; variant < variants + NR_VARIANTS;
	     variant++)
		if (probe(variant))
			drop(variant);
	for (v = V_PROBES; v < NR_VARIANTS; v++)
		if (variants[v].fd >= 0 && !is_return(&variants[v]))
			await_opcode(&variants[v]);
	for (v = 0; v < NR_VARIANTS; v++)
		print_variant(&variants[v]);
}

static void measure(struct variant *variant, unsigned int turns, int round)
{
	struct kpx_bench_run run = { .target = variant->target,
				     .turns = turns };

	run.first = variant->turns;
	if (ioctl(bench_fd, KPX_BENCH_RUN, &run))
		die("KPX_BENCH_RUN");
	variant->turns += turns;
	if (variant->ring.map)
		ring_drain(variant, run.first);
	if (round >= 0)
		printf("round %d %u %llu %llu\n", round,
		       (unsigned int)(variant - variants),
		       (unsigned long long)run.ns,
		       (unsigned long long)run.cycles);
}

/*
 * What ran before has left its code in the caches, so each variant comes behind
 * each other in turn: the multiples of another number each time, modulo a prime.
 */
#define ORDER_PRIME 79
static void run_round(int round, unsigned int turns)
{
	unsigned int i, v,
		step = 1 + (unsigned int)(round + 1) % (ORDER_PRIME - 1);

	_Static_assert(NR_VARIANTS <= ORDER_PRIME, "take a larger prime");
	for (i = 0; i < ORDER_PRIME; i++) {
		v = i * step % ORDER_PRIME;
		if (v < NR_VARIANTS && variants[v].fd >= 0)
			measure(&variants[v], turns, round);
	}
}

static void expect(const struct variant *variant, const char *what,
		   uint64_t got, uint64_t want)
{
	if (got != want)
		broken(variant, "%llu %s, not %llu", (unsigned long long)got,
		       what, (unsigned long long)want);
}

/* ours' own statistics have been checked */
static void verify_counts(const struct variant *variant)
{
	uint64_t count, want = 0;
	unsigned int slot;

	if (variant->side == &libbpf && variant->verdict)
		want = variant->turns;
	for (slot = 0; slot < variant->programs; slot++) {
		if (read(variant->fds[slot], &count, sizeof(count)) !=
		    sizeof(count))
			die("reading a program's count");
		expect(variant, "counted", count, want);
	}
}

static void verify_event(const struct variant *variant)
{
	bool seen = variant->scenario != ARMED &&
		    variant->scenario != FILTERED &&
		    variant->scenario != PROGRAMS;
	uint64_t count = 0;

	if (read(variant->fd, &count, sizeof(count)) != sizeof(count))
		die("reading a count");
	expect(variant, "counted", count, seen ? variant->turns : 0);
	expect(variant, "records", variant->records,
	       seen && is_sampling(variant) ? variant->turns : 0);
	if (variant->opcode && !is_return(variant))
		expect(variant, "as the text's byte", opcode_now(variant),
		       variant->opcode);
}

static void verify(void)
{
	struct variant *variant;

	for (variant = variants + V_HOOK; variant < variants + NR_VARIANTS;
	     variant++) {
		if (variant->fd < 0)
			continue;
		expect(variant, "hits", variant->side->hits(variant),
		       variant->turns);
		if (!variant->programs && variant != variants + V_HOOK)
			verify_event(variant);
		else if (variant->programs && variant->side != &ours)
			verify_counts(variant);
	}
}

/* Each program has run for each variant that has it, at each hit. */
static void verify_runs(unsigned int verdict, unsigned int slot)
{
	uint64_t want = 0, got = program_runs(verdict, slot);
	unsigned int v;

	for (v = V_PROGRAMS; v < NR_VARIANTS; v++)
		if (variants[v].fd >= 0 && variants[v].programs > slot &&
		    variants[v].verdict == verdict)
			want += variants[v].turns;
	if (got == want)
		return;
	fprintf(stderr,
		"kernel-bench: program %u of verdict %u ran %llu times, not %llu\n",
		slot, verdict, (unsigned long long)got,
		(unsigned long long)want);
	exit(1);
}

/*
 * The first finds nothing in any cache, and isn't reported. In it the kernel
 * counts the programs' runs, which takes time.
 */
static void run_first_round(unsigned int turns)
{
	unsigned int verdict, slot;
	int count = programs_count();

	run_round(-1, turns);
	for (verdict = 0; verdict < NR_VERDICTS; verdict++)
		for (slot = 0; slot < PROGRAMS_MAX; slot++)
			verify_runs(verdict, slot);
	close(count);
}

static void pin(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(CPU, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
}

int main(int argc, char **argv)
{
	static char out[1 << 16];
	int round, rounds, turns;

	rounds = argc == 3 ? atoi(argv[1]) : 0;
	turns = argc == 3 ? atoi(argv[2]) : 0;
	if (rounds < 1 || turns < 1 || turns > RING_WAKEUP / 128) {
		fprintf(stderr, "usage: kernel-bench ROUNDS TURNS(<=%d)\n",
			RING_WAKEUP / 128);
		return 2;
	}
	setvbuf(stdout, out, _IOFBF, sizeof(out));
	bench_fd = open(KPX_BENCH_DEVICE, O_RDWR | O_CLOEXEC);
	if (bench_fd < 0)
		die(KPX_BENCH_DEVICE);
	pin();
	open_variants();
	run_first_round(turns);
	for (round = 0; round < rounds; round++)
		run_round(round, turns);
	verify();
	puts("done");
	return 0;
}
