// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flight.h"
#include "thread.h"

#define ALIGN 64u
#define TRIES 5 /* a millisecond each */

/* In front of each packet: itself, its rows, the packet. */
struct entry {
	struct kpc_packet_info info; /* its rows aren't there any more */
	uint64_t put_ns;
	uint64_t bytes; /* UINT64_MAX: the next one is at the ring's start */
};

_Static_assert(sizeof(struct entry) <= ALIGN, "an entry has its own line");

/* Positions count on, modulo @size they are places. */
struct kpc_flight {
	uint8_t *data;
	size_t size;
	uint64_t keep_ns;
	struct kpc_book *book;
	pthread_mutex_t lock;
	uint64_t head;
	uint64_t tail;
	uint64_t squeezed_ns;
};

/* The kernel may promise it all the same, and end somebody when it's used. */
static bool is_too_much(size_t bytes)
{
	uint64_t pages = bytes / sysconf(_SC_PAGESIZE);

	return pages >= (uint64_t)sysconf(_SC_PHYS_PAGES);
}

int kpc_flight_new(struct kpc_flight **out, size_t bytes, uint64_t keep_ns,
		   struct kpc_book *book)
{
	struct kpc_flight *f;

	if (is_too_much(bytes))
		return -ENOMEM;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	if (bytes < KPC_FLIGHT_BYTES_MIN)
		bytes = KPC_FLIGHT_BYTES_MIN;
	f->size = bytes & ~((size_t)ALIGN - 1);
	f->keep_ns = keep_ns;
	f->book = book;
	/* All of it now, so that it isn't missing when it counts. */
	f->data = mmap(NULL, f->size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (f->data == MAP_FAILED) {
		free(f);
		return -ENOMEM;
	}
	kpc_mutex_init(&f->lock, PTHREAD_MUTEX_RECURSIVE);
	*out = f;
	return 0;
}

void kpc_flight_free(struct kpc_flight *f)
{
	if (!f)
		return;
	munmap(f->data, f->size);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void kpc_flight_lock(struct kpc_flight *f)
{
	pthread_mutex_lock(&f->lock);
}

void kpc_flight_unlock(struct kpc_flight *f)
{
	pthread_mutex_unlock(&f->lock);
}

bool kpc_flight_trylock(struct kpc_flight *f)
{
	for (int tries = 0; pthread_mutex_trylock(&f->lock); tries++) {
		if (tries == TRIES)
			return false;
		usleep(1000);
	}
	return true;
}

/* ---- dropping ------------------------------------------------------------ */

static uint64_t rows_bytes(uint32_t nr)
{
	return (uint64_t)nr * sizeof(struct kpc_packet_rows);
}

static uint64_t footprint(uint32_t nr_rows, uint64_t bytes)
{
	return (ALIGN + rows_bytes(nr_rows) + bytes + ALIGN - 1) &
	       ~((uint64_t)ALIGN - 1);
}

/* The one at *@position, which is set to where the next one may be. */
static struct entry *entry_at(const struct kpc_flight *f, uint64_t *position)
{
	uint64_t at = *position % f->size;
	struct entry *entry = (void *)(f->data + at);

	if (entry->bytes == UINT64_MAX) {
		*position += f->size - at;
		entry = (void *)f->data;
	}
	*position += footprint(entry->info.nr_rows, entry->bytes);
	return entry;
}

static const struct entry *oldest(const struct kpc_flight *f)
{
	uint64_t position = f->tail;

	return f->tail == f->head ? NULL : entry_at(f, &position);
}

static void count_overwritten(struct kpc_flight *f,
			      const struct kpc_packet_rows *rows, uint32_t nr)
{
	struct kpc_ledger *ledger = &f->book->ledger;

	for (uint32_t i = 0; i < nr; i++) {
		if (rows[i].event >= ledger->nr_events)
			continue;
		ledger->events[rows[i].event].delivered -= rows[i].rows;
		ledger->events[rows[i].event].overwritten += rows[i].rows;
	}
}

static void drop_oldest(struct kpc_flight *f)
{
	struct entry *entry = entry_at(f, &f->tail);

	count_overwritten(f, (const void *)((uint8_t *)entry + ALIGN),
			  entry->info.nr_rows);
}

void kpc_flight_drop_before(struct kpc_flight *f, uint64_t ns)
{
	const struct entry *entry;

	while ((entry = oldest(f)) != NULL && entry->put_ns < ns)
		drop_oldest(f);
}

void kpc_flight_clear(struct kpc_flight *f)
{
	f->head = f->tail = 0;
	f->squeezed_ns = 0;
}

/* ---- putting ------------------------------------------------------------- */

/* With what is left out at the ring's end. */
static uint64_t stretch(const struct kpc_flight *f, uint64_t need)
{
	uint64_t left = f->size - f->head % f->size;

	return left < need ? left + need : need;
}

static void make_room(struct kpc_flight *f, uint64_t need)
{
	while (f->tail != f->head &&
	       f->head + stretch(f, need) - f->tail > f->size) {
		f->squeezed_ns = oldest(f)->put_ns;
		drop_oldest(f);
	}
	if (f->tail == f->head)
		f->head = f->tail = 0;
}

void kpc_flight_put(struct kpc_flight *f, const struct kpc_packet_info *info,
		    const void *data, size_t bytes, uint64_t now_ns)
{
	uint64_t need = footprint(info->nr_rows, bytes), at;
	struct entry *entry;

	if (f->keep_ns && now_ns > f->keep_ns)
		kpc_flight_drop_before(f, now_ns - f->keep_ns);
	if (need > f->size) {
		/* Before it is counted as delivered; then it's right. */
		count_overwritten(f, info->rows, info->nr_rows);
		f->squeezed_ns = now_ns;
		return;
	}
	make_room(f, need);
	at = f->head % f->size;
	entry = (void *)(f->data + at);
	if (f->size - at < need) {
		entry->bytes = UINT64_MAX;
		entry = (void *)f->data;
	}
	f->head += stretch(f, need);
	*entry = (struct entry){ *info, now_ns, bytes };
	entry->info.rows = NULL;
	if (info->nr_rows)
		memcpy((uint8_t *)entry + ALIGN, info->rows,
		       rows_bytes(info->nr_rows));
	memcpy((uint8_t *)entry + ALIGN + rows_bytes(info->nr_rows), data,
	       bytes);
}

/* ---- looking ------------------------------------------------------------- */

bool kpc_flight_next(const struct kpc_flight *f, uint64_t *position,
		     struct kpc_queue_item *item)
{
	uint64_t at = *position ? *position : f->tail;
	const struct entry *entry;

	if (at == f->head)
		return false;
	entry = entry_at(f, &at);
	*position = at;
	*item = (struct kpc_queue_item){
		.info = entry->info,
		.data = (const uint8_t *)entry + ALIGN +
			rows_bytes(entry->info.nr_rows),
		.bytes = entry->bytes,
	};
	item->info.nr_rows = 0;
	return true;
}

uint64_t kpc_flight_squeezed_ns(const struct kpc_flight *f)
{
	return f->squeezed_ns;
}

uint64_t kpc_flight_oldest_ns(const struct kpc_flight *f)
{
	const struct entry *entry = oldest(f);

	return entry ? entry->put_ns : 0;
}
