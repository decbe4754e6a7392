// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "ahead.h"
#include "thread.h"

#define CHUNKS_LEAST 8u /* for a thread */

enum job_state {
	JOB_OPEN,
	JOB_TAKEN,
	JOB_DONE,
};

struct worker {
	struct kpc_ahead *ahead;
	struct kpc_thread thread;
	struct kpc_decompressor *decompressor;
};

struct kpc_ahead {
	const struct kpc_input *input;
	enum kpc_rows_want want;
	struct kpc_job *jobs;
	uint32_t nr;
	struct kpc_decompressor *decompressor; /* of the caller's thread */
	struct worker workers[KPC_AHEAD_THREADS_MAX];
	unsigned int nr_workers;

	pthread_mutex_t lock; /* of what follows, and of the jobs' states */
	pthread_cond_t work;  /* there may be something to do */
	pthread_cond_t done;  /* a job was done */
	uint32_t next;	      /* job that threads look at next */
	uint32_t waiting;     /* loaded or being loaded by threads, not asked */
	size_t waiting_bytes; /* of those that are loaded */
	struct kpc_load *free;
	bool stop;
};

/* ---- loads --------------------------------------------------------------- */

static struct kpc_load *take_free(struct kpc_ahead *a)
{
	struct kpc_load *load = a->free;

	if (load)
		a->free = load->next;
	else
		load = calloc(1, sizeof(*load));
	return load;
}

static void run(struct kpc_ahead *a, struct kpc_decompressor *decompressor,
		struct kpc_job *job)
{
	kpc_load_run(job->load, a->input, decompressor, job->trace, job->chunk,
		     a->want);
}

/* ---- the threads --------------------------------------------------------- */

/* Two for each thread: one to go on with while the other is asked for. */
static bool has_room(const struct kpc_ahead *a)
{
	return a->waiting < a->nr_workers * 2 &&
	       a->waiting_bytes < KPC_AHEAD_MEMORY_BYTES;
}

static struct kpc_job *claim(struct kpc_ahead *a)
{
	while (a->next < a->nr && a->jobs[a->next].state != JOB_OPEN)
		a->next++;
	return a->next < a->nr && has_room(a) ? &a->jobs[a->next] : NULL;
}

static void work(void *ctx)
{
	struct worker *worker = ctx;
	struct kpc_ahead *a = worker->ahead;
	struct kpc_job *job;

	kpc_thread_ready(&worker->thread);
	pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		job = claim(a);
		if (job)
			job->load = take_free(a);
		/* Without memory the one who asks has to do it. */
		if (!job || !job->load) {
			pthread_cond_wait(&a->work, &a->lock);
			continue;
		}
		job->state = JOB_TAKEN;
		a->waiting++;
		pthread_mutex_unlock(&a->lock);
		run(a, worker->decompressor, job);
		pthread_mutex_lock(&a->lock);
		job->state = JOB_DONE;
		a->waiting_bytes += kpc_load_bytes(job->load);
		pthread_cond_broadcast(&a->done);
	}
	pthread_mutex_unlock(&a->lock);
}

/* One that can't be started is done without. */
static void start_workers(struct kpc_ahead *a, unsigned int threads)
{
	if (threads > KPC_AHEAD_THREADS_MAX)
		threads = KPC_AHEAD_THREADS_MAX;
	/* A few chunks aren't worth a thread. */
	if (threads > a->nr / CHUNKS_LEAST)
		threads = a->nr / CHUNKS_LEAST;
	while (a->nr_workers < threads) {
		struct worker *worker = &a->workers[a->nr_workers];

		worker->ahead = a;
		if (kpc_decompressor_new(&worker->decompressor))
			return;
		if (kpc_thread_start(&worker->thread, work, worker)) {
			kpc_decompressor_free(worker->decompressor);
			return;
		}
		pthread_mutex_lock(&a->lock);
		a->nr_workers++;
		pthread_cond_broadcast(&a->work);
		pthread_mutex_unlock(&a->lock);
	}
}

/* ---- the caller ---------------------------------------------------------- */

int kpc_ahead_new(struct kpc_ahead **out, const struct kpc_input *input,
		  struct kpc_decompressor *decompressor, struct kpc_job *jobs,
		  uint32_t nr, unsigned int threads, enum kpc_rows_want want)
{
	struct kpc_ahead *a = calloc(1, sizeof(*a));

	if (!a) {
		free(jobs);
		return -ENOMEM;
	}
	a->input = input;
	a->decompressor = decompressor;
	a->want = want;
	a->jobs = jobs;
	a->nr = nr;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->work, NULL);
	pthread_cond_init(&a->done, NULL);
	start_workers(a, threads);
	*out = a;
	return 0;
}

const struct kpc_job *kpc_ahead_job(const struct kpc_ahead *a, uint32_t i)
{
	return &a->jobs[i];
}

uint32_t kpc_ahead_nr(const struct kpc_ahead *a)
{
	return a->nr;
}

struct kpc_load *kpc_ahead_get(struct kpc_ahead *a, uint32_t i)
{
	struct kpc_job *job = &a->jobs[i];
	struct kpc_load *load;
	bool open;

	pthread_mutex_lock(&a->lock);
	open = job->state == JOB_OPEN;
	if (open) {
		job->state = JOB_TAKEN;
		job->load = take_free(a);
	} else {
		while (job->state != JOB_DONE)
			pthread_cond_wait(&a->done, &a->lock);
		a->waiting--;
		a->waiting_bytes -= kpc_load_bytes(job->load);
		pthread_cond_signal(&a->work);
	}
	load = job->load;
	pthread_mutex_unlock(&a->lock);
	if (open && load)
		run(a, a->decompressor, job);
	job->load = NULL;
	return load;
}

void kpc_ahead_put(struct kpc_ahead *a, struct kpc_load *load)
{
	if (!load)
		return;
	pthread_mutex_lock(&a->lock);
	load->next = a->free;
	a->free = load;
	pthread_mutex_unlock(&a->lock);
}

static void free_load(struct kpc_load *load)
{
	if (!load)
		return;
	kpc_load_uninit(load);
	free(load);
}

void kpc_ahead_free(struct kpc_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->work);
	pthread_mutex_unlock(&a->lock);
	for (unsigned int i = 0; i < a->nr_workers; i++) {
		kpc_thread_join(&a->workers[i].thread);
		kpc_decompressor_free(a->workers[i].decompressor);
	}
	for (uint32_t i = 0; i < a->nr; i++)
		free_load(a->jobs[i].load);
	while (a->free) {
		struct kpc_load *load = a->free;

		a->free = load->next;
		free_load(load);
	}
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->work);
	pthread_cond_destroy(&a->done);
	free(a->jobs);
	free(a);
}
