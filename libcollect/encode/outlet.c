// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "outlet.h"
#include "priority.h"
#include "thread.h"
#include "trace_clock.h"

#define TAKEN_MAX 64u

struct kpc_outlet {
	struct kpc_tracefile *file;
	struct kpc_queue *queue; /* NULL: there's no thread */
	struct kpc_thread thread;
	struct kpc_flight *flight; /* NULL: it writes */
	kpc_consume_fn consume;	   /* NULL: it writes, or keeps */
	void *consume_ctx;
	struct kpc_buf *ledger_into; /* NULL: like the rest */
	bool dumping;
	int dump_failed;
	char dump_error[KPC_ERROR_BYTES];
	pthread_mutex_t lock; /* of the first failure's text */
	_Atomic int failed;   /* set when the text is there */
	char error[KPC_ERROR_BYTES];
	bool (*give_up)(void *ctx);
	void *give_up_ctx;
};

/* Nor is a reader waited for when it's over anyway. */
static bool gives_up(void *ctx)
{
	struct kpc_outlet *o = ctx;

	return o->failed || (o->give_up && o->give_up(o->give_up_ctx));
}

int kpc_outlet_open(struct kpc_outlet **out, const char *path, int level,
		    char *error, size_t error_size)
{
	struct kpc_outlet *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = kpc_tracefile_open(&o->file, path, level, error, error_size);
	if (err) {
		free(o);
		return err;
	}
	pthread_mutex_init(&o->lock, NULL);
	kpc_tracefile_give_up_when(o->file, gives_up, o);
	*out = o;
	return 0;
}

struct kpc_tracefile *kpc_outlet_file(struct kpc_outlet *o)
{
	return o->file;
}

struct kpc_sink *kpc_outlet_sink(const struct kpc_outlet *o)
{
	return kpc_tracefile_sink(o->file);
}

void kpc_outlet_give_up_when(struct kpc_outlet *o, bool (*give_up)(void *ctx),
			     void *ctx)
{
	o->give_up = give_up;
	o->give_up_ctx = ctx;
}

int kpc_outlet_fail(struct kpc_outlet *o, int err, const char *text)
{
	pthread_mutex_lock(&o->lock);
	if (!o->failed) {
		kpc_fail(o->error, sizeof(o->error), err, "%s",
			 text && *text ? text : strerror(-err));
		o->failed = err;
	}
	pthread_mutex_unlock(&o->lock);
	if (o->queue)
		kpc_queue_fail(o->queue, o->failed);
	return o->failed;
}

int kpc_outlet_failed(const struct kpc_outlet *o)
{
	return o->failed;
}

const char *kpc_outlet_error(const struct kpc_outlet *o)
{
	return o->failed ? o->error : "";
}

/* ---- the thread ---------------------------------------------------------- */

static int consume_items(struct kpc_outlet *o,
			 const struct kpc_queue_item *items, uint32_t nr)
{
	int err = o->failed;

	for (uint32_t i = 0; !err && i < nr; i++)
		err = o->consume(o->consume_ctx, &items[i].info, items[i].data,
				 items[i].bytes);
	return err;
}

static int write_items(struct kpc_outlet *o, const struct kpc_queue_item *items,
		       uint32_t nr)
{
	int err = o->failed;

	for (uint32_t i = 0; !err && i < nr; i++)
		err = kpc_tracefile_put(o->file, &items[i].info, items[i].data,
					items[i].bytes);
	return err ? err : kpc_tracefile_flush(o->file);
}

static void write_all(void *ctx)
{
	struct kpc_outlet *o = ctx;
	struct kpc_queue_item items[TAKEN_MAX];
	struct kpc_priority before;
	uint32_t nr;
	int err = 0;

	kpc_priority_raise_nice(&before);
	kpc_thread_ready(&o->thread);
	while (!err && (nr = kpc_queue_take(o->queue, items, TAKEN_MAX))) {
		err = o->consume ? consume_items(o, items, nr) :
				   write_items(o, items, nr);
		if (err)
			kpc_outlet_fail(o, err, kpc_tracefile_error(o->file));
		kpc_queue_done(o->queue);
	}
}

int kpc_outlet_start(struct kpc_outlet *o, size_t bytes)
{
	int err = o->flight ? 0 : kpc_queue_new(&o->queue, bytes);

	if (!err && o->queue)
		err = kpc_thread_start(&o->thread, write_all, o);
	if (err) {
		kpc_queue_free(o->queue);
		o->queue = NULL;
	}
	return err;
}

uint32_t kpc_outlet_tid(const struct kpc_outlet *o)
{
	return o->thread.tid;
}

/* What was put is written, or a write failed. */
static void stop(struct kpc_outlet *o)
{
	if (!o->queue)
		return;
	kpc_queue_close(o->queue);
	kpc_thread_join(&o->thread);
}

/* ---- consuming ----------------------------------------------------------- */

void kpc_outlet_consume(struct kpc_outlet *o, kpc_consume_fn consume, void *ctx)
{
	o->consume = consume;
	o->consume_ctx = ctx;
}

/* Of one that has a consumer: only chunks may have to wait. */
static int hand_on(struct kpc_outlet *o, const struct kpc_packet_info *info,
		   const void *packet, size_t bytes)
{
	int err;

	if (info->kind == KPROBEX__HEAD__KIND_CHUNK && o->queue)
		return kpc_queue_put(o->queue, info, packet, bytes);
	err = o->consume(o->consume_ctx, info, packet, bytes);
	return err ? kpc_outlet_fail(o, err, NULL) : 0;
}

/* ---- dumps --------------------------------------------------------------- */

int kpc_outlet_keep(struct kpc_outlet *o, size_t bytes, uint64_t keep_ns,
		    struct kpc_book *book)
{
	return kpc_flight_new(&o->flight, bytes, keep_ns, book);
}

struct kpc_flight *kpc_outlet_flight(const struct kpc_outlet *o)
{
	return o->flight;
}

/* The first one is kept. */
static int dump_failed(struct kpc_outlet *o, int err)
{
	const char *text = kpc_tracefile_error(o->file);

	if (err && !o->dump_failed) {
		if (!*o->dump_error)
			kpc_fail(o->dump_error, sizeof(o->dump_error), err,
				 "%s", *text ? text : strerror(-err));
		o->dump_failed = err;
	}
	return o->dump_failed;
}

static int dump_put(struct kpc_outlet *o, const struct kpc_packet_info *info,
		    const void *packet, size_t bytes)
{
	int err = o->dump_failed;

	if (!err)
		err = kpc_tracefile_put(o->file, info, packet, bytes);
	return dump_failed(o, err);
}

int kpc_outlet_dump_begin(struct kpc_outlet *o, const char *path,
			  uint64_t start_ns)
{
	int err;

	o->dump_failed = 0;
	*o->dump_error = '\0';
	err = kpc_tracefile_begin_dump(o->file, path, start_ns, o->dump_error,
				       sizeof(o->dump_error));
	o->dumping = true;
	return dump_failed(o, err);
}

int kpc_outlet_dump_kept(struct kpc_outlet *o)
{
	struct kpc_queue_item item;
	uint64_t position = 0;

	while (!o->dump_failed && kpc_flight_next(o->flight, &position, &item))
		dump_put(o, &item.info, item.data, item.bytes);
	return o->dump_failed ? o->dump_failed :
				dump_failed(o, kpc_tracefile_flush(o->file));
}

int kpc_outlet_dump_end(struct kpc_outlet *o, int err,
			enum kpc_exit_reason reason)
{
	dump_failed(o, err);
	if (!o->dump_failed)
		dump_failed(o, kpc_tracefile_end_dump(o->file, reason));
	if (o->dump_failed)
		kpc_tracefile_leave_dump(o->file);
	o->dumping = false;
	return o->dump_failed;
}

int kpc_outlet_dump_failed(const struct kpc_outlet *o)
{
	return o->dump_failed;
}

const char *kpc_outlet_dump_error(const struct kpc_outlet *o)
{
	return o->dump_error;
}

void kpc_outlet_ledger_into(struct kpc_outlet *o, struct kpc_buf *into)
{
	o->ledger_into = into;
}

void kpc_outlet_dump_packet(struct kpc_outlet *o, uint32_t kind,
			    const struct kpc_buf *packet)
{
	struct kpc_packet_info info = { .kind = kind };

	if (!dump_put(o, &info, packet->data, packet->used))
		dump_failed(o, kpc_tracefile_flush(o->file));
}

/* A packet of an outlet that keeps them. The Header and events are the file's. */
static int keep(struct kpc_outlet *o, const struct kpc_packet_info *info,
		const void *packet, size_t bytes)
{
	uint32_t kind = info->kind;

	if (kind == KPROBEX__HEAD__KIND_HEADER ||
	    kind == KPROBEX__HEAD__KIND_EVENT)
		return kpc_tracefile_put(o->file, info, packet, bytes);
	if (kind == KPROBEX__HEAD__KIND_LEDGER && o->ledger_into) {
		kpc_buf_reset(o->ledger_into);
		kpc_buf_add(o->ledger_into, packet, bytes);
		return o->ledger_into->error;
	}
	if (kind != KPROBEX__HEAD__KIND_CHUNK && o->dumping) {
		if (!dump_put(o, info, packet, bytes))
			dump_failed(o, kpc_tracefile_flush(o->file));
	} else if (kind == KPROBEX__HEAD__KIND_CHUNK ||
		   kind == KPROBEX__HEAD__KIND_CLOCK) {
		kpc_flight_lock(o->flight);
		kpc_flight_put(o->flight, info, packet, bytes,
			       kpc_trace_clock());
		kpc_flight_unlock(o->flight);
	}
	return 0;
}

/* ---- putting ------------------------------------------------------------- */

void kpc_outlet_lock(struct kpc_outlet *o)
{
	if (o->flight)
		kpc_flight_lock(o->flight);
	if (o->queue)
		kpc_queue_lock(o->queue);
}

void kpc_outlet_unlock(struct kpc_outlet *o)
{
	if (o->flight)
		kpc_flight_unlock(o->flight);
	if (o->queue)
		kpc_queue_unlock(o->queue);
}

bool kpc_outlet_trylock(struct kpc_outlet *o, size_t bytes)
{
	if (o->flight)
		return kpc_flight_trylock(o->flight);
	return !o->queue || kpc_queue_trylock(o->queue, bytes);
}

int kpc_outlet_put(struct kpc_outlet *o, const struct kpc_packet_info *info,
		   const void *packet, size_t bytes)
{
	int err = o->failed;

	if (err)
		return err;
	if (o->flight)
		return keep(o, info, packet, bytes);
	if (o->consume)
		return hand_on(o, info, packet, bytes);
	if (o->queue)
		return kpc_queue_put(o->queue, info, packet, bytes);
	err = kpc_tracefile_put(o->file, info, packet, bytes);
	if (!err)
		err = kpc_tracefile_flush(o->file);
	return err ? kpc_outlet_fail(o, err, kpc_tracefile_error(o->file)) : 0;
}

int kpc_outlet_sync(struct kpc_outlet *o)
{
	if (o->queue && !o->failed)
		kpc_queue_sync(o->queue);
	return o->failed;
}

void kpc_outlet_stats(struct kpc_outlet *o, struct kpc_queue_stats *stats)
{
	*stats = (struct kpc_queue_stats){ 0 };
	if (o->queue)
		kpc_queue_stats(o->queue, stats);
}

int kpc_outlet_finish(struct kpc_outlet *o, enum kpc_exit_reason reason)
{
	int err;

	stop(o);
	err = o->failed;
	if (err || o->flight || o->consume)
		return err;
	err = kpc_tracefile_finish(o->file, reason);
	return err ? kpc_outlet_fail(o, err, kpc_tracefile_error(o->file)) : 0;
}

void kpc_outlet_free(struct kpc_outlet *o)
{
	if (!o)
		return;
	/* What is left in the queue of a recording that failed stays there. */
	if (o->thread.tid)
		kpc_outlet_fail(o, -ECANCELED, NULL);
	stop(o);
	kpc_queue_free(o->queue);
	kpc_flight_free(o->flight);
	kpc_tracefile_free(o->file);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
