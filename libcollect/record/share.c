// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "outlet.h"
#include "share.h"

int kpc_share_init(struct kpc_share *s, struct kpc_book *book)
{
	uint32_t nr = book->ledger.nr_events;

	*s = (struct kpc_share){
		.book = book,
		.event = calloc(nr + 1, sizeof(*s->event)),
		.noted = calloc(nr + 1, sizeof(*s->noted)),
		.rows = calloc(nr + 1, sizeof(*s->rows)),
	};
	return s->event && s->noted && s->rows ? 0 : -ENOMEM;
}

void kpc_share_uninit(struct kpc_share *s)
{
	free(s->event);
	free(s->noted);
	free(s->rows);
	*s = (struct kpc_share){ 0 };
}

static void enter_event(struct kpc_book *book, uint32_t i,
			const struct kpc_share_event *from)
{
	struct kpc_event_account *account = &book->ledger.events[i];
	struct kpc_book_rule *rule = &book->rule[i];

	account->delivered += from->delivered;
	account->own_dropped += from->own_dropped;
	account->throttled += from->throttled;
	rule->left_out += from->left_out;
	rule->weights += from->weights;
	if (from->max_weight > rule->max_weight)
		rule->max_weight = from->max_weight;
	rule->unreadable |= from->unreadable;
}

void kpc_share_enter(struct kpc_share *s, uint32_t ring)
{
	struct kpc_ring_account *account = &s->book->ledger.rings[ring];

	for (uint32_t i = 0; i < s->nr_noted; i++) {
		struct kpc_share_event *e = &s->event[s->noted[i]];

		enter_event(s->book, s->noted[i], e);
		*e = (struct kpc_share_event){ 0 };
	}
	s->nr_noted = 0;
	account->records += s->ring.records;
	account->bytes += s->ring.bytes;
	account->lost += s->ring.lost;
	account->unreadable += s->ring.unreadable;
	for (uint32_t i = 0; i < s->losses.nr; i++)
		kpc_book_loss(s->book, ring, &s->losses.range[i]);
	s->losses.nr = 0;
	s->ring = (struct kpc_ring_account){ 0 };
	s->book->entries++;
}

/* What the chunk has, for who may have to take it back. */
static uint32_t list_rows(struct kpc_share *s)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < s->nr_noted; i++)
		if (s->event[s->noted[i]].delivered)
			s->rows[nr++] = (struct kpc_packet_rows){
				s->noted[i], s->event[s->noted[i]].delivered
			};
	return nr;
}

int kpc_share_put(struct kpc_share *s, struct kpc_writer *writer, uint32_t ring)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(writer);
	int err;

	kpc_outlet_lock(outlet);
	err = kpc_writer_put_rows(writer, s->rows, list_rows(s));
	if (!err)
		kpc_share_enter(s, ring);
	kpc_outlet_unlock(outlet);
	return err;
}
