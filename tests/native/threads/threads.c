// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads - a process whose threads come and go:
 *   spawn   150 threads, and 400 more that begin one by one; then, at a line of
 *           input, each makes ten getppid(2) calls
 *   orphan  the first thread ends at a line of input; another makes 400,000
 *           calls from the next line on
 * Prints how many calls there were.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int go;
static atomic_int called;

/* Whoever follows this opens events for so many threads: that takes a while. */
static void await_line(void)
{
	char line[16];

	if (read(0, line, sizeof(line)) <= 0)
		_exit(1);
}

static void *caller(void *arg)
{
	(void)arg;
	while (!go)
		usleep(20000);
	for (int i = 0; i < 10; i++)
		syscall(SYS_getppid);
	called++;
	for (;;)
		pause();
	return NULL;
}

/* Not the first thread, so that nothing that follows it sees the new ones. */
static void *creator(void *arg)
{
	int *made = arg;
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < 400; i++) {
		*made += !pthread_create(&thread, &attr, caller, NULL);
		usleep(2000);
	}
	return NULL;
}

static int spawn(void)
{
	pthread_t thread;
	int made = 0;

	for (int i = 0; i < 150; i++)
		made += !pthread_create(&thread, NULL, caller, NULL);
	if (pthread_create(&thread, NULL, creator, &made))
		return 1;
	pthread_join(thread, NULL);
	await_line();
	go = 1;
	while (called < made)
		usleep(20000);
	printf("%d\n", made * 10);
	return 0;
}

static void *worker(void *first)
{
	pthread_join(*(pthread_t *)first, NULL);
	await_line();
	for (int k = 0; k < 10; k++) {
		for (int i = 0; i < 40000; i++)
			syscall(SYS_getppid);
		usleep(60000);
	}
	printf("400000\n");
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	static pthread_t first;
	pthread_t thread;

	if (argc == 2 && !strcmp(argv[1], "spawn"))
		return spawn();
	if (argc != 2 || strcmp(argv[1], "orphan"))
		return 2;
	first = pthread_self();
	if (pthread_create(&thread, NULL, worker, &first))
		return 1;
	await_line();
	pthread_exit(NULL);
}
