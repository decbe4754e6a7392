// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "retained.h"

static void trace_free(struct kpc_retained_trace *trace)
{
	kpc_buf_uninit(&trace->repeat);
	free(trace);
}

uint64_t kpc_retained_first(const struct kpc_retained *r)
{
	return r->first ? r->first->begin : r->end;
}

/* Traces of which nothing is kept and nothing will come. */
static void drop_traces(struct kpc_retained *r)
{
	uint64_t first = kpc_retained_first(r);

	while (r->trace && r->trace->next &&
	       (int64_t)(first - r->trace->next->begin) >= 0) {
		struct kpc_retained_trace *trace = r->trace;

		r->trace = trace->next;
		trace_free(trace);
	}
}

int kpc_retained_begin(struct kpc_retained *r, const uint8_t uuid[16])
{
	struct kpc_retained_trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return -ENOMEM;
	memcpy(trace->uuid, uuid, sizeof(trace->uuid));
	trace->begin = r->end;
	trace->origin = r->end;
	if (r->newest)
		r->newest->next = trace;
	else
		r->trace = trace;
	r->newest = trace;
	drop_traces(r);
	return 0;
}

int kpc_retained_repeat(struct kpc_retained *r, const void *data, size_t bytes)
{
	if (!r->newest)
		return 0;
	kpc_buf_add(&r->newest->repeat, data, bytes);
	return r->newest->repeat.error;
}

int kpc_retained_add(struct kpc_retained *r, const void *data, size_t bytes)
{
	struct kpc_retained_block *block = malloc(sizeof(*block) + bytes);

	if (!block)
		return -ENOMEM;
	block->next = NULL;
	block->begin = r->end;
	block->bytes = bytes;
	memcpy(block->data, data, bytes);
	if (r->last)
		r->last->next = block;
	else
		r->first = block;
	r->last = block;
	r->end += bytes;
	r->kept += bytes;
	return 0;
}

void kpc_retained_drop(struct kpc_retained *r, uint64_t position)
{
	struct kpc_retained_block *block;

	while ((block = r->first) != NULL &&
	       (int64_t)(position - block->begin) >= (int64_t)block->bytes) {
		r->kept -= block->bytes;
		r->first = block->next;
		if (!r->first)
			r->last = NULL;
		if (r->sending == block)
			r->sending = NULL;
		free(block);
	}
	drop_traces(r);
}

void kpc_retained_seek(struct kpc_retained *r, uint64_t position)
{
	struct kpc_retained_block *block = r->first;

	while (block && position - block->begin >= block->bytes && block->next)
		block = block->next;
	r->sending = block;
	r->sent = position;
}

const uint8_t *kpc_retained_next(struct kpc_retained *r, size_t *bytes)
{
	struct kpc_retained_block *block = r->sending;

	if (r->sent == r->end)
		return NULL;
	if (!block)
		block = r->first;
	else if (r->sent - block->begin == block->bytes)
		block = block->next;
	r->sending = block;
	*bytes = block->begin + block->bytes - r->sent;
	return block->data + (r->sent - block->begin);
}

void kpc_retained_sent(struct kpc_retained *r, size_t bytes)
{
	r->sent += bytes;
}

static const struct kpc_retained_trace *find_trace(const struct kpc_retained *r,
						   const uint8_t uuid[16])
{
	for (const struct kpc_retained_trace *t = r->trace; t; t = t->next)
		if (!memcmp(t->uuid, uuid, sizeof(t->uuid)))
			return t;
	return NULL;
}

enum kpc_retained_found kpc_retained_find(const struct kpc_retained *r,
					  const uint8_t uuid[16],
					  uint64_t bytes, uint64_t *position)
{
	const struct kpc_retained_trace *trace = find_trace(r, uuid);
	uint64_t first = kpc_retained_first(r);
	uint64_t end;

	if (!trace)
		return KPC_RETAINED_OTHER;
	end = trace->next ? trace->next->begin : r->end;
	if (bytes > end - trace->origin)
		return KPC_RETAINED_NEVER;
	*position = trace->origin + bytes;
	return (int64_t)(*position - first) < 0 ? KPC_RETAINED_GONE :
						  KPC_RETAINED_HERE;
}

void kpc_retained_skip(struct kpc_retained *r, uint64_t bytes)
{
	r->trace->origin =
		kpc_retained_first(r) - bytes - r->trace->repeat.used;
}

void kpc_retained_uninit(struct kpc_retained *r)
{
	kpc_retained_drop(r, r->end);
	while (r->trace) {
		struct kpc_retained_trace *trace = r->trace;

		r->trace = trace->next;
		trace_free(trace);
	}
	*r = (struct kpc_retained){ 0 };
}
