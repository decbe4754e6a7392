// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "head.h"
#include "indexed.h"
#include "scan.h"

#define FORMAT_VERSION 1
#define READ_BYTES     (64u << 10)
#define SYNC_AT	       7 /* of the first packet */
#define SEARCH_BYTES   (1u << 20)
#define LOOKBACK       16u /* traces that a packet may still belong to */
#define WASTE_BYTES    (64u << 20) /* a search may check, and the file */
#define WASTE_FILES    4u	   /* so many times */
#define HEADLESS_MAX   16u	   /* traces without a Header, in a file */

int kpc_scan_body(struct kpc_decompressor *decompressor,
		  const Kprobex__Head *head, const struct kpc_packet *packet,
		  struct kpc_buf *body)
{
	size_t bytes = kpc_wire_left(&packet->data);

	if (head->data_bytes > KPC_BODY_BYTES_MAX)
		return -EBADMSG;
	switch (head->codec) {
	case KPROBEX__CODEC__CODEC_NONE:
		kpc_buf_reset(body);
		kpc_buf_add(body, packet->data.at, bytes);
		return body->error;
	case KPROBEX__CODEC__CODEC_ZSTD:
		return kpc_decompressor_run(decompressor, body,
					    head->data_bytes, packet->data.at,
					    bytes);
	default:
		return -EBADMSG;
	}
}

/* ---- which trace --------------------------------------------------------- */

static struct kpc_trace *begin_trace(struct kpc_scan *scan, uint64_t id,
				     uint64_t offset)
{
	struct kpc_trace **traces;
	uint32_t room = scan->room ? scan->room * 2 : 4;

	if (scan->nr_traces == scan->room) {
		traces = realloc(scan->traces, room * sizeof(*traces));
		if (!traces)
			return NULL;
		scan->traces = traces;
		scan->room = room;
	}
	scan->current = kpc_trace_new(id);
	if (!scan->current)
		return NULL;
	scan->current->start_offset = offset;
	scan->traces[scan->nr_traces++] = scan->current;
	scan->nr_headless++;
	return scan->current;
}

static struct kpc_trace *find_trace(const struct kpc_scan *scan, uint64_t id)
{
	if (scan->current && scan->current->id == id)
		return scan->current;
	for (uint32_t i = 0; i < scan->nr_traces && i < LOOKBACK; i++) {
		struct kpc_trace *trace = scan->traces[scan->nr_traces - 1 - i];

		if (trace->id == id)
			return trace;
	}
	return NULL;
}

/*
 * The trace that a packet belongs to. A packet of an unknown one is of a trace
 * whose Header was lost, or has a damaged id: the end of the scan decides.
 */
static int select_trace(struct kpc_scan *scan, const Kprobex__Head *head,
			uint64_t id, uint64_t offset)
{
	bool begins = head->kind_case == KPROBEX__HEAD__KIND_HEADER &&
		      !head->header->repeat;
	struct kpc_trace *trace = begins ? NULL : find_trace(scan, id);

	if (trace) {
		scan->current = trace;
		return 0;
	}
	if (head->kind_case == KPROBEX__HEAD__KIND_HEADER) {
		if (head->header->uuid.len != 16 ||
		    kpc_load64(head->header->uuid.data) != id)
			return -EBADMSG;
	} else if (scan->nr_headless >= HEADLESS_MAX) {
		return -EBADMSG;
	}
	return begin_trace(scan, id, offset) ? 0 : -ENOMEM;
}

/* Once a Header was found, headless packets were damaged ones. */
static void drop_headless(struct kpc_scan *scan)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < scan->nr_traces; i++)
		kept += scan->traces[i]->has_header;
	if (!kept)
		return;
	kept = 0;
	for (uint32_t i = 0; i < scan->nr_traces; i++) {
		struct kpc_trace *trace = scan->traces[i];

		if (trace->has_header) {
			scan->traces[kept++] = trace;
			continue;
		}
		scan->health->packets -= trace->packets;
		scan->health->damaged_packets += trace->packets;
		kpc_trace_free(trace);
	}
	scan->nr_traces = kept;
}

/* ---- a good packet ------------------------------------------------------- */

static bool is_unknown(const Kprobex__Head *head)
{
	return head->required_features & ~KPC_FEATURES ||
	       (head->kind_case == KPROBEX__HEAD__KIND_HEADER &&
		head->header->version != FORMAT_VERSION);
}

static int add_body(struct kpc_scan *scan, const Kprobex__Head *head,
		    const struct kpc_packet *packet)
{
	struct kpc_wire wire;
	int err = kpc_scan_body(scan->decompressor, head, packet, &scan->body);

	if (err)
		return err;
	wire.at = scan->body.data;
	wire.end = wire.at + scan->body.used;
	return kpc_trace_add_body(scan->current, head, wire);
}

/* 0, -EBADMSG if it makes no sense after all, -ENOMEM. */
static int add_packet(struct kpc_scan *scan, Kprobex__Head **head,
		      const struct kpc_packet *packet, uint64_t offset)
{
	int err = select_trace(scan, *head, packet->trace, offset);
	bool headless;

	if (err)
		return err;
	headless = !scan->current->has_header;
	if ((*head)->kind_case == KPROBEX__HEAD__KIND_CHUNK)
		err = kpc_trace_add_chunk(scan->current, (*head)->chunk, offset,
					  packet->bytes);
	else if (kpc_trace_wants_body(*head))
		err = add_body(scan, *head, packet);
	else
		err = kpc_trace_add(scan->current, head);
	if (headless && scan->current->has_header)
		scan->nr_headless--;
	if (!err) {
		scan->current->packets++;
		scan->current->last_offset = offset;
	}
	return err;
}

static void see_damage(const struct kpc_scan *scan, uint64_t offset,
		       uint64_t bytes)
{
	if (scan->observer)
		scan->observer->damage(scan->observer_ctx, offset, bytes);
}

static int see_packet(const struct kpc_scan *scan, uint32_t kind,
		      uint64_t offset, size_t bytes)
{
	if (kind == KPROBEX__HEAD__KIND_FOOTER)
		scan->current->end_offset = offset + bytes;
	if (!scan->observer)
		return 0;
	return scan->observer->packet(scan->observer_ctx, scan->current, kind,
				      offset, bytes);
}

static int take_packet(struct kpc_scan *scan, const struct kpc_packet *packet,
		       uint64_t offset)
{
	Kprobex__Head *head = kpc_head_unpack(packet->head);
	uint32_t kind;
	int err;

	if (!head)
		return -EBADMSG;
	kind = head->kind_case;
	if (is_unknown(head)) {
		scan->health->unknown_packets++;
		kpc_head_free(head);
		return 0;
	}
	err = add_packet(scan, &head, packet, offset);
	kpc_head_free(head);
	return err ? err : see_packet(scan, kind, offset, packet->bytes);
}

/* ---- the file ------------------------------------------------------------ */

int kpc_scan_packet(struct kpc_scan *scan, uint64_t offset,
		    struct kpc_packet *packet)
{
	size_t want = READ_BYTES;
	size_t need = 0;

	*packet = (struct kpc_packet){ 0 };
	for (;;) {
		const uint8_t *data;
		ssize_t n = kpc_input_read(scan->input, offset, want, &data);
		int err;

		if (n <= 0)
			return n ? n : -EAGAIN;
		err = kpc_packet_parse(packet, data, n, &need);
		if (err != -EAGAIN || need > scan->input->size - offset ||
		    (size_t)n < want)
			return err;
		want = need;
	}
}

static void tell_headway(const struct kpc_scan *scan, uint64_t offset)
{
	if (scan->headway)
		kpc_headway_tell(scan->headway, offset);
}

/* Where after @offset a packet may begin; the file's size if nowhere. */
static int find_next(struct kpc_scan *scan, uint64_t offset, uint64_t *next)
{
	while (offset < scan->input->size) {
		const uint8_t *data;
		ssize_t n = kpc_input_read(scan->input, offset, SEARCH_BYTES,
					   &data);
		ssize_t at;

		if (n < 0)
			return n;
		if (n < KPC_PACKET_LEAD_BYTES)
			break;
		at = kpc_packet_find(data, n);
		if (at >= 0) {
			*next = offset + at;
			return 0;
		}
		offset += n - (KPC_PACKET_LEAD_BYTES - 1);
		tell_headway(scan, offset);
	}
	*next = scan->input->size;
	return 0;
}

/*
 * Skips bytes in no good packet, up to the next one; counts them. A good one may
 * be within what has a packet's shape and a wrong CRC: a packet that was cut
 * swallows what follows. A file made to be searched from each byte would take
 * forever, so once that took too long the search goes on behind such a shape.
 */
static int skip_damage(struct kpc_scan *scan, uint64_t *offset, int first_err,
		       struct kpc_packet packet)
{
	uint64_t waste_max = WASTE_BYTES + WASTE_FILES * scan->input->size;
	uint64_t start = *offset;
	int err;

	do {
		scan->wasted += packet.bytes;
		if (packet.bytes && scan->wasted > waste_max)
			*offset += packet.bytes;
		else
			++*offset;
		err = find_next(scan, *offset, offset);
		if (err)
			return err;
		if (*offset >= scan->input->size)
			break;
		err = kpc_scan_packet(scan, *offset, &packet);
	} while (err == -EBADMSG || err == -EAGAIN);
	if (err && err != -EBADMSG && err != -EAGAIN)
		return err;
	scan->health->damaged_bytes += *offset - start;
	see_damage(scan, start, *offset - start);
	/* A packet that only lacks its end, at the end, was cut. */
	if (*offset < scan->input->size || first_err != -EAGAIN)
		scan->health->damaged_packets++;
	return 0;
}

/* @grows: what is cut at the end may become whole. */
static int scan_file(struct kpc_scan *scan, uint64_t offset, bool grows)
{
	struct kpc_packet packet;
	int err;

	if (scan->headway)
		kpc_headway_stage(scan->headway, KPC_STAGE_SCAN,
				  scan->input->size);
	while (offset < scan->input->size) {
		tell_headway(scan, offset);
		err = kpc_scan_packet(scan, offset, &packet);
		if (err == -EAGAIN && grows)
			return 0;
		if (err == -EBADMSG || err == -EAGAIN) {
			err = skip_damage(scan, &offset, err, packet);
			if (err)
				return err;
			continue;
		}
		if (!err)
			err = take_packet(scan, &packet, offset);
		if (err && err != -EBADMSG)
			return err;
		offset += packet.bytes;
		if (err) {
			scan->health->damaged_packets++;
			scan->health->damaged_bytes += packet.bytes;
			see_damage(scan, offset - packet.bytes, packet.bytes);
		} else {
			scan->health->packets++;
			scan->health->cut_at = offset;
		}
	}
	return 0;
}

int kpc_scan_between(struct kpc_scan *scan, uint64_t from, uint64_t to)
{
	struct kpc_packet packet;
	int err;

	while (from < to) {
		err = kpc_scan_packet(scan, from, &packet);
		if (!err && packet.bytes > to - from)
			err = -EBADMSG;
		if (!err)
			err = take_packet(scan, &packet, from);
		if (err)
			return err == -EAGAIN ? -EBADMSG : err;
		from += packet.bytes;
		scan->health->packets++;
	}
	return 0;
}

int kpc_scan_no_trace(struct kpc_input *input,
		      const struct kpc_reader_health *health, const char *name,
		      char *error, size_t error_size)
{
	const uint8_t *data = NULL;
	ssize_t n;

	if (!input->size)
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s is empty: it should be a trace file, as collect -o writes",
			name);
	if (health->unknown_packets)
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s was written by a newer collect, in a version of the format that this one (%s) does not know: use the newer one",
			name, kpc_version());
	n = kpc_input_read(input, 0, SYNC_AT + 8, &data);
	if (n == SYNC_AT + 8 && !memcmp(data + SYNC_AT, "KPXTRACE", 8))
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s is cut or damaged within its first packet: there is nothing to read before the end of that",
			name);
	if (n >= 8 && !memcmp(data, "PERFILE2", 8))
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s is a perf.data file, not a trace file: collect import makes one of it",
			name);
	return kpc_fail(
		error, error_size, -EBADMSG,
		"%s is not a trace file: it should begin with a packet that has KPXTRACE at byte 7, as collect -o writes",
		name);
}

/* What the traces come to, into the health. */
static int finish_traces(struct kpc_scan *scan)
{
	struct kpc_reader_health *health = scan->health;
	int err;

	for (uint32_t i = 0; i < scan->nr_traces; i++) {
		struct kpc_trace *trace = scan->traces[i];

		err = kpc_trace_finish(trace);
		if (err)
			return err;
		health->damaged_packets += trace->bad_packets;
		health->missing_chunks += trace->missing_chunks;
		health->cut |= trace->info.cut;
		health->cut_traces += trace->info.cut;
		health->cut_end = trace->info.cut;
	}
	for (uint32_t i = 0; i < scan->nr_traces; i++)
		scan->traces[i]->info.traces = scan->nr_traces;
	return 0;
}

int kpc_scan_run(struct kpc_scan *scan)
{
	int err = scan->by_index ? kpc_indexed_scan(scan) : -EBADMSG;

	if (err == -EBADMSG)
		err = scan_file(scan, 0, false);
	kpc_buf_uninit(&scan->body);
	if (err)
		return err;
	drop_headless(scan);
	return finish_traces(scan);
}

int kpc_scan_resume(struct kpc_scan *scan)
{
	struct kpc_reader_health *health = scan->health;
	int err;

	for (uint32_t i = 0; i < scan->nr_traces; i++) {
		health->damaged_packets -= scan->traces[i]->bad_packets;
		health->missing_chunks -= scan->traces[i]->missing_chunks;
	}
	health->cut = false;
	health->cut_traces = 0;
	health->cut_end = false;
	err = scan_file(scan, health->cut_at, true);
	kpc_buf_uninit(&scan->body);
	return err ? err : finish_traces(scan);
}
