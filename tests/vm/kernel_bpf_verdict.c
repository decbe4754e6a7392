// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_verdict: what programs return decides about the hit, for all that
 * listen to the probe, and each hit is in the book.
 */
#include "bpf.h"
#include "kernel_targets.h"

#define HITS 1000

static int dev;

static int open_config(unsigned int id, unsigned int unit)
{
	struct perf_event_attr attr = attr_config(config_of(id, 0, unit, 0));
	int fd = perf_open(&attr, 0, -1);

	CHECK(fd >= 0, "open unit %u: %s", unit, strerror(-fd));
	return fd;
}

/* Samples in the ring, which is emptied. */
static unsigned int samples_in(struct ring *ring)
{
	static struct sample sample;
	unsigned int n = 0;

	while (ring_next(ring, &sample))
		n++;
	return n;
}

static int open_sampling(unsigned int type, uint64_t config, struct ring *ring)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int fd;

	attr.type = type;
	attr.config = config;
	attr.sample_period = 1;
	attr.sample_type = SAMPLE_TYPE;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open: %s", strerror(-fd));
	CHECK(!ring_map(ring, fd, 64), "no ring");
	return fd;
}

/* ---- the AND ------------------------------------------------------------- */

struct row {
	const char *what;
	int returned[4]; /* by the programs; -1: no more */
	int passes;
};

static const struct row rows[] = {
	{ "none", { -1, -1, -1, -1 }, 1 },
	{ "1", { 1, -1, -1, -1 }, 1 },
	{ "0", { 0, -1, -1, -1 }, 0 },
	{ "3", { 3, -1, -1, -1 }, 1 },
	/* the AND begins with 1, as the kernel's does */
	{ "2", { 2, -1, -1, -1 }, 0 },
	{ "2 and 6", { 2, 6, -1, -1 }, 0 },
	{ "3 and 1", { 3, 1, -1, -1 }, 1 },
	{ "1 and 2", { 1, 2, -1, -1 }, 0 },
	{ "2 and 1", { 2, 1, -1, -1 }, 0 },
	{ "7, 5, 3 and 1", { 7, 5, 3, 1 }, 1 },
	{ "1, 1, 0 and 1", { 1, 1, 0, 1 }, 0 },
	{ "0, 1, 1 and 1", { 0, 1, 1, 1 }, 0 },
};

static void try_row(const struct row *row)
{
	struct kpx_bpf_program programs[KPX_PROGRAMS_MAX];
	unsigned int id = defined(dev, "p:bpf_and kpxt_f1 a=$arg1 b=$arg2", 0);
	unsigned int passed = row->passes ? HITS : 0, traces;
	int event = open_config(id, KPX_UNIT_HITS);
	int filtered = open_config(id, KPX_UNIT_FILTERED);
	struct ring ring, trace_ring;
	int sampling = open_sampling(pmu_type(), id, &ring);
	int traced = open_sampling(PERF_TYPE_TRACEPOINT,
				   trace_event_id("bpf_and"), &trace_ring);
	struct kpx_stats before, stats;
	int fds[4], nr, i, ret;

	for (nr = 0; nr < 4 && row->returned[nr] >= 0; nr++) {
		fds[nr] = program_returning(row->returned[nr]);
		ret = bpf_attach_to(dev, id, fds[nr], 0, 100 + nr);
		CHECK(!ret, "%s: attach: %s", row->what, strerror(-ret));
	}
	before = stats_of(dev, id);
	CHECK((int)before.programs == nr, "%s: %u programs", row->what,
	      before.programs);
	call("f1 %d 5", HITS);
	stats = stats_since(dev, id, &before);
	check_book(row->what, &stats);
	CHECK(stats.entered == HITS && stats.offered == passed &&
		      stats.filtered_bpf == HITS - passed,
	      "%s: entered %llu, offered %llu, filtered_bpf %llu", row->what,
	      ull(stats.entered), ull(stats.offered), ull(stats.filtered_bpf));
	CHECK(stats.bpf_runs == (nr ? HITS : 0U) && !stats.bpf_busy,
	      "%s: ran %llu times, %llu busy", row->what, ull(stats.bpf_runs),
	      ull(stats.bpf_busy));
	CHECK(event_count(event) == passed, "%s: counted %llu", row->what,
	      ull(event_count(event)));
	CHECK(event_count(sampling) == passed && samples_in(&ring) == passed,
	      "%s: sampled %llu", row->what, ull(event_count(sampling)));
	CHECK(event_count(filtered) == HITS - passed, "%s: %llu are filtered",
	      row->what, ull(event_count(filtered)));
	traces = samples_in(&trace_ring);
	CHECK(traces == passed, "%s: the trace event has %u", row->what,
	      traces);
	/* all run, whatever the first ones say */
	ret = bpf_query(dev, id, programs);
	CHECK(ret == nr, "%s: query: %d", row->what, ret);
	for (i = 0; i < nr; i++) {
		CHECK(programs[i].runs == HITS, "%s: program %u ran %llu times",
		      row->what, i, ull(programs[i].runs));
		CHECK(programs[i].cookie == 100ULL + i && !programs[i].flags &&
			      programs[i].id == program_id(fds[i]),
		      "%s: program %u: id %u, cookie %llu, flags %#x",
		      row->what, i, programs[i].id, ull(programs[i].cookie),
		      programs[i].flags);
		ret = bpf_detach(dev, id, programs[i].id);
		CHECK(!ret, "%s: detach: %s", row->what, strerror(-ret));
		close(fds[i]);
	}
	ring_unmap(&ring);
	ring_unmap(&trace_ring);
	close(event);
	close(filtered);
	close(sampling);
	close(traced);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- with a condition ---------------------------------------------------- */

/* Half of the hits don't come to the programs. */
static void try_condition(const char *text, const char *what)
{
	unsigned int id = defined(dev, text, 0);
	int event = open_config(id, KPX_UNIT_HITS);
	int filtered = open_config(id, KPX_UNIT_FILTERED);
	int zero = program_returning(0), one = program_returning(1), ret;
	struct kpx_bpf_program program = {};
	struct kpx_stats before, stats;

	ret = bpf_attach_to(dev, id, one, 0, 0);
	CHECK(!ret, "%s: attach: %s", what, strerror(-ret));
	before = stats_of(dev, id);
	/* the words 0 to HITS - 1; f1 returns one more */
	call("f1 %d 0", HITS);
	ret = bpf_attach_to(dev, id, zero, 0, 0);
	CHECK(!ret, "%s: attach: %s", what, strerror(-ret));
	call("f1 %d 0", HITS);
	stats = stats_since(dev, id, &before);
	check_book(what, &stats);
	CHECK(stats.entered == 2 * HITS && stats.filtered_pred == HITS &&
		      stats.filtered_bpf == HITS / 2 &&
		      stats.offered == HITS / 2 && stats.bpf_runs == HITS,
	      "%s: entered %llu, filtered_pred %llu, filtered_bpf %llu, offered %llu, ran %llu times",
	      what, ull(stats.entered), ull(stats.filtered_pred),
	      ull(stats.filtered_bpf), ull(stats.offered), ull(stats.bpf_runs));
	CHECK(event_count(event) == HITS / 2, "%s: counted %llu", what,
	      ull(event_count(event)));
	CHECK(event_count(filtered) == HITS + HITS / 2, "%s: %llu are filtered",
	      what, ull(event_count(filtered)));
	ret = bpf_detach(dev, id, program_id(one));
	CHECK(!ret, "%s: detach: %s", what, strerror(-ret));
	CHECK(bpf_query(dev, id, NULL) == 1, "%s: one is left", what);
	ret = bpf_detach(dev, id, program_id(zero));
	CHECK(!ret, "%s: detach: %s", what, strerror(-ret));
	CHECK(bpf_query(dev, id, &program) == 0, "%s: none is left", what);
	close(zero);
	close(one);
	close(event);
	close(filtered);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- time ---------------------------------------------------------------- */

static void set_verdict(struct bpf_object *object, uint32_t verdict)
{
	uint32_t zero = 0;

	CHECK(!bpf_map_update_elem(map_fd(object, "verdict"), &zero, &verdict,
				   0),
	      "the map");
}

/* An entry's program decides about the time in the function. */
static void try_time(void)
{
	unsigned int id = defined(dev, "p:bpf_time kpxt_sleep ms=$arg1", 0);
	struct perf_event_attr attr =
		attr_config(config_of(id, 0, KPX_UNIT_NS, 0));
	struct bpf_object *object = object_of("verdict");
	int program = program_fd(object, "verdict_pass"), event;
	uint64_t count, dropped, runs;
	struct kpx_stats before, stats;
	struct event_bpf bpf = {};

	event_bpf_add(&bpf, program, 0);
	attr.config2 = (uintptr_t)&bpf.head;
	set_verdict(object, 1);
	event = perf_open(&attr, 0, -1);
	CHECK(event >= 0, "open: %s", strerror(-event));
	before = stats_of(dev, id);
	call("sleep 3 20");
	count = event_count(event);
	CHECK(count >= 60000000, "%llu ns in 3 sleeps of 20 ms", ull(count));
	set_verdict(object, 0);
	call("sleep 3 20");
	dropped = event_count(event) - count;
	CHECK(!dropped, "%llu ns were dropped by a program, and counted",
	      ull(dropped));
	stats = stats_since(dev, id, &before);
	check_book("time", &stats);
	runs = map_u64(map_fd(object, "runs"), 0);
	CHECK(stats.entered == 6 && stats.filtered_bpf == 3 &&
		      stats.offered == 3 && stats.bpf_runs == 6 && runs == 6,
	      "time: entered %llu, filtered_bpf %llu, offered %llu, ran %llu times, %llu says the program",
	      ull(stats.entered), ull(stats.filtered_bpf), ull(stats.offered),
	      ull(stats.bpf_runs), ull(runs));
	close(event);
	CHECK(wait_calls(dev, id, 0), "calls inside");
	CHECK(bpf_query(dev, id, NULL) == 0, "the event's program is there");
	CHECK(!remove_probe(dev, id), "remove");
	bpf_object__close(object);
}

/*
 * A program without an event, and an event for time: the probe is open in two
 * ways, and the program runs twice a call.
 */
static void try_two_ways(void)
{
	unsigned int id = defined(dev, "p:bpf_two kpxt_f1 a=$arg1", 0);
	int event = open_config(id, KPX_UNIT_NS), ret;
	int one = program_returning(1);
	struct kpx_stats before, stats;

	ret = bpf_attach_to(dev, id, one, 0, 0);
	CHECK(!ret, "attach: %s", strerror(-ret));
	before = stats_of(dev, id);
	call("f1 %d 5", HITS);
	stats = stats_since(dev, id, &before);
	check_book("two ways", &stats);
	CHECK(stats.entered == 2 * HITS && stats.offered == 2 * HITS &&
		      stats.bpf_runs == 2 * HITS,
	      "two ways: entered %llu, offered %llu, ran %llu times",
	      ull(stats.entered), ull(stats.offered), ull(stats.bpf_runs));
	CHECK(event_count(event) > 0, "no time");
	close(event);
	ret = bpf_detach(dev, id, program_id(one));
	CHECK(!ret, "detach: %s", strerror(-ret));
	close(one);
	CHECK(wait_calls(dev, id, 0), "calls inside");
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- nobody else --------------------------------------------------------- */

/* Without an event the program is called all the same: it is who listens. */
static void try_alone(const char *text, unsigned int flags)
{
	unsigned int id = defined(dev, text, 0);
	struct bpf_object *object = object_of("verdict");
	int program = program_fd(object, "verdict_pass"), ret;
	int runs = map_fd(object, "runs");
	struct kpx_bpf_program got = {};
	struct kpx_stats before, stats;

	set_verdict(object, 1);
	before = stats_of(dev, id);
	call("f1 %d 5", HITS);
	ret = bpf_attach_to(dev, id, program, flags, 0);
	CHECK(ret >= 0, "%s: attach: %s", text, strerror(-ret));
	CHECK(stats_of(dev, id).events == 0 && stats_of(dev, id).programs == 1,
	      "a program is no event");
	call("f1 %d 5", HITS);
	stats = stats_since(dev, id, &before);
	check_book(text, &stats);
	CHECK(stats.entered == HITS && stats.offered == HITS &&
		      stats.bpf_runs == HITS && map_u64(runs, 0) == HITS,
	      "%s: entered %llu, offered %llu, ran %llu times, %llu says the program",
	      text, ull(stats.entered), ull(stats.offered), ull(stats.bpf_runs),
	      ull(map_u64(runs, 0)));
	set_verdict(object, 0);
	before = stats_of(dev, id);
	call("f1 %d 5", HITS);
	stats = stats_since(dev, id, &before);
	check_book(text, &stats);
	CHECK(stats.entered == HITS && stats.filtered_bpf == HITS,
	      "%s: entered %llu, filtered_bpf %llu", text, ull(stats.entered),
	      ull(stats.filtered_bpf));
	CHECK(bpf_query(dev, id, &got) == 1 && got.runs == 2 * HITS,
	      "%s: query: %llu runs", text, ull(got.runs));
	if (flags & KPX_BPF_LINK)
		close(ret);
	else
		CHECK(!bpf_detach(dev, id, program_id(program)), "detach");
	/* at once no program runs, and soon the kernel doesn't call the probe */
	call("f1 %d 5", HITS);
	CHECK(map_u64(runs, 0) == 2 * HITS, "%s: detached, and ran %llu times",
	      text, ull(map_u64(runs, 0)));
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", text);
	before = stats_of(dev, id);
	call("f1 %d 5", HITS);
	stats = stats_since(dev, id, &before);
	CHECK(!stats.entered, "%s: disarmed, and entered %llu", text,
	      ull(stats.entered));
	CHECK(!remove_probe(dev, id), "remove");
	bpf_object__close(object);
}

/* ---- the kernel's own query ---------------------------------------------- */

static void try_tracepoint_query(void)
{
	unsigned int id =
		defined(dev, "p:bpf_native kpxt_f1 buf=$arg1 count=$arg2", 0);
	struct bpf_object *object = object_of("native");
	struct bpf_program *program = program_of(object, "even_tracepoint");
	struct {
		struct perf_event_query_bpf head;
		__u32 ids[4];
	} query = { .head.ids_len = 4 };
	struct bpf_link *link;
	int event, ret;

	event = trace_event_open("bpf_native", 0, -1);
	CHECK(event >= 0, "open: %s", strerror(-event));
	link = bpf_program__attach_tracepoint(program, "kprobex", "bpf_native");
	CHECK(link, "attach: %s", strerror(errno));
	ret = ioctl(event, PERF_EVENT_IOC_QUERY_BPF, &query);
	CHECK(!ret, "PERF_EVENT_IOC_QUERY_BPF: %s", strerror(errno));
	CHECK(query.head.prog_cnt == 1 &&
		      query.ids[0] == program_id(bpf_program__fd(program)),
	      "%u programs, the first is %u", query.head.prog_cnt,
	      query.ids[0]);
	/* the trace event's own programs aren't the probe's */
	CHECK(bpf_query(dev, id, NULL) == 0, "the probe has %d programs",
	      bpf_query(dev, id, NULL));
	call("f1 %d 1 2", HITS);
	CHECK(event_count(event) == HITS, "count=2 passes: %llu",
	      ull(event_count(event)));
	call("f1 %d 1 3", HITS);
	CHECK(event_count(event) == HITS, "count=3 is dropped: %llu",
	      ull(event_count(event)));
	bpf_link__destroy(link);
	close(event);
	bpf_object__close(object);
	CHECK(!remove_probe(dev, id), "remove");
}

/* The first instruction behind the entry, with and without an endbr. */
static const char *body_of_f1(void)
{
	static const char with[] = "p kpxt_f1+9 a=%di",
			  without[] = "p kpxt_f1+5 a=%di";
	unsigned int id = 0;

	if (define_probe(dev, without, 0, &id))
		return with;
	CHECK(!remove_probe(dev, id), "remove");
	return without;
}

int main(void)
{
	unsigned int i;

	bpf_begin();
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);
	try_condition("p:bpf_if kpxt_f1 a=$arg1:s64 if a >= 500", "if");
	try_condition("r:bpf_if kpxt_f1 v=$retval:s64 if v > 500", "r if");
	try_time();
	try_two_ways();
	try_alone("p:bpf_alone kpxt_f1 a=$arg1", 0);
	try_alone("p:bpf_alone kpxt_f1 a=$arg1", KPX_BPF_LINK);
	try_alone("r:bpf_alone kpxt_f1 a=$retval", 0);
	try_alone(body_of_f1(), 0);
	try_tracepoint_query();
	close(dev);
	return !!failures;
}
