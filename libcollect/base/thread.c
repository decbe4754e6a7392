// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* gettid() */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "thread.h"

static void *run(void *ctx)
{
	struct kpc_thread *t = ctx;

	t->tid = gettid();
	t->main(t->ctx);
	return NULL;
}

int kpc_thread_start(struct kpc_thread *t, void (*main)(void *ctx), void *ctx)
{
	sigset_t all, before;
	int err;

	*t = (struct kpc_thread){ .main = main, .ctx = ctx };
	if (sem_init(&t->ready, 0, 0))
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		sem_destroy(&t->ready);
		return -err;
	}
	while (sem_wait(&t->ready) && errno == EINTR)
		;
	return 0;
}

void kpc_thread_ready(struct kpc_thread *t)
{
	sem_post(&t->ready);
}

void kpc_thread_join(struct kpc_thread *t)
{
	if (!t->tid)
		return;
	pthread_join(t->thread, NULL);
	sem_destroy(&t->ready);
	t->tid = 0;
}

void kpc_mutex_init(pthread_mutex_t *mutex, int type)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	/* Where the kernel can't, it's a mutex all the same. */
	if (pthread_mutex_init(mutex, &attr)) {
		pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_NONE);
		pthread_mutex_init(mutex, &attr);
	}
	pthread_mutexattr_destroy(&attr);
}
