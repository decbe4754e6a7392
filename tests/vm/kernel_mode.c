// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each mechanism at places of each kind: it is in force or refused with a
 * reason, every hit is counted and recorded with the registers that the function
 * was called with, and the function still works.
 */
#include "kernel_targets.h"

#define TURNS 100
#define ARGS  "a=%di b=%si c=%dx d=%cx e=%r8 f=%r9"

enum {
	AUTO = 1 << KPX_MODE_AUTO,
	INT3 = 1 << KPX_MODE_INT3,
	JUMP = 1 << KPX_MODE_JUMP,
	FTRACE = 1 << KPX_MODE_FTRACE,
	ANY = INT3 | JUMP,
	/* the kernel may or may not: then the hits must be right, too */
	MAY_JUMP = 1 << 8,
};

/* @in: what is in force, by mode; 0: refused. */
static const struct place {
	const char *function, *place;
	unsigned int in[4];
} places[] = {
	{ "win_1", "kpxt_win_1", { ANY, INT3, JUMP, 0 } },
	{ "win_2", "kpxt_win_2", { ANY, INT3, JUMP, 0 } },
	{ "win_3", "kpxt_win_3", { ANY, INT3, JUMP, 0 } },
	{ "win_5", "kpxt_win_5", { ANY, INT3, JUMP, 0 } },
	{ "win_loop", "kpxt_win_loop", { INT3, INT3, 0, 0 } },
	{ "win_short", "kpxt_win_short_tail", { INT3, INT3, 0, 0 } },
	{ "win_jmp", "kpxt_win_jmp", { ANY, INT3, MAY_JUMP, 0 } },
	{ "win_call", "kpxt_win_call", { ANY, INT3, MAY_JUMP, 0 } },
	{ "entry_1", "kpxt_entry_1", { FTRACE, INT3, JUMP, FTRACE } },
	{ "entry_2", "kpxt_entry_2", { FTRACE, INT3, JUMP, FTRACE } },
	{ "entry_3", "kpxt_entry_3", { FTRACE, INT3, JUMP, FTRACE } },
	{ "entry_5", "kpxt_entry_5", { FTRACE, INT3, JUMP, FTRACE } },
	{ "entry_loop", "kpxt_entry_loop", { FTRACE, INT3, 0, FTRACE } },
};

static const char *const names[] = { "auto", "int3", "jump", "ftrace" };
static int dev;

static void check_records(const struct place *place, const char *mode,
			  struct ring *ring)
{
	struct sample sample;
	unsigned int n = 0;

	while (ring_next(ring, &sample)) {
		CHECK(raw_arg(&sample, 0) == 1000 + n &&
			      raw_arg(&sample, 1) == 7 &&
			      raw_arg(&sample, 2) == ~0ULL &&
			      raw_arg(&sample, 3) == 9 &&
			      raw_arg(&sample, 4) == 10 &&
			      raw_arg(&sample, 5) == 11,
		      "%s %s: the registers of hit %u: %llx %llx %llx %llx",
		      place->place, mode, n,
		      (unsigned long long)raw_arg(&sample, 0),
		      (unsigned long long)raw_arg(&sample, 1),
		      (unsigned long long)raw_arg(&sample, 2),
		      (unsigned long long)raw_arg(&sample, 3));
		n++;
	}
	CHECK(n == TURNS, "%s %s: %u records", place->place, mode, n);
}

static void call_place(const struct place *place, const char *mode)
{
	call("%s %u 1000 7 0xffffffffffffffff 9 10 11", place->function, TURNS);
	CHECK(call_sum() == TURNS * 1007ULL + TURNS * (TURNS - 1) / 2,
	      "%s %s: the function returns something else", place->place, mode);
}

static void check_mechanism(const struct place *place, unsigned int mode,
			    unsigned int id)
{
	unsigned int want = place->in[mode];
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	if (want == MAY_JUMP)
		want = JUMP;
	CHECK(stats.mechanisms && !(stats.mechanisms & ~want),
	      "%s %s: mechanisms %#x", place->place, names[mode],
	      stats.mechanisms);
}

static void check_refused(const struct place *place, unsigned int mode, int ret)
{
	CHECK(ret == -EOPNOTSUPP, "%s %s: %d", place->place, names[mode], ret);
	CHECK(error_log_says(mode == KPX_MODE_JUMP ? "MODE_JUMP" :
						     "MODE_FTRACE"),
	      "%s %s: error_log doesn't say why", place->place, names[mode]);
}

static void check_hits(const struct place *place, unsigned int mode,
		       unsigned int id, int sampling, int counting)
{
	struct kpx_stats before, after;
	struct ring ring;

	CHECK(!ring_map(&ring, sampling, 16), "ring: %s", strerror(errno));
	check_mechanism(place, mode, id);
	CHECK(!probe_stats(dev, id, &before), "stats");
	call_place(place, names[mode]);
	CHECK(event_count(sampling) == TURNS, "%s %s: sampling counts %llu",
	      place->place, names[mode],
	      (unsigned long long)event_count(sampling));
	CHECK(event_count(counting) == TURNS, "%s %s: counting counts %llu",
	      place->place, names[mode],
	      (unsigned long long)event_count(counting));
	CHECK(!probe_stats(dev, id, &after), "stats");
	CHECK(after.offered - before.offered == TURNS &&
		      after.entered - before.entered == TURNS,
	      "%s %s: offered %llu", place->place, names[mode],
	      (unsigned long long)(after.offered - before.offered));
	if (mode == KPX_MODE_JUMP)
		CHECK(after.by_int3 == before.by_int3, "%s: %llu hits by int3",
		      place->place,
		      (unsigned long long)(after.by_int3 - before.by_int3));
	check_records(place, names[mode], &ring);
	check_mechanism(place, mode, id);
	ring_unmap(&ring);
}

static void try_mode(const struct place *place, unsigned int mode)
{
	struct perf_event_attr attr;
	int sampling, counting;
	unsigned int id = 0;
	char text[128];

	snprintf(text, sizeof(text), "p kpx_targets:%s %s", place->place, ARGS);
	CHECK(!define_probe(dev, text, 0, &id), "define %s", text);
	attr = attr_config(config_of(id, mode, 0, 0));
	counting = perf_open(&attr, 0, -1);
	if (!place->in[mode] || (place->in[mode] == MAY_JUMP && counting < 0)) {
		check_refused(place, mode, counting);
	} else if (counting < 0) {
		CHECK(0, "%s %s: open: %d", place->place, names[mode],
		      counting);
	} else {
		attr.sample_period = 1;
		attr.sample_type = SAMPLE_TYPE;
		sampling = perf_open(&attr, 0, -1);
		CHECK(sampling >= 0, "%s %s: open: %d", place->place,
		      names[mode], sampling);
		check_hits(place, mode, id, sampling, counting);
		close(sampling);
	}
	if (counting >= 0)
		close(counting);
	CHECK(wait_mechanisms(dev, id, 0), "%s %s: still armed", place->place,
	      names[mode]);
	/* what was patched is as it was */
	call_place(place, "closed");
	CHECK(!remove_probe(dev, id), "remove");
}

/* All modes at a place at once: each counts all hits. */
static void try_all(const struct place *place)
{
	int fds[4], mode, ret;
	unsigned int id = 0;
	char text[128];

	snprintf(text, sizeof(text), "p kpx_targets:%s %s", place->place, ARGS);
	CHECK(!define_probe(dev, text, 0, &id), "define %s", text);
	for (mode = 0; mode < 4; mode++) {
		struct perf_event_attr attr =
			attr_config(config_of(id, mode, 0, 0));

		/* beside an int3, none can be a jump */
		fds[mode] = mode == KPX_MODE_JUMP ? -1 :
						    perf_open(&attr, 0, -1);
	}
	call_place(place, "all modes");
	for (mode = 0; mode < 4; mode++) {
		if (fds[mode] < 0)
			continue;
		CHECK(event_count(fds[mode]) == TURNS,
		      "%s: mode %s beside others counts %llu", place->place,
		      names[mode], (unsigned long long)event_count(fds[mode]));
		close(fds[mode]);
	}
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", place->place);
	ret = remove_probe(dev, id);
	CHECK(!ret, "remove: %d", ret);
}

/* What a return hook is reached by has no choice. */
static void try_returns(void)
{
	unsigned int mode, unit, id[2] = { 0, 0 };
	int fd, i;

	CHECK(!define_probe(dev, "r kpx_targets:kpxt_f0 $retval", 0, &id[0]),
	      "define");
	CHECK(!define_probe(dev, "p kpx_targets:kpxt_f1", 0, &id[1]), "define");
	for (i = 0; i < 2; i++) {
		unit = i ? KPX_UNIT_NS : KPX_UNIT_HITS;
		for (mode = 0; mode < 4; mode++) {
			struct perf_event_attr attr =
				attr_config(config_of(id[i], mode, unit, 0));

			fd = perf_open(&attr, 0, -1);
			if (mode == KPX_MODE_INT3 || mode == KPX_MODE_JUMP) {
				CHECK(fd == -EOPNOTSUPP, "return, mode %u: %d",
				      mode, fd);
				CHECK(error_log_says("MODE_RETURN"),
				      "error_log doesn't say why");
			} else {
				CHECK(fd >= 0, "return, mode %u: %d", mode, fd);
				call("f%d 10", i);
				CHECK(event_count(fd) >= 10, "count");
			}
			if (fd >= 0)
				close(fd);
		}
	}
}

/* Modes that don't exist, units, bits that mean nothing. */
static void try_nonsense(void)
{
	static const uint64_t bits[] = {
		4ULL << KPX_CONFIG_MODE_SHIFT,
		15ULL << KPX_CONFIG_MODE_SHIFT,
		5ULL << KPX_CONFIG_UNIT_SHIFT,
		15ULL << KPX_CONFIG_UNIT_SHIFT,
		1ULL << KPX_CONFIG_FIELD_SHIFT,
		1ULL << 49,
		1ULL << 63,
	};
	unsigned int i, id = 0;
	int fd;

	CHECK(!define_probe(dev, "p kpx_targets:kpxt_f0 a=%di", 0, &id),
	      "define");
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		struct perf_event_attr attr = attr_config(id | bits[i]);

		fd = perf_open(&attr, 0, -1);
		CHECK(fd == -EINVAL, "config %#llx: %d",
		      (unsigned long long)bits[i], fd);
		if (fd >= 0)
			close(fd);
	}
}

int main(void)
{
	unsigned int i, mode;

	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (mode = 0; mode < 4; mode++)
			try_mode(&places[i], mode);
		try_all(&places[i]);
	}
	try_returns();
	try_nonsense();
	close(dev);
	return failures != 0;
}
