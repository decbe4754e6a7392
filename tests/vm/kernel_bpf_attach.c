// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_attach [STEP]: where programs go, how long they stay, and what is
 * refused, with which words.
 *
 * For the script, which unloads the module:
 * plain		attaches programs to the default probes, and ends
 * link			holds a link, says "ready" and waits
 * programs		prints how many programs the kernel has
 */
#include <linux/capability.h>
#include <signal.h>

#include "bpf.h"
#include "kernel_targets.h"

#define HITS 100

#ifndef BPF_F_SLEEPABLE
#define BPF_F_SLEEPABLE (1U << 4)
#endif

static int dev;

/* Waits until the probe has so many programs; 0 if it doesn't get there. */
static int wait_nr(unsigned int id, int nr)
{
	int i;

	for (i = 0; i < 1000 && bpf_query(dev, id, NULL) != nr; i++)
		sleep_ms(20);
	return bpf_query(dev, id, NULL) == nr;
}

static int open_event(unsigned int id, struct event_bpf *bpf, pid_t pid,
		      int cpu, int inherit)
{
	struct perf_event_attr attr = attr_of(id);

	attr.inherit = inherit;
	if (bpf)
		attr.config2 = (uintptr_t)&bpf->head;
	return perf_open(&attr, pid, cpu);
}

/* ---- order --------------------------------------------------------------- */

/* The cookies of what is attached, in order, as a string of digits. */
static const char *order(unsigned int id)
{
	static struct kpx_bpf_program programs[KPX_PROGRAMS_MAX];
	static char text[KPX_PROGRAMS_MAX + 1];
	int i, nr = bpf_query(dev, id, programs);

	CHECK(nr >= 0 && nr <= KPX_PROGRAMS_MAX, "query: %d", nr);
	for (i = 0; i < nr; i++)
		text[i] = '0' + programs[i].cookie;
	text[nr < 0 ? 0 : nr] = '\0';
	return text;
}

static void place(unsigned int id, int fd, unsigned int cookie,
		  unsigned int flags, unsigned int relative, const char *want)
{
	struct kpx_bpf_attach attach = {
		.id = id,
		.flags = flags,
		.prog_fd = fd,
		.cookie = cookie,
		.relative_id = relative,
	};
	int ret = bpf_attach(dev, &attach);

	CHECK(!ret, "attach %u: %s (%s)", cookie, strerror(-ret), attach.error);
	CHECK(attach.prog_id == program_id(fd), "its id is %u", attach.prog_id);
	CHECK(!strcmp(order(id), want), "the order is %s, want %s", order(id),
	      want);
}

/* The order in which they run, by what each of them writes down. */
static void check_runs(unsigned int id)
{
	struct kpx_bpf_program programs[KPX_PROGRAMS_MAX];
	int i, nr;

	call("f2 %d", HITS);
	nr = bpf_query(dev, id, programs);
	for (i = 0; i < nr; i++)
		CHECK(programs[i].runs == HITS, "program %d ran %llu times", i,
		      ull(programs[i].runs));
}

static void try_order(void)
{
	unsigned int id = defined(dev, "p:bpf_order kpxt_f2", 0), ids[8], i;
	int fds[8];

	for (i = 0; i < 8; i++) {
		fds[i] = program_returning(1);
		ids[i] = program_id(fds[i]);
	}
	place(id, fds[1], 1, 0, 0, "1");
	place(id, fds[2], 2, 0, 0, "12");
	place(id, fds[3], 3, KPX_BPF_BEFORE, 0, "312");
	place(id, fds[4], 4, KPX_BPF_AFTER, 0, "3124");
	place(id, fds[5], 5, KPX_BPF_BEFORE, ids[2], "31524");
	place(id, fds[6], 6, KPX_BPF_AFTER, ids[3], "361524");
	place(id, fds[7], 7, KPX_BPF_REPLACE, ids[1], "367524");
	check_runs(id);
	CHECK(!bpf_detach(dev, id, ids[7]), "detach");
	CHECK(!strcmp(order(id), "36524"), "the order is %s", order(id));
	CHECK(bpf_detach(dev, id, ids[7]) == -ENOENT, "detached twice");
	CHECK(bpf_detach(dev, id, ids[1]) == -ENOENT, "it was replaced");
	/* what was replaced may come back */
	place(id, fds[1], 1, KPX_BPF_AFTER, ids[4], "365241");
	for (i = 1; i < 7; i++)
		CHECK(!bpf_detach(dev, id, ids[i]), "detach");
	CHECK(!strcmp(order(id), ""), "left: %s", order(id));
	for (i = 0; i < 8; i++)
		close(fds[i]);
	for (i = 0; i < 8; i++)
		CHECK(wait_program_gone(ids[i]), "program %u isn't freed", i);
	CHECK(!remove_probe(dev, id), "remove");
}

/* By name; and QUERY into an array that is too small. */
static void try_names(void)
{
	unsigned int id = defined(dev, "p:bpf_name kpxt_f2", 0);
	int fds[2] = { program_returning(1), program_returning(3) };
	struct kpx_bpf_attach attach = { .prog_fd = fds[0], .cookie = 5 };
	struct kpx_bpf_detach detach = { .size = sizeof(detach) };
	struct kpx_bpf_program programs[2] = { { .id = 77 }, { .id = 77 } };
	struct kpx_bpf_query query = {
		.size = sizeof(query),
		.programs = (uintptr_t)programs,
		.programs_max = 1,
		.program_size = sizeof(programs[0]),
	};
	int ret;

	strcpy(attach.name, "bpf_name");
	ret = bpf_attach(dev, &attach);
	CHECK(!ret && attach.id == id, "attach by name: %d, id %u", ret,
	      attach.id);
	CHECK(!bpf_attach_to(dev, id, fds[1], 0, 6), "attach");
	strcpy(query.name, "bpf_name");
	CHECK(!ioctl(dev, KPX_IOC_BPF_QUERY, &query), "query");
	CHECK(query.id == id && query.nr_programs == 2, "id %u, %u programs",
	      query.id, query.nr_programs);
	CHECK(programs[0].cookie == 5 && programs[1].id == 77,
	      "cookie %llu, and behind the array %u", ull(programs[0].cookie),
	      programs[1].id);
	/* a caller that knows a smaller struct */
	query.program_size = 8;
	query.programs_max = 2;
	memset(programs, 0x55, sizeof(programs));
	ret = ioctl(dev, KPX_IOC_BPF_QUERY, &query) ? -errno : 0;
	CHECK(ret == -EINVAL || (!ret && programs[0].cookie == programs[1].id),
	      "programs of 8 bytes: %d", ret);
	strcpy(detach.name, "bpf_name");
	detach.prog_id = program_id(fds[0]);
	CHECK(!ioctl(dev, KPX_IOC_BPF_DETACH, &detach), "detach by name");
	CHECK(!bpf_detach(dev, id, program_id(fds[1])), "detach");
	close(fds[0]);
	close(fds[1]);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- how long ------------------------------------------------------------ */

static void try_link(void)
{
	unsigned int id = defined(dev, "p:bpf_link kpxt_f2", 0), prog;
	int fd = program_returning(1), link, copy;
	struct kpx_bpf_program got = {};

	prog = program_id(fd);
	link = bpf_attach_to(dev, id, fd, KPX_BPF_LINK, 9);
	CHECK(link > 0, "attach: %s", strerror(-link));
	CHECK(fcntl(link, F_GETFD) & FD_CLOEXEC, "exec would keep it");
	close(fd);
	CHECK(bpf_query(dev, id, &got) == 1 && got.flags == KPX_BPF_LINK &&
		      got.cookie == 9,
	      "flags %#x, cookie %llu", got.flags, ull(got.cookie));
	CHECK(bpf_detach(dev, id, prog) == -EBUSY, "a link's was detached");
	CHECK(remove_probe(dev, id) == -EBUSY, "removed under a link");
	copy = dup(link);
	close(link);
	call("f2 %d", HITS);
	CHECK(bpf_query(dev, id, &got) == 1 && got.runs == HITS,
	      "with one of two copies closed: %llu runs", ull(got.runs));
	close(copy);
	CHECK(bpf_query(dev, id, NULL) == 0, "the last copy is closed");
	CHECK(wait_program_gone(prog), "the program isn't freed");
	CHECK(!remove_probe(dev, id), "remove");
}

/* A link's program is replaced: the link has the new one. */
static void try_link_replaced(void)
{
	unsigned int id = defined(dev, "p:bpf_link kpxt_f2", 0);
	int fds[2] = { program_returning(1), program_returning(1) }, link;
	struct kpx_bpf_attach attach = {
		.id = id,
		.prog_fd = fds[1],
		.flags = KPX_BPF_REPLACE,
		.cookie = 4,
	};
	struct kpx_bpf_program got = {};
	int ret;

	link = bpf_attach_to(dev, id, fds[0], KPX_BPF_LINK, 3);
	CHECK(link > 0, "attach: %s", strerror(-link));
	attach.relative_id = program_id(fds[0]);
	ret = bpf_attach(dev, &attach);
	CHECK(!ret, "replace: %s (%s)", strerror(-ret), attach.error);
	CHECK(bpf_query(dev, id, &got) == 1 && got.id == program_id(fds[1]) &&
		      got.flags == KPX_BPF_LINK && got.cookie == 4,
	      "id %u, flags %#x, cookie %llu", got.id, got.flags,
	      ull(got.cookie));
	close(link);
	CHECK(bpf_query(dev, id, NULL) == 0, "the link's new program is left");
	close(fds[0]);
	close(fds[1]);
	CHECK(!remove_probe(dev, id), "remove");
}

static void try_killed(void)
{
	unsigned int id = defined(dev, "p:bpf_kill kpxt_f2", 0), prog;
	int fd = program_returning(1), ready[2], status;
	char c;
	pid_t pid;

	prog = program_id(fd);
	CHECK(!pipe(ready), "pipe");
	pid = fork();
	if (!pid) {
		if (bpf_attach_to(dev, id, fd, KPX_BPF_LINK, 0) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	CHECK(read(ready[0], &c, 1) == 1, "the child can't attach");
	CHECK(bpf_query(dev, id, NULL) == 1, "attached");
	close(fd);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "killed");
	CHECK(wait_nr(id, 0), "a killed process' link is left");
	CHECK(wait_program_gone(prog), "the program isn't freed");
	close(ready[0]);
	CHECK(!remove_probe(dev, id), "remove");
}

/* A probe that dies with its descriptor takes plain programs along. */
static void try_owner(void)
{
	int fds[2] = { program_returning(1), program_returning(1) };
	int owner = device_open(), link;
	unsigned int ids[2] = { program_id(fds[0]), program_id(fds[1]) };
	unsigned int id = defined(owner, "p:bpf_owned kpxt_f2", 0);
	struct kpx_stats stats;

	CHECK(!bpf_attach_to(owner, id, fds[0], 0, 0), "attach");
	close(owner);
	CHECK(!probe_id("bpf_owned"), "its name is left");
	close(fds[0]);
	CHECK(wait_program_gone(ids[0]), "the program isn't freed");
	/* with a link it lives on, nameless, until that is closed */
	owner = device_open();
	id = defined(owner, "p:bpf_owned kpxt_f2", 0);
	link = bpf_attach_to(owner, id, fds[1], KPX_BPF_LINK, 0);
	CHECK(link > 0, "attach: %s", strerror(-link));
	close(owner);
	CHECK(!probe_id("bpf_owned"), "its name is left");
	close(fds[1]);
	call("f2 %d", HITS);
	close(link);
	CHECK(wait_program_gone(ids[1]), "the program isn't freed");
	sleep_ms(100);
	CHECK(probe_stats(dev, id, &stats) == -ENOENT, "the probe is left");
}

static void try_remove(void)
{
	unsigned int id = defined(dev, "p:bpf_remove kpxt_f2", 0);
	int fd = program_returning(1);

	CHECK(!bpf_attach_to(dev, id, fd, 0, 0), "attach");
	CHECK(remove_probe(dev, id) == -EBUSY, "removed with a program");
	CHECK(write(dev, "-:bpf_remove\n", 13) < 0 && errno == EBUSY,
	      "removed by a write");
	CHECK(probe_id("bpf_remove") == id, "its name is gone");
	CHECK(!bpf_detach(dev, id, program_id(fd)), "detach");
	close(fd);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- config2 ------------------------------------------------------------- */

static void try_event(void)
{
	unsigned int id = defined(dev, "p:bpf_event kpxt_f2", 0), prog;
	int fd = program_returning(1), event, other = program_returning(1);
	struct kpx_bpf_attach replace = {
		.id = id,
		.prog_fd = other,
		.flags = KPX_BPF_REPLACE,
	};
	struct kpx_bpf_program got[2] = {};
	struct event_bpf bpf = {};

	prog = program_id(fd);
	event_bpf_add(&bpf, fd, 11);
	event = open_event(id, &bpf, 0, -1, 0);
	CHECK(event >= 0, "open: %s", strerror(-event));
	CHECK(bpf_query(dev, id, got) == 1 && got[0].flags == KPX_BPF_EVENT &&
		      got[0].cookie == 11,
	      "flags %#x, cookie %llu", got[0].flags, ull(got[0].cookie));
	CHECK(bpf_detach(dev, id, prog) == -EBUSY, "an event's was detached");
	replace.relative_id = prog;
	CHECK(bpf_attach(dev, &replace) == -EBUSY && replace.error[0],
	      "an event's was replaced: %s", replace.error);
	/* a plain one in front of it */
	CHECK(!bpf_attach_to(dev, id, other, KPX_BPF_BEFORE, 12), "attach");
	CHECK(bpf_query(dev, id, got) == 2 && got[0].cookie == 12 &&
		      got[1].cookie == 11,
	      "cookies %llu, %llu", ull(got[0].cookie), ull(got[1].cookie));
	call("f2 %d", HITS);
	CHECK(event_count(event) == HITS, "counted %llu",
	      ull(event_count(event)));
	close(event);
	CHECK(wait_nr(id, 1), "the event's program is left");
	CHECK(!bpf_detach(dev, id, program_id(other)), "detach");
	close(fd);
	close(other);
	CHECK(wait_program_gone(prog), "the program isn't freed");
	CHECK(!remove_probe(dev, id), "remove");
}

/* As a recording of all CPUs opens them: one set, which runs once a hit. */
static void try_shared(void)
{
	int nr_cpus = sysconf(_SC_NPROCESSORS_ONLN), events[64], cpu, more;
	unsigned int id = defined(dev, "p:bpf_shared kpxt_f2", 0);
	int fds[2] = { program_returning(1), program_returning(1) };
	struct kpx_bpf_program got[3] = {};
	struct event_bpf bpf = {}, other = {};
	struct kpx_stats before, stats;

	event_bpf_add(&bpf, fds[0], 1);
	event_bpf_add(&bpf, fds[1], 2);
	for (cpu = 0; cpu < nr_cpus && cpu < 64; cpu++) {
		events[cpu] = open_event(id, &bpf, -1, cpu, 0);
		CHECK(events[cpu] >= 0, "CPU %d: %s", cpu,
		      strerror(-events[cpu]));
	}
	CHECK(bpf_query(dev, id, got) == 2 && got[0].cookie == 1 &&
		      got[1].cookie == 2,
	      "%d programs", bpf_query(dev, id, NULL));
	before = stats_of(dev, id);
	call("f2 %d", HITS);
	stats = stats_since(dev, id, &before);
	check_book("shared", &stats);
	CHECK(stats.offered == HITS && stats.bpf_runs == HITS,
	      "offered %llu, ran %llu times", ull(stats.offered),
	      ull(stats.bpf_runs));
	bpf_query(dev, id, got);
	CHECK(got[0].runs == HITS && got[1].runs == HITS,
	      "%llu and %llu runs of %d", ull(got[0].runs), ull(got[1].runs),
	      HITS);
	/* another cookie is another set, with a program that is there already */
	event_bpf_add(&other, fds[0], 1);
	event_bpf_add(&other, fds[1], 3);
	more = open_event(id, &other, 0, -1, 0);
	CHECK(more == -EEXIST, "another cookie: %d", more);
	for (cpu = 0; cpu < nr_cpus && cpu < 64; cpu++) {
		CHECK(bpf_query(dev, id, NULL) == 2, "gone before the last");
		close(events[cpu]);
	}
	CHECK(wait_nr(id, 0), "the last event's programs are left");
	close(fds[0]);
	close(fds[1]);
	CHECK(!remove_probe(dev, id), "remove");
}

/* Children have it from their parent, and it lasts as long as the event. */
static void try_inherited(void)
{
	unsigned int id = defined(dev, "p:bpf_child kpxt_f2", 0);
	int fd = program_returning(1), event, pipes[2][2], i, status;
	struct event_bpf bpf = {};
	pid_t pids[2];
	char c;

	event_bpf_add(&bpf, fd, 0);
	event = open_event(id, &bpf, 0, -1, 1);
	CHECK(event >= 0, "open: %s", strerror(-event));
	for (i = 0; i < 2; i++) {
		CHECK(!pipe(pipes[i]), "pipe");
		pids[i] = fork();
		if (!pids[i]) {
			call("f2 %d", HITS);
			close(event);
			close(pipes[0][1]);
			close(pipes[i][1]);
			/* until the parent closes its end */
			_exit(read(pipes[i][0], &c, 1) != 0);
		}
		close(pipes[i][0]);
	}
	for (i = 0; i < 1000 && event_count(event) != 2 * HITS; i++)
		sleep_ms(20);
	CHECK(event_count(event) == 2 * HITS, "counted %llu",
	      ull(event_count(event)));
	close(pipes[0][1]);
	CHECK(waitpid(pids[0], &status, 0) == pids[0] && !status, "a child");
	CHECK(bpf_query(dev, id, NULL) == 1, "gone with a child");
	close(event);
	CHECK(wait_nr(id, 0), "left, and the event is closed");
	close(pipes[1][1]);
	CHECK(waitpid(pids[1], &status, 0) == pids[1] && !status, "a child");
	close(fd);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- what is refused ----------------------------------------------------- */

/* The ioctl, and by config2 with a line in error_log. */
static void refused(unsigned int id, int fd, int want, const char *words,
		    const char *what)
{
	struct kpx_bpf_attach attach = { .id = id, .prog_fd = fd };
	struct event_bpf bpf = {};
	int ret = bpf_attach(dev, &attach), event;

	CHECK(ret == want, "%s: %s, want %s", what, strerror(-ret),
	      strerror(-want));
	CHECK(strstr(attach.error, words) && attach.error_code,
	      "%s: code %u, '%s', want '%s'", what, attach.error_code,
	      attach.error, words);
	event_bpf_add(&bpf, fd, 0);
	event = open_event(id, &bpf, 0, -1, 0);
	CHECK(event == want, "%s in config2: %s, want %s", what,
	      event < 0 ? strerror(-event) : "opened", strerror(-want));
	CHECK(error_log_says(words), "%s: no '%s' in error_log", what, words);
	if (event >= 0)
		close(event);
}

static void refused_type(unsigned int id, enum bpf_prog_type type,
			 const char *what)
{
	int fd = program_load(type, 0, NULL);

	CHECK(fd >= 0, "%s: load: %s", what, strerror(-fd));
	refused(id, fd, -EINVAL, "type KPROBE", what);
	close(fd);
}

static void refused_kind(unsigned int id, struct bpf_prog_load_opts *opts,
			 const char *words, const char *what)
{
	int fd = program_load(BPF_PROG_TYPE_KPROBE, 0, opts);

	if (fd < 0) {
		printf("%s: this kernel doesn't load them (%s)\n", what,
		       strerror(-fd));
		return;
	}
	refused(id, fd, -EOPNOTSUPP, words, what);
	close(fd);
}

/* bpf_override_return(ctx, 0) */
static void refused_override(unsigned int id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_override_return },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "kpx_override", "GPL",
			       insns, 4, NULL);
	int is_debug = !!strstr(getenv("KPX_KERNEL"), "debug");

	CHECK((fd >= 0) == is_debug, "override on %s: %d", getenv("KPX_KERNEL"),
	      fd);
	if (fd < 0)
		return;
	refused(id, fd, -EOPNOTSUPP, "bpf_override_return", "override");
	close(fd);
}

static void try_refused(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, sleepable,
		    .prog_flags = BPF_F_SLEEPABLE);
	LIBBPF_OPTS(bpf_prog_load_opts, multi,
		    .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	/* BPF_TRACE_KPROBE_SESSION, which came with 6.10 */
	LIBBPF_OPTS(bpf_prog_load_opts, session, .expected_attach_type = 56);
	unsigned int id = defined(dev, "p:bpf_refuse kpxt_f2", 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	refused(id, -1, -EBADF, "type KPROBE", "-1");
	refused(id, 1000, -EBADF, "type KPROBE", "a bad descriptor");
	refused(id, null, -EINVAL, "type KPROBE", "/dev/null");
	refused_type(id, BPF_PROG_TYPE_TRACEPOINT, "a TRACEPOINT program");
	refused_type(id, BPF_PROG_TYPE_PERF_EVENT, "a PERF_EVENT program");
	refused_type(id, BPF_PROG_TYPE_SOCKET_FILTER, "a socket filter");
	refused_kind(id, &sleepable, "sleepable", "sleepable");
	refused_kind(id, &multi, "MULTI", "MULTI");
	refused_kind(id, &session, "SESSION", "SESSION");
	refused_override(id);
	CHECK(stats_of(dev, id).programs == 0, "programs");
	close(null);
	CHECK(!remove_probe(dev, id), "remove");
}

static int attach_raw(unsigned int id, int fd, unsigned int flags,
		      unsigned int relative, char *error)
{
	struct kpx_bpf_attach attach = {
		.id = id,
		.prog_fd = fd,
		.flags = flags,
		.relative_id = relative,
	};
	int ret = bpf_attach(dev, &attach);

	strcpy(error, attach.error);
	if (flags & KPX_BPF_LINK && !ret)
		close(attach.link_fd);
	return ret;
}

/* Words and numbers that can't be, and the same program twice. */
static void try_arguments(void)
{
	static const unsigned int flags[] = {
		KPX_BPF_BEFORE | KPX_BPF_AFTER,
		KPX_BPF_BEFORE | KPX_BPF_REPLACE,
		KPX_BPF_AFTER | KPX_BPF_REPLACE,
		KPX_BPF_LINK | KPX_BPF_REPLACE,
		KPX_BPF_EVENT,
		1U << 5,
		1U << 31,
	};
	unsigned int id = defined(dev, "p:bpf_args kpxt_f2", 0), i;
	int fd = program_returning(1), other = program_returning(1), ret;
	char error[KPX_ERROR_SIZE];
	struct {
		struct kpx_bpf_attach known;
		uint64_t more;
	} attach = { .known = { .size = sizeof(attach), .id = id } };

	CHECK(!attach_raw(id, fd, 0, 0, error), "attach: %s", error);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		ret = attach_raw(id, other, flags[i], program_id(fd), error);
		CHECK(ret == -EINVAL, "flags %#x: %d (%s)", flags[i], ret,
		      error);
	}
	ret = attach_raw(id, fd, 0, 0, error);
	CHECK(ret == -EEXIST && strstr(error, "already"), "twice: %d, %s", ret,
	      error);
	ret = attach_raw(id, other, KPX_BPF_AFTER, 0x7fffffff, error);
	CHECK(ret == -ENOENT && strstr(error, "no such program"),
	      "behind nothing: %d, %s", ret, error);
	ret = attach_raw(id, other, KPX_BPF_REPLACE, 0, error);
	CHECK(ret == -ENOENT && error[0], "in place of nothing: %d, %s", ret,
	      error);
	/* relative to what, without saying how */
	ret = attach_raw(id, other, 0, program_id(fd), error);
	CHECK(ret == -EINVAL, "relative_id alone: %d, %s", ret, error);
	ret = attach_raw(0x7fffffff, other, 0, 0, error);
	CHECK(ret == -ENOENT, "no such probe: %d, %s", ret, error);
	CHECK(bpf_detach(dev, 0x7fffffff, 1) == -ENOENT, "no such probe");
	CHECK(bpf_query(dev, 0x7fffffff, NULL) == -ENOENT, "no such probe");
	attach.known.prog_fd = other;
	attach.more = 1;
	ret = ioctl(dev, KPX_IOC_BPF_ATTACH, &attach) ? -errno : 0;
	CHECK(ret == -E2BIG, "a tail: %d", ret);
	attach.known.size = 16;
	ret = ioctl(dev, KPX_IOC_BPF_ATTACH, &attach) ? -errno : 0;
	CHECK(ret == -EINVAL, "16 bytes: %d", ret);
	ret = ioctl(dev, KPX_IOC_BPF_ATTACH, 8) ? -errno : 0;
	CHECK(ret == -EFAULT, "nowhere: %d", ret);
	CHECK(stats_of(dev, id).programs == 1, "programs");
	CHECK(!bpf_detach(dev, id, program_id(fd)), "detach");
	close(fd);
	close(other);
	CHECK(!remove_probe(dev, id), "remove");
}

static void try_config2(void)
{
	unsigned int id = defined(dev, "p:bpf_conf kpxt_f2", 0);
	struct perf_event_attr attr = attr_of(id);
	int fd = program_returning(1), ret;
	struct event_bpf bpf = {};

	attr.config2 = 8;
	ret = perf_open(&attr, 0, -1);
	CHECK(ret == -EFAULT, "config2 = 8: %d", ret);
	event_bpf_add(&bpf, fd, 0);
	bpf.programs[0].pad = 1;
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -EINVAL, "padding: %d", ret);
	bpf.programs[0].pad = 0;
	bpf.head.nr = 0;
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -EINVAL, "no programs: %d", ret);
	bpf.head.nr = 1;
	bpf.head.size = 8;
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -EINVAL, "a size of 8: %d", ret);
	bpf.head.size = sizeof(bpf.head);
	bpf.head.programs = 8;
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -EFAULT, "programs at 8: %d", ret);
	bpf.head.programs = (uintptr_t)bpf.programs;
	event_bpf_add(&bpf, fd, 1);
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -EEXIST, "twice: %d", ret);
	CHECK(stats_of(dev, id).programs == 0, "programs");
	close(fd);
	CHECK(!remove_probe(dev, id), "remove");
}

static void try_too_many(void)
{
	unsigned int id = defined(dev, "p:bpf_many kpxt_f2", 0), ids[65], i;
	char error[KPX_ERROR_SIZE];
	struct event_bpf bpf = {};
	int fds[65], ret;

	for (i = 0; i < 65; i++) {
		fds[i] = program_returning(1);
		ids[i] = program_id(fds[i]);
		event_bpf_add(&bpf, fds[i], i);
	}
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -E2BIG, "65 in config2: %d", ret);
	for (i = 0; i < 64; i++) {
		ret = attach_raw(id, fds[i], 0, 0, error);
		CHECK(!ret, "program %u: %d, %s", i, ret, error);
	}
	ret = attach_raw(id, fds[64], 0, 0, error);
	CHECK(ret == -E2BIG && strstr(error, "64"), "65: %d, %s", ret, error);
	/* one for one is none too many */
	ret = attach_raw(id, fds[64], KPX_BPF_REPLACE, ids[0], error);
	CHECK(!ret, "64 with one replaced: %d, %s", ret, error);
	check_runs(id);
	CHECK(!bpf_detach(dev, id, ids[64]), "detach");
	bpf.head.nr = 2;
	memmove(&bpf.programs[1], &bpf.programs[64], sizeof(bpf.programs[0]));
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret == -E2BIG, "63 and 2 in config2: %d", ret);
	for (i = 1; i < 64; i++)
		CHECK(!bpf_detach(dev, id, ids[i]), "detach");
	/* 64 at once, and no more */
	bpf.head.nr = 64;
	bpf.programs[1].prog_fd = fds[1];
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(ret >= 0, "64 in config2: %d", ret);
	check_runs(id);
	close(ret);
	CHECK(wait_nr(id, 0), "programs are left");
	for (i = 0; i < 65; i++)
		close(fds[i]);
	for (i = 0; i < 65; i++)
		CHECK(wait_program_gone(ids[i]), "program %u isn't freed", i);
	CHECK(!remove_probe(dev, id), "remove");
}

/* bpf_get_func_ip() and tail calls want the kernel's kprobe. */
static void try_hooked(void)
{
	unsigned int id = defined(dev, "p:bpf_hook kpxt_f2", 0);
	struct bpf_object *object = object_of("dispatch");
	int fd = program_fd(object, "dispatch"), event, ret;
	struct perf_event_attr attr;
	char error[KPX_ERROR_SIZE];

	event = open_event(id, NULL, 0, -1, 0);
	ret = attach_raw(id, fd, 0, 0, error);
	CHECK(ret == -EBUSY && strstr(error, "close the probe's events"),
	      "behind an event: %d, %s", ret, error);
	close(event);
	ret = attach_raw(id, fd, 0, 0, error);
	CHECK(!ret, "%d, %s", ret, error);
	attr = attr_config(config_of(id, KPX_MODE_FTRACE, 0, 0));
	ret = perf_open(&attr, 0, -1);
	CHECK(ret == -EOPNOTSUPP && error_log_says("mode=0"), "mode=3: %d",
	      ret);
	event = open_event(id, NULL, 0, -1, 0);
	CHECK(event >= 0, "open: %s", strerror(-event));
	call("f2 %d", HITS);
	close(event);
	CHECK(!bpf_detach(dev, id, program_id(fd)), "detach");
	bpf_object__close(object);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- capabilities -------------------------------------------------------- */

/* What is left of a process' capabilities, of those that matter. */
static void keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ keep, keep, 0 },
		{ keep >> 32, keep >> 32, 0 },
	};

	if (syscall(SYS_capset, &header, data))
		_exit(2);
}

/* In a child: what ATTACH and an event with the program come to. */
static void with_capabilities(unsigned int id, int fd, uint64_t keep, int want,
			      const char *what)
{
	struct event_bpf bpf = {};
	char error[KPX_ERROR_SIZE];
	int status, ret;
	pid_t pid = fork();

	if (pid) {
		CHECK(waitpid(pid, &status, 0) == pid && !status, "%s", what);
		return;
	}
	failures = 0;
	keep_capabilities(keep);
	ret = attach_raw(id, fd, 0, 0, error);
	CHECK(ret == want, "%s: attach: %d, %s", what, ret, error);
	if (ret)
		CHECK(strstr(error, "CAP_BPF") && strstr(error, "CAP_PERFMON"),
		      "%s: '%s'", what, error);
	else
		CHECK(!bpf_detach(dev, id, program_id(fd)), "%s: detach", what);
	event_bpf_add(&bpf, fd, 0);
	ret = open_event(id, &bpf, 0, -1, 0);
	CHECK(want ? ret == want : ret >= 0, "%s: open: %d", what, ret);
	/* detaching takes as much */
	if (want)
		CHECK(bpf_detach(dev, id, 1) == -EACCES, "%s: detach", what);
	/* asking doesn't */
	CHECK(bpf_query(dev, id, NULL) >= 0, "%s: query", what);
	_exit(!!failures);
}

static void try_capabilities(void)
{
	const uint64_t perfmon = 1ULL << CAP_PERFMON, bpf = 1ULL << CAP_BPF;
	unsigned int id = defined(dev, "p:bpf_caps kpxt_f2", 0);
	int fd = program_returning(1);

	with_capabilities(id, fd, perfmon, -EACCES, "no CAP_BPF");
	with_capabilities(id, fd, bpf, -EACCES, "no CAP_PERFMON");
	with_capabilities(id, fd, 0, -EACCES, "no capability");
	with_capabilities(id, fd, perfmon | bpf, 0, "both");
	with_capabilities(id, fd, 1ULL << CAP_SYS_ADMIN, 0, "CAP_SYS_ADMIN");
	close(fd);
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- for the script ------------------------------------------------------ */

static void step_plain(void)
{
	struct bpf_object *object = object_of("sizes");
	unsigned int id = probe_id("vfs_write");
	int i;

	for (i = 0; i < 3; i++)
		CHECK(!bpf_attach_to(dev, id, program_returning(1), 0, i),
		      "attach");
	CHECK(!bpf_attach_to(dev, id, program_fd(object, "sizes_asked"), 0, 7),
	      "attach");
	CHECK(!bpf_attach_to(dev, probe_id("vfs_read"), program_returning(1), 0,
			     0),
	      "attach");
}

static void step_link(void)
{
	int link = bpf_attach_to(dev, probe_id("vfs_write"),
				 program_returning(1), KPX_BPF_LINK, 0);

	CHECK(link > 0, "attach: %s", strerror(-link));
	puts("ready");
	fflush(stdout);
	/* the link alone is what holds the module */
	close(dev);
	pause();
}

int main(int argc, char **argv)
{
	const char *step = argc > 1 ? argv[1] : "";

	bpf_begin();
	if (!strcmp(step, "programs")) {
		printf("%u\n", programs_there());
		return 0;
	}
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	if (!strcmp(step, "plain")) {
		step_plain();
		return !!failures;
	}
	if (!strcmp(step, "link")) {
		step_link();
		return !!failures;
	}
	try_order();
	try_names();
	try_link();
	try_link_replaced();
	try_killed();
	try_owner();
	try_remove();
	try_event();
	try_shared();
	try_inherited();
	try_refused();
	try_arguments();
	try_config2();
	try_too_many();
	try_hooked();
	try_capabilities();
	close(dev);
	return !!failures;
}
