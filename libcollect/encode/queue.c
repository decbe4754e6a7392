// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "queue.h"
#include "thread.h"
#include "trace_clock.h"

#define ALIGN 64u
#define TRIES 5 /* a millisecond each */

/* In front of each packet in the ring. */
struct entry {
	struct kpc_packet_info info;
	const void *large; /* where it is, if it isn't behind this */
	uint64_t bytes;	   /* UINT64_MAX: the next one is at the ring's start */
};

_Static_assert(sizeof(struct entry) <= ALIGN, "an entry has its own line");

/*
 * Positions count on for ever, modulo @size they are places; when all is written
 * they begin anew, so that a queue that is mostly empty stays in the cache.
 */
struct kpc_queue {
	uint8_t *data;
	size_t size;
	pthread_mutex_t order; /* held by who puts; taken before lock */
	pthread_mutex_t lock;  /* of all below */
	pthread_cond_t more;
	pthread_cond_t room;
	uint64_t head;	/* written by who holds order, too */
	uint64_t tail;	/* what is before it is free */
	uint64_t taken; /* the consumer has those up to here */
	uint64_t nr_put, nr_taken, nr_done;
	bool waiting; /* the consumer */
	bool closed;
	int failed;
	struct kpc_queue_stats stats;
};

static void init_locks(struct kpc_queue *q)
{
	kpc_mutex_init(&q->order, PTHREAD_MUTEX_RECURSIVE);
	kpc_mutex_init(&q->lock, PTHREAD_MUTEX_NORMAL);
	pthread_cond_init(&q->more, NULL);
	pthread_cond_init(&q->room, NULL);
}

int kpc_queue_new(struct kpc_queue **queue, size_t bytes)
{
	struct kpc_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	if (bytes < KPC_QUEUE_BYTES_MIN)
		bytes = KPC_QUEUE_BYTES_MIN;
	q->size = bytes & ~((size_t)ALIGN - 1);
	/* Memory is taken as far as it is used. */
	q->data = mmap(NULL, q->size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (q->data == MAP_FAILED) {
		free(q);
		return -ENOMEM;
	}
	init_locks(q);
	*queue = q;
	return 0;
}

void kpc_queue_free(struct kpc_queue *q)
{
	if (!q)
		return;
	munmap(q->data, q->size);
	pthread_cond_destroy(&q->room);
	pthread_cond_destroy(&q->more);
	pthread_mutex_destroy(&q->lock);
	pthread_mutex_destroy(&q->order);
	free(q);
}

/* ---- producers ----------------------------------------------------------- */

/* The bytes that an entry takes with its packet. */
static uint64_t footprint(const struct kpc_queue *q, size_t bytes)
{
	/* Twice that fits whatever is left out at the ring's end. */
	if (bytes > q->size / 2 - ALIGN)
		return ALIGN;
	return ALIGN + ((bytes + ALIGN - 1) & ~((uint64_t)ALIGN - 1));
}

/* With what is left out at the ring's end. */
static uint64_t stretch(const struct kpc_queue *q, uint64_t need)
{
	uint64_t left = q->size - q->head % q->size;

	return left < need ? left + need : need;
}

static bool has_room(struct kpc_queue *q, uint64_t need)
{
	if (q->head == q->tail)
		q->head = q->tail = 0;
	return q->head + stretch(q, need) - q->tail <= q->size;
}

void kpc_queue_lock(struct kpc_queue *q)
{
	pthread_mutex_lock(&q->order);
}

void kpc_queue_unlock(struct kpc_queue *q)
{
	pthread_mutex_unlock(&q->order);
}

bool kpc_queue_trylock(struct kpc_queue *q, size_t bytes)
{
	bool room;
	int tries;

	for (tries = 0; pthread_mutex_trylock(&q->order); tries++) {
		if (tries == TRIES)
			return false;
		usleep(1000);
	}
	pthread_mutex_lock(&q->lock);
	room = q->failed || has_room(q, footprint(q, bytes));
	pthread_mutex_unlock(&q->lock);
	if (!room)
		pthread_mutex_unlock(&q->order);
	return room;
}

/* With the lock held. */
static void wait_for_room(struct kpc_queue *q, uint64_t need)
{
	uint64_t since = kpc_trace_clock();

	q->stats.waits++;
	do {
		pthread_cond_wait(&q->room, &q->lock);
	} while (!q->failed && !has_room(q, need));
	q->stats.wait_ns += kpc_trace_clock() - since;
}

/* Finds the place of @need bytes, and says so at the ring's end if need be. */
static struct entry *place(struct kpc_queue *q, uint64_t need)
{
	uint64_t at = q->head % q->size;
	struct entry *entry = (void *)(q->data + at);

	if (q->size - at < need) {
		entry->bytes = UINT64_MAX;
		entry = (void *)q->data;
	}
	return entry;
}

/* With the lock held: it is there for the consumer. */
static void publish(struct kpc_queue *q, uint64_t need)
{
	uint64_t used;

	q->head += stretch(q, need);
	q->nr_put++;
	used = q->head - q->tail;
	if (used > q->stats.most_bytes)
		q->stats.most_bytes = used;
	if (q->waiting)
		pthread_cond_signal(&q->more);
}

static int put(struct kpc_queue *q, const struct kpc_packet_info *info,
	       const void *data, size_t bytes)
{
	uint64_t need = footprint(q, bytes), number;
	bool large = need == ALIGN && bytes;
	struct entry *entry;

	pthread_mutex_lock(&q->lock);
	if (!q->failed && !has_room(q, need))
		wait_for_room(q, need);
	if (q->failed) {
		pthread_mutex_unlock(&q->lock);
		return q->failed;
	}
	entry = place(q, need);
	/* What is behind the head is of who holds the order lock. */
	pthread_mutex_unlock(&q->lock);
	*entry = (struct entry){ *info, large ? data : NULL, bytes };
	if (!large)
		memcpy((uint8_t *)entry + ALIGN, data, bytes);
	pthread_mutex_lock(&q->lock);
	publish(q, need);
	number = q->nr_put;
	/* What the consumer has taken it may be reading, failure or not. */
	while (large && q->nr_done < number &&
	       (!q->failed || q->nr_taken >= number))
		pthread_cond_wait(&q->room, &q->lock);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

int kpc_queue_put(struct kpc_queue *q, const struct kpc_packet_info *info,
		  const void *data, size_t bytes)
{
	int err;

	kpc_queue_lock(q);
	err = put(q, info, data, bytes);
	kpc_queue_unlock(q);
	return err;
}

int kpc_queue_sync(struct kpc_queue *q)
{
	int err;

	pthread_mutex_lock(&q->lock);
	while (!q->failed && q->nr_done < q->nr_put)
		pthread_cond_wait(&q->room, &q->lock);
	err = q->failed;
	pthread_mutex_unlock(&q->lock);
	return err;
}

void kpc_queue_close(struct kpc_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_signal(&q->more);
	pthread_mutex_unlock(&q->lock);
}

void kpc_queue_stats(struct kpc_queue *q, struct kpc_queue_stats *stats)
{
	pthread_mutex_lock(&q->lock);
	*stats = q->stats;
	pthread_mutex_unlock(&q->lock);
}

/* ---- the consumer -------------------------------------------------------- */

static struct kpc_queue_item next_item(struct kpc_queue *q)
{
	uint64_t at = q->taken % q->size;
	const struct entry *entry = (const void *)(q->data + at);

	if (entry->bytes == UINT64_MAX) {
		q->taken += q->size - at;
		entry = (const void *)q->data;
	}
	q->taken += footprint(q, entry->bytes);
	return (struct kpc_queue_item){
		.info = entry->info,
		.data = entry->large ? entry->large :
				       (const uint8_t *)entry + ALIGN,
		.bytes = entry->bytes,
	};
}

uint32_t kpc_queue_take(struct kpc_queue *q, struct kpc_queue_item *items,
			uint32_t max)
{
	uint32_t nr = 0;

	pthread_mutex_lock(&q->lock);
	q->waiting = true;
	while (q->head == q->tail && !q->closed)
		pthread_cond_wait(&q->more, &q->lock);
	q->waiting = false;
	q->taken = q->tail;
	/* After a failure who put it may have left, and what it is in with them. */
	while (q->taken != q->head && nr < max && !q->failed)
		items[nr++] = next_item(q);
	q->nr_taken += nr;
	pthread_mutex_unlock(&q->lock);
	return nr;
}

void kpc_queue_done(struct kpc_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->tail = q->taken;
	q->nr_done = q->nr_taken;
	pthread_cond_broadcast(&q->room);
	pthread_mutex_unlock(&q->lock);
}

void kpc_queue_fail(struct kpc_queue *q, int err)
{
	pthread_mutex_lock(&q->lock);
	if (!q->failed)
		q->failed = err;
	pthread_cond_broadcast(&q->room);
	pthread_mutex_unlock(&q->lock);
}
