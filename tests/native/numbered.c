// SPDX-License-Identifier: GPL-2.0-only
/*
 * numbered - system calls that carry their number, and who looks whether those
 * in a trace are what was done
 *
 * numbered run [OPTION]... STATE N: each thread calls getppid(thread, i, check)
 * for i from 0 to N - 1 (N 0: until it is killed), and keeps in the file STATE,
 * as a uint64 per thread, how many it did: that stays right whoever is killed. It
 * has the file locked (flock(2)) as long as it runs.
 *   -t THREADS   so many (1)
 *   -c CPU       on that CPU
 *   -r RATE      so many calls a second at most, waiting without system calls
 *   -w           begin when there is a line of input
 *   -p CALLS     after so many, the first thread waits for a line of input
 *   -m MS        after the calls, sleep so long
 *   -k SIGNAL    then end by that signal
 *   -x           each thread but the main one ends after a part of its calls;
 *                the main one goes on in a new program, by exec, halfway
 *
 * numbered check [OPTION]... STATE: reads what collect dump prints of
 * raw_syscalls:sys_enter, and fails if a call in it wasn't done, is another than
 * it was, or comes twice or out of order. Prints how many lines there are, how
 * many of them are such calls, how many before the last of each thread aren't
 * there, and how many behind it:
 *   lines=N events=N missing=N gaps=N tail=N calls=N
 *   -k   a thread may have done one more than it has counted
 *   -a   recording began when it ran: what was before isn't missing
 *   -b BEGUN   it recorded for certain when BEGUN was copied from STATE: what
 *        was before isn't missing
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64

static volatile uint64_t *state;
static uint32_t threads = 1;
static uint64_t calls, rate, pause_at;

/* What a call has beside its number: nothing that compresses, or repeats. */
static uint64_t check_of(uint64_t thread, uint64_t i)
{
	uint64_t v = (thread << 56 ^ i) + 0x9e3779b97f4a7c15ull;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ull;
	v = (v ^ v >> 27) * 0x94d049bb133111ebull;
	return v ^ v >> 31;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Made if it isn't there: who was to run may not have come so far. */
static uint64_t *map_state(const char *path, bool hold)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	void *at;

	if (fd < 0 || ftruncate(fd, THREADS_MAX * 8) ||
	    (hold && flock(fd, LOCK_SH)))
		fail(path);
	at = mmap(NULL, THREADS_MAX * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	if (at == MAP_FAILED)
		fail(path);
	if (!hold)
		close(fd);
	return at;
}

/* ---- doing --------------------------------------------------------------- */

/* By the vDSO: no system call. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static bool get_line(void)
{
	int c;

	do {
		c = getchar();
	} while (c != EOF && c != '\n');
	return c == '\n';
}

static void run(uint64_t thread, uint64_t end)
{
	uint64_t first = state[thread], start = rate ? now_ns() : 0;

	for (uint64_t i = first; !end || i < end; i++) {
		if (pause_at && i == pause_at && !thread) {
			if (!get_line())
				exit(1);
			first = i;
			start = now_ns();
		}
		while (rate &&
		       (now_ns() - start) * rate / 1000000000 < i - first)
			;
		syscall(SYS_getppid, thread, i, check_of(thread, i));
		state[thread] = i + 1;
	}
}

static bool in_parts;

static void *run_thread(void *arg)
{
	uint64_t thread = (uintptr_t)arg;

	run(thread, in_parts ? calls * thread / threads : calls);
	return NULL;
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

static int do_calls(int argc, char **argv)
{
	pthread_t thread[THREADS_MAX];
	int option, end_ms = 0, end_signal = 0;
	bool wait = false;
	bool second;

	while ((option = getopt(argc, argv, "t:c:r:wp:m:k:x")) >= 0) {
		switch (option) {
		case 't':
			threads = atoi(optarg);
			break;
		case 'c':
			on_cpu(atoi(optarg));
			break;
		case 'r':
			rate = atoll(optarg);
			break;
		case 'w':
			wait = true;
			break;
		case 'p':
			pause_at = atoll(optarg);
			break;
		case 'm':
			end_ms = atoi(optarg);
			break;
		case 'k':
			end_signal = atoi(optarg);
			break;
		case 'x':
			in_parts = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2 || threads < 1 || threads > THREADS_MAX)
		return 2;
	calls = atoll(argv[optind + 1]);
	state = map_state(argv[optind], true);
	second =
		state[0]; /* the new program goes on with what the old one did */
	if (wait && !second && !get_line())
		return 1;
	for (uintptr_t i = 1; !second && i < threads; i++)
		if (pthread_create(&thread[i], NULL, run_thread, (void *)i))
			return 1;
	run(0, in_parts && !second ? calls / 2 : calls);
	for (uint32_t i = 1; !second && i < threads; i++)
		pthread_join(thread[i], NULL);
	if (in_parts && !second) {
		execv("/proc/self/exe", argv - 1);
		fail("exec");
	}
	usleep(end_ms * 1000);
	if (end_signal)
		kill(getpid(), end_signal);
	return 0;
}

/* ---- looking ------------------------------------------------------------- */

static uint64_t line_number;

static void wrong(const char *line, const char *what)
{
	fprintf(stderr, "line %" PRIu64 ": %s: %s", line_number, what, line);
	exit(1);
}

static uint64_t next[THREADS_MAX]; /* behind the last that was seen */
static const uint64_t *begun;	   /* what must be there is from there on */
static uint64_t events, missing, gaps;
static bool attached;

/* (a call may have been on its way when it began) */
static uint64_t expected(uint64_t thread)
{
	uint64_t first = begun ? begun[thread] + 1 : 0;

	return next[thread] > first ? next[thread] : first;
}

static void look_at(const char *line, uint64_t thread, uint64_t i,
		    uint64_t check, uint64_t room)
{
	if (thread >= THREADS_MAX)
		wrong(line, "no such thread");
	if (check != check_of(thread, i))
		wrong(line, "not what was done");
	if (i >= state[thread] + room)
		wrong(line, "wasn't done yet");
	if (i < next[thread])
		wrong(line, "a second time, or out of order");
	if (i > expected(thread) && (next[thread] || !attached)) {
		missing += i - expected(thread);
		gaps++;
	}
	next[thread] = i + 1;
	events++;
}

static int check_calls(int argc, char **argv)
{
	uint64_t s, ns, before_s = 0, before_ns = 0, thread, i, check;
	uint64_t tail = 0, done = 0;
	bool killed = false;
	char *line = NULL;
	size_t room = 0;
	const char *at;
	int option;

	while ((option = getopt(argc, argv, "kab:")) >= 0) {
		if (option == '?')
			return 2;
		killed |= option == 'k';
		attached |= option == 'a';
		if (option == 'b')
			begun = map_state(optarg, false);
	}
	if (argc - optind != 1)
		return 2;
	state = map_state(argv[optind], false);
	while (getline(&line, &room, stdin) > 0) {
		line_number++;
		if (sscanf(line, "%" SCNu64 ".%9" SCNu64 " ", &s, &ns) != 2)
			wrong(line, "not a time");
		if (s < before_s || (s == before_s && ns < before_ns))
			wrong(line, "earlier than the line before");
		before_s = s;
		before_ns = ns;
		at = strstr(line, " raw_syscalls:sys_enter: id=110 args0=");
		if (!at)
			continue;
		if (sscanf(strstr(at, "args0="),
			   "args0=0x%" SCNx64 " args1=0x%" SCNx64
			   " args2=0x%" SCNx64 " ",
			   &thread, &i, &check) != 3)
			wrong(line, "not a call's arguments");
		look_at(line, thread, i, check, killed);
	}
	for (uint32_t t = 0; t < THREADS_MAX; t++) {
		done += state[t];
		tail += state[t] > expected(t) ? state[t] - expected(t) : 0;
	}
	printf("lines=%" PRIu64 " events=%" PRIu64 " missing=%" PRIu64
	       " gaps=%" PRIu64 " tail=%" PRIu64 " calls=%" PRIu64 "\n",
	       line_number, events, missing, gaps, tail, done);
	free(line);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 2;

	if (argc > 1 && !strcmp(argv[1], "run"))
		status = do_calls(argc - 1, argv + 1);
	else if (argc > 1 && !strcmp(argv[1], "check"))
		status = check_calls(argc - 1, argv + 1);
	if (status == 2)
		fputs("usage: numbered run [OPTION]... STATE N | check [OPTION]... STATE\n",
		      stderr);
	return status;
}
