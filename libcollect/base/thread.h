/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thread - a thread of the library's own: signals are left to the program's; and
 * what it locks
 */
#ifndef KPC_THREAD_H
#define KPC_THREAD_H

#include <pthread.h>
#include <semaphore.h>
#include <sys/types.h>

/* Zeroed: not started. It stays where it is while it runs. */
struct kpc_thread {
	pthread_t thread;
	pid_t tid; /* 0: not running */
	sem_t ready;
	void (*main)(void *ctx);
	void *ctx;
};

/*
 * Runs @main with @ctx, all signals blocked. Returns when it has called
 * kpc_thread_ready(), which it must, once. 0 or a negative errno.
 */
int kpc_thread_start(struct kpc_thread *thread, void (*main)(void *ctx),
		     void *ctx);
void kpc_thread_ready(struct kpc_thread *thread);
/* Waits for its end. Nothing if it isn't running. */
void kpc_thread_join(struct kpc_thread *thread);

/*
 * A mutex that threads of different priority take: who holds it inherits that of
 * who waits for it, for a reader with real-time priority would otherwise wait for
 * one that the load has preempted. @type is pthread_mutexattr_settype()'s.
 */
void kpc_mutex_init(pthread_mutex_t *mutex, int type);

#endif /* KPC_THREAD_H */
