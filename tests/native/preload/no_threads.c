// SPDX-License-Identifier: GPL-2.0-only
/* no_threads - a process that may have no more threads */
#include <errno.h>
#include <pthread.h>

__attribute__((visibility("default"))) int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	       void *(*begin)(void *), void *arg)
{
	(void)thread;
	(void)attr;
	(void)begin;
	(void)arg;
	return EAGAIN;
}
