// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "head.h"
#include "index.h"
#include "indexed.h"

#define TRACES_MAX  4096u
#define INDEXES_MAX 65536u

struct segment { /* a trace in the file */
	uint64_t start;
	uint64_t end;
	uint64_t index; /* of its last Index packet */
	uint64_t trace;
};

struct offsets {
	uint64_t *at;
	uint32_t nr;
	uint32_t room;
};

/* Reads what is at @offset, which is to end at @end or before. 0 or -EBADMSG. */
static int read_head(struct kpc_scan *scan, uint64_t offset, uint64_t end,
		     struct kpc_packet *packet, Kprobex__Head **head)
{
	int err = kpc_scan_packet(scan, offset, packet);

	if (err)
		return err == -EAGAIN ? -EBADMSG : err;
	if (packet->bytes > end - offset)
		return -EBADMSG;
	*head = kpc_head_unpack(packet->head);
	return *head ? 0 : -EBADMSG;
}

/* ---- the traces, by their footers ---------------------------------------- */

static int find_segment(struct kpc_scan *scan, uint64_t end,
			struct segment *segment)
{
	struct kpc_packet packet;
	Kprobex__Head *head;
	uint64_t bytes = 0;
	int err;

	if (end < KPC_FOOTER_BYTES)
		return -EBADMSG;
	err = read_head(scan, end - KPC_FOOTER_BYTES, end, &packet, &head);
	if (err)
		return err;
	*segment = (struct segment){ .end = end, .trace = packet.trace };
	if (head->kind_case == KPROBEX__HEAD__KIND_FOOTER) {
		bytes = head->footer->total_bytes;
		segment->index = head->footer->index_offset;
	}
	kpc_head_free(head);
	if (packet.bytes != KPC_FOOTER_BYTES || bytes > end ||
	    !segment->index || segment->index >= bytes)
		return -EBADMSG;
	segment->start = end - bytes;
	segment->index += segment->start;
	return 0;
}

/* From the last to the first; @segments is malloc'ed. */
static int find_segments(struct kpc_scan *scan, struct segment **segments,
			 uint32_t *nr)
{
	uint64_t end = scan->input->size;
	uint32_t room = 0;

	for (*nr = 0; end; ++*nr) {
		struct segment *grown = *segments;
		int err;

		if (*nr == TRACES_MAX)
			return -EBADMSG;
		if (*nr == room) {
			room = room ? room * 2 : 4;
			grown = realloc(grown, room * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			*segments = grown;
		}
		err = find_segment(scan, end, &grown[*nr]);
		if (err)
			return err;
		end = grown[*nr].start;
	}
	return *nr ? 0 : -EBADMSG;
}

/* ---- a trace, by its index ----------------------------------------------- */

static int offsets_add(struct offsets *offsets, uint64_t at)
{
	uint32_t room = offsets->room ? offsets->room * 2 : 16;
	uint64_t *grown;

	if (offsets->nr == INDEXES_MAX)
		return -EBADMSG;
	if (offsets->nr == offsets->room) {
		grown = realloc(offsets->at, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		offsets->at = grown;
		offsets->room = room;
	}
	offsets->at[offsets->nr++] = at;
	return 0;
}

/* The Index packets, from the last to the first; each is before the next. */
static int find_indexes(struct kpc_scan *scan, const struct segment *segment,
			struct offsets *offsets)
{
	uint64_t at = segment->index;
	uint64_t end = segment->end;

	for (;;) {
		struct kpc_packet packet;
		Kprobex__Head *head;
		uint64_t previous = 0;
		bool is_index;
		int err = read_head(scan, at, end, &packet, &head);

		if (err)
			return err;
		is_index = head->kind_case == KPROBEX__HEAD__KIND_INDEX;
		if (is_index)
			previous = head->index->previous_offset;
		kpc_head_free(head);
		if (!is_index || packet.trace != segment->trace ||
		    previous >= at - segment->start)
			return -EBADMSG;
		err = offsets_add(offsets, at);
		if (err || !previous)
			return err;
		end = at;
		at = segment->start + previous;
	}
}

static int add_chunk(struct kpc_scan *scan, const struct kpc_index_entry *entry,
		     struct kpc_event_set *set, uint64_t offset)
{
	Kprobex__Chunk chunk = KPROBEX__CHUNK__INIT;
	struct kpc_trace *trace = scan->current;
	int err;

	chunk.ring = entry->ring;
	chunk.sequence = entry->sequence;
	chunk.events = entry->events;
	chunk.first_time_ns = entry->first_time_ns;
	chunk.last_time_ns = entry->last_time_ns;
	chunk.event = set->event;
	chunk.n_event = set->nr;
	chunk.event_rows = set->rows;
	chunk.n_event_rows = set->nr;
	err = kpc_trace_add_chunk(trace, &chunk, offset, entry->bytes);
	if (err)
		return err;
	trace->chunks[trace->nr_chunks - 1].is_unchecked = true;
	trace->packets++;
	scan->health->packets++;
	return 0;
}

/* What is between the chunks is read, and may be of this trace only. */
static int take_gap(struct kpc_scan *scan, const struct segment *segment,
		    uint64_t from, uint64_t to)
{
	uint32_t chunks = scan->current ? scan->current->nr_chunks : 0;
	bool begins = from == segment->start;
	int err = kpc_scan_between(scan, from, to);

	if (err)
		return err;
	if (!scan->current || scan->current->id != segment->trace ||
	    !scan->current->has_header ||
	    scan->current->start_offset != segment->start ||
	    (!begins && scan->current->nr_chunks != chunks) ||
	    (begins && scan->current->nr_chunks))
		return -EBADMSG;
	return 0;
}

/* @at: behind what was taken so far. */
static int take_index(struct kpc_scan *scan, const struct segment *segment,
		      uint64_t index, uint64_t *at)
{
	struct kpc_event_set set = { 0 };
	struct kpc_index_entry entry;
	struct kpc_buf buf = { 0 };
	struct kpc_packet packet;
	struct kpc_wire body;
	Kprobex__Head *head;
	int ret = read_head(scan, index, segment->end, &packet, &head);

	if (ret)
		return ret;
	ret = kpc_scan_body(scan->decompressor, head, &packet, &buf);
	kpc_head_free(head);
	body = (struct kpc_wire){ buf.data, buf.data + buf.used };
	while (!ret && (ret = kpc_index_next(&body, &entry, &set)) > 0) {
		uint64_t offset = segment->start + entry.offset;

		ret = -EBADMSG;
		if (!entry.bytes || entry.bytes > KPC_PACKET_BYTES_MAX + 6 ||
		    entry.offset > index || offset <= segment->start ||
		    offset < *at || offset > index ||
		    entry.bytes > index - offset)
			break;
		if (offset > *at)
			ret = take_gap(scan, segment, *at, offset);
		else
			ret = 0;
		if (!ret)
			ret = add_chunk(scan, &entry, &set, offset);
		*at = offset + entry.bytes;
	}
	kpc_event_set_uninit(&set);
	kpc_buf_uninit(&buf);
	return ret;
}

static int take_segment(struct kpc_scan *scan, const struct segment *segment)
{
	struct offsets offsets = { 0 };
	uint64_t at = segment->start;
	int err = find_indexes(scan, segment, &offsets);

	while (!err && offsets.nr)
		err = take_index(scan, segment, offsets.at[--offsets.nr], &at);
	if (!err)
		err = take_gap(scan, segment, at, segment->end);
	free(offsets.at);
	if (!err && !scan->current->has_footer)
		err = -EBADMSG;
	return err;
}

/* ---- the file ------------------------------------------------------------ */

static int take_segments(struct kpc_scan *scan, const struct segment *segments,
			 uint32_t nr)
{
	int err = 0;

	while (!err && nr)
		err = take_segment(scan, &segments[--nr]);
	return err;
}

int kpc_indexed_scan(struct kpc_scan *scan)
{
	struct segment *segments = NULL;
	uint32_t nr;
	int err;

	/* What is looked at is small, and chunks are between. */
	scan->input->is_sparse = true;
	err = find_segments(scan, &segments, &nr);
	if (!err)
		err = take_segments(scan, segments, nr);
	scan->input->is_sparse = false;
	free(segments);
	if (!err)
		scan->health->cut_at = scan->input->size;
	if (err != -EBADMSG)
		return err;
	for (uint32_t i = 0; i < scan->nr_traces; i++)
		kpc_trace_free(scan->traces[i]);
	scan->nr_traces = 0;
	scan->nr_headless = 0;
	scan->current = NULL;
	*scan->health = (struct kpc_reader_health){ 0 };
	return -EBADMSG;
}
