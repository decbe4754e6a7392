// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads - a process whose threads come and go:
 *   spawn   150 threads, and 400 more that begin one by one; then each makes
 *           ten getppid(2) calls
 *   orphan  the first thread ends after half a second, another makes 400,000
 *           calls from the first second on
 * Prints how many calls there were.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int go, stop;

static void *caller(void *arg)
{
	(void)arg;
	while (!go)
		usleep(20000);
	for (int i = 0; i < 10; i++)
		syscall(SYS_getppid);
	while (!stop)
		usleep(50000);
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
	/* Whoever opens events for so many threads needs a while. */
	sleep(2);
	go = 1;
	sleep(1);
	printf("%d\n", made * 10);
	fflush(stdout);
	stop = 1;
	return 0;
}

static void *worker(void *arg)
{
	(void)arg;
	sleep(2);
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
	pthread_t thread;

	if (argc == 2 && !strcmp(argv[1], "spawn"))
		return spawn();
	if (argc != 2 || strcmp(argv[1], "orphan"))
		return 2;
	if (pthread_create(&thread, NULL, worker, NULL))
		return 1;
	usleep(500000);
	pthread_exit(NULL);
}
