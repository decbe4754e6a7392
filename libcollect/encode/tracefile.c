// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>

#include "fail.h"
#include "footer.h"
#include "head.h"
#include "index.h"
#include "packer.h"
#include "packet.h"
#include "sink.h"
#include "tracefile.h"

#define GATHERED_MAX 64u

struct kpc_tracefile {
	struct kpc_sink *sink;
	struct kpc_packer packer; /* of the end's packets */
	uint8_t uuid[16];
	struct kpc_buf repeated; /* the Header, marked as such */
	struct kpc_buf header;	 /* and as it came */
	struct kpc_buf events;	 /* the EventDescs */
	struct kpc_index index;
	struct iovec gathered[GATHERED_MAX];
	uint32_t gathered_events[GATHERED_MAX]; /* in each of these */
	uint32_t nr_gathered;
	uint64_t offset;    /* of the next packet */
	uint64_t nr_events; /* in those up to it */
	uint32_t part;	    /* its number in the series; 0: there is none */
	bool dump;
	uint8_t series[16];
	_Atomic uint64_t bytes_before; /* of the parts before this */
	bool (*give_up)(void *ctx);
	void *give_up_ctx;
	_Atomic uint64_t bytes_written;
	_Atomic uint64_t events_written;
	uint64_t events_before; /* the dump */
};

int kpc_tracefile_open(struct kpc_tracefile **out, const char *path, int level,
		       char *error, size_t error_size)
{
	struct kpc_tracefile *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	if (getrandom(f->uuid, sizeof(f->uuid), 0) != sizeof(f->uuid)) {
		err = kpc_fail(error, error_size, -errno,
			       "cannot draw a trace id: %s", strerror(errno));
		goto err_free;
	}
	err = kpc_packer_init(&f->packer, level, kpc_tracefile_trace(f));
	if (err) {
		err = kpc_fail(error, error_size, err,
			       err == -EINVAL ?
				       "zstd's level is from -100 to 19" :
				       "out of memory");
		goto err_free;
	}
	if (path)
		err = kpc_sink_open(&f->sink, path, error, error_size);
	if (err)
		goto err_free;
	*out = f;
	return 0;

err_free:
	kpc_tracefile_free(f);
	return err;
}

const uint8_t *kpc_tracefile_uuid(const struct kpc_tracefile *f)
{
	return f->uuid;
}

uint64_t kpc_tracefile_trace(const struct kpc_tracefile *f)
{
	return kpc_load64(f->uuid);
}

/* ---- packets ------------------------------------------------------------- */

/* In what was written whole, of @bytes. */
static uint64_t count_events(const struct kpc_tracefile *f, uint64_t bytes)
{
	uint64_t events = 0;

	for (uint32_t i = 0; i < f->nr_gathered; i++) {
		if (f->gathered[i].iov_len > bytes)
			break;
		bytes -= f->gathered[i].iov_len;
		events += f->gathered_events[i];
	}
	return events;
}

int kpc_tracefile_flush(struct kpc_tracefile *f)
{
	uint64_t before = kpc_sink_bytes(f->sink);
	int err = kpc_sink_writev(f->sink, f->gathered, f->nr_gathered);

	f->bytes_written = f->bytes_before + kpc_sink_bytes(f->sink);
	f->events_written += count_events(f, kpc_sink_bytes(f->sink) - before);
	f->nr_gathered = 0;
	return err;
}

static int write_bytes(struct kpc_tracefile *f, const void *data, size_t bytes,
		       uint32_t events)
{
	uint32_t at = f->nr_gathered;

	if (!bytes)
		return 0;
	f->gathered[at] = (struct iovec){ (void *)data, bytes };
	f->gathered_events[at] = events;
	f->nr_gathered++;
	f->offset += bytes;
	f->nr_events += events;
	return f->nr_gathered == GATHERED_MAX ? kpc_tracefile_flush(f) : 0;
}

/* Written at once, for the packer's memory is used again. */
static int write_packed(struct kpc_tracefile *f)
{
	int err =
		write_bytes(f, f->packer.packet.data, f->packer.packet.used, 0);

	return err ? err : kpc_tracefile_flush(f);
}

/* The Index of the chunks since the one before. */
static int write_index(struct kpc_tracefile *f)
{
	uint64_t offset = f->offset;
	int err = kpc_index_pack(&f->index, &f->packer);

	if (!err)
		err = write_packed(f);
	if (!err)
		kpc_index_written(&f->index, offset);
	return err;
}

/* What the chunk at the current offset has, as its own head says. */
static int add_to_index(struct kpc_tracefile *f, const void *packet,
			size_t bytes)
{
	struct kpc_packet parsed;
	Kprobex__Head *head;
	size_t need;
	int err = kpc_packet_parse(&parsed, packet, bytes, &need);

	if (err)
		return -EINVAL;
	head = kpc_head_unpack(parsed.head);
	if (!head)
		return -ENOMEM;
	err = kpc_index_add(&f->index, head->chunk, f->offset, bytes);
	kpc_head_free(head);
	return err;
}

/* The Header is at hand, and what it is repeated by. */
static int begin(struct kpc_tracefile *f)
{
	int err;

	if (!f->sink)
		return 0;
	err = kpc_sink_begin(f->sink, f->uuid);
	return err ? err :
		     kpc_sink_repeat(f->sink, f->repeated.data,
				     f->repeated.used);
}

/* What is needed of a packet for later. */
static int keep(struct kpc_tracefile *f, const struct kpc_packet_info *info,
		const void *packet, size_t bytes)
{
	switch (info->kind) {
	case KPROBEX__HEAD__KIND_HEADER:
		kpc_buf_reset(&f->header);
		kpc_buf_add(&f->header, packet, bytes);
		return f->header.error ? f->header.error : begin(f);
	case KPROBEX__HEAD__KIND_EVENT:
		kpc_buf_add(&f->events, packet, bytes);
		if (f->events.error || !f->sink)
			return f->events.error;
		return kpc_sink_repeat(f->sink, packet, bytes);
	case KPROBEX__HEAD__KIND_CHUNK:
		return add_to_index(f, packet, bytes);
	default:
		return 0;
	}
}

int kpc_tracefile_put(struct kpc_tracefile *f,
		      const struct kpc_packet_info *info, const void *packet,
		      size_t bytes)
{
	int err = keep(f, info, packet, bytes);

	if (!err && f->sink)
		err = write_bytes(f, packet, bytes, info->events);
	if (!err && kpc_index_is_due(&f->index))
		err = write_index(f);
	return err;
}

int kpc_tracefile_repeat(struct kpc_tracefile *f, const void *packet,
			 size_t bytes)
{
	kpc_buf_reset(&f->repeated);
	kpc_buf_add(&f->repeated, packet, bytes);
	return f->repeated.error;
}

/* ---- the end ------------------------------------------------------------- */

static int write_footer(struct kpc_tracefile *f, uint64_t index_offset,
			enum kpc_exit_reason reason)
{
	struct kpc_footer footer = {
		.index_offset = index_offset,
		.total_bytes = f->offset + KPC_FOOTER_BYTES,
		.events = f->nr_events,
		.exit_reason = reason,
	};
	int err = kpc_footer_pack(&footer, &f->packer);

	return err ? err : write_packed(f);
}

static int write_end(struct kpc_tracefile *f, enum kpc_exit_reason reason)
{
	int err;

	err = write_bytes(f, f->repeated.data, f->repeated.used, 0);
	if (!err)
		err = write_bytes(f, f->events.data, f->events.used, 0);
	/* One at least, if of no chunks: readers find all by it. */
	if (!err && (f->index.chunks || !f->index.previous))
		err = write_index(f);
	if (!err)
		/* After a gap nothing is where it was written to: readers scan. */
		err = write_footer(
			f, kpc_sink_has_gap(f->sink) ? 0 : f->index.previous,
			reason);
	return err;
}

int kpc_tracefile_finish(struct kpc_tracefile *f, enum kpc_exit_reason reason)
{
	int err = write_end(f, reason);

	return err ? err : kpc_sink_finish(f->sink);
}

/* ---- parts --------------------------------------------------------------- */

void kpc_tracefile_series(struct kpc_tracefile *f, bool dump)
{
	f->part = 1;
	f->dump = dump;
	memcpy(f->series, f->uuid, sizeof(f->series));
}

int kpc_tracefile_first(struct kpc_tracefile *f, const char *path, char *error,
			size_t error_size)
{
	int err = kpc_sink_create(&f->sink, path, error, error_size);

	if (!err)
		kpc_sink_give_up_when(f->sink, f->give_up, f->give_up_ctx);
	return err;
}

/* Another uuid, whose first half, Packet.trace, is that of all parts. */
static int draw_uuid(struct kpc_tracefile *f)
{
	size_t half = sizeof(f->uuid) / 2;

	return getrandom(f->uuid + half, half, 0) == half ? 0 : -errno;
}

/* Writes what there is in @buf now, and keeps it as it was. */
static int write_again(struct kpc_tracefile *f, uint32_t kind,
		       const struct kpc_buf *buf)
{
	struct kpc_packet_info info = { .kind = kind };
	int err = kpc_tracefile_put(f, &info, buf->data, buf->used);

	return err ? err : kpc_tracefile_flush(f);
}

/* The Header of the first part, as of this one. */
static int write_header(struct kpc_tracefile *f, Kprobex__Head *head,
			uint32_t removed, uint64_t start_ns)
{
	Kprobex__Header *header = head->header;
	Kprobex__Part *part = header->part;
	struct kpc_buf copy = { 0 };
	int err;

	if (!part || header->uuid.len != sizeof(f->uuid))
		return -EINVAL;
	memcpy(header->uuid.data, f->uuid, sizeof(f->uuid));
	header->start_time_ns = start_ns;
	part->number = f->part;
	part->removed = removed;
	header->repeat = true;
	err = kpc_packer_head(&f->packer, head);
	if (!err)
		err = kpc_tracefile_repeat(f, f->packer.packet.data,
					   f->packer.packet.used);
	header->repeat = false;
	if (!err)
		err = kpc_packer_head(&f->packer, head);
	if (err)
		return err;
	kpc_buf_add(&copy, f->packer.packet.data, f->packer.packet.used);
	err = copy.error ? copy.error :
			   write_again(f, KPROBEX__HEAD__KIND_HEADER, &copy);
	kpc_buf_uninit(&copy);
	return err;
}

static int write_beginning(struct kpc_tracefile *f, uint32_t removed,
			   uint64_t start_ns)
{
	struct kpc_buf events = f->events;
	struct kpc_packet packet;
	Kprobex__Head *head;
	size_t need;
	int err = -EINVAL;

	f->events = (struct kpc_buf){ 0 };
	if (kpc_packet_parse(&packet, f->header.data, f->header.used, &need))
		goto out;
	head = kpc_head_unpack(packet.head);
	if (head)
		err = write_header(f, head, removed, start_ns);
	kpc_head_free(head);
	/* One after the other, so that each is one packet of the repeat. */
	for (size_t at = 0; !err && at < events.used; at += packet.bytes) {
		struct kpc_buf one = { .data = events.data + at };

		err = kpc_packet_parse(&packet, one.data, events.used - at,
				       &need);
		one.used = packet.bytes;
		if (!err)
			err = write_again(f, KPROBEX__HEAD__KIND_EVENT, &one);
	}
out:
	kpc_buf_uninit(&events);
	return err;
}

/* The sink of the next part takes the place of the one that is whole. */
static int replace_sink(struct kpc_tracefile *f, const char *path, char *error,
			size_t error_size)
{
	struct kpc_sink *sink;
	int err = kpc_sink_finish(f->sink);

	if (!err)
		err = kpc_sink_create(&sink, path, error, error_size);
	if (err)
		return err;
	kpc_sink_free(f->sink);
	f->sink = sink;
	kpc_sink_give_up_when(sink, f->give_up, f->give_up_ctx);
	return 0;
}

int kpc_tracefile_next(struct kpc_tracefile *f, const char *path,
		       uint32_t removed, uint64_t start_ns, char *error,
		       size_t error_size)
{
	uint64_t bytes;
	int err = write_end(f, KPC_EXIT_PART);

	bytes = kpc_sink_bytes(f->sink);
	if (!err && path)
		err = replace_sink(f, path, error, error_size);
	if (!err)
		err = draw_uuid(f);
	if (err)
		return err;
	f->bytes_before += bytes;
	f->part++;
	f->offset = 0;
	f->nr_events = 0;
	kpc_index_uninit(&f->index);
	f->index = (struct kpc_index){ 0 };
	return write_beginning(f, removed, start_ns);
}

uint64_t kpc_tracefile_part_bytes(const struct kpc_tracefile *f)
{
	return f->bytes_written - f->bytes_before;
}

bool kpc_tracefile_part(const struct kpc_tracefile *f, Kprobex__Part *part)
{
	part->series.data = (uint8_t *)f->series;
	part->series.len = sizeof(f->series);
	part->number = f->part;
	part->dump = f->dump;
	return f->part;
}

/* ---- dumps --------------------------------------------------------------- */

int kpc_tracefile_begin_dump(struct kpc_tracefile *f, const char *path,
			     uint64_t start_ns, char *error, size_t error_size)
{
	struct kpc_packet packet;
	Kprobex__Head *head;
	size_t need;
	int err;

	f->bytes_before = f->bytes_written;
	f->events_before = f->events_written;
	err = kpc_sink_create(&f->sink, path, error, error_size);
	if (err)
		return err;
	kpc_sink_give_up_when(f->sink, f->give_up, f->give_up_ctx);
	f->offset = 0;
	f->nr_events = 0;
	f->nr_gathered = 0;
	kpc_index_uninit(&f->index);
	f->index = (struct kpc_index){ 0 };
	err = draw_uuid(f);
	if (err)
		return err;
	if (kpc_packet_parse(&packet, f->header.data, f->header.used, &need))
		return -EINVAL;
	head = kpc_head_unpack(packet.head);
	err = head ? write_header(f, head, 0, start_ns) : -ENOMEM;
	kpc_head_free(head);
	if (!err)
		err = write_bytes(f, f->events.data, f->events.used, 0);
	return err ? err : kpc_tracefile_flush(f);
}

int kpc_tracefile_end_dump(struct kpc_tracefile *f, enum kpc_exit_reason reason)
{
	int err = kpc_tracefile_finish(f, reason);

	if (err)
		return err;
	kpc_sink_free(f->sink);
	f->sink = NULL;
	f->part++;
	return 0;
}

void kpc_tracefile_leave_dump(struct kpc_tracefile *f)
{
	kpc_sink_free(f->sink);
	f->sink = NULL;
	f->nr_gathered = 0;
	f->bytes_written = f->bytes_before;
	f->events_written = f->events_before;
}

/* ---- the rest ------------------------------------------------------------ */

void kpc_tracefile_give_up_when(struct kpc_tracefile *f,
				bool (*give_up)(void *ctx), void *ctx)
{
	f->give_up = give_up;
	f->give_up_ctx = ctx;
	if (f->sink)
		kpc_sink_give_up_when(f->sink, give_up, ctx);
}

struct kpc_sink *kpc_tracefile_sink(const struct kpc_tracefile *f)
{
	return f->sink;
}

uint64_t kpc_tracefile_bytes(const struct kpc_tracefile *f)
{
	return f->bytes_written;
}

uint64_t kpc_tracefile_events(const struct kpc_tracefile *f)
{
	return f->events_written;
}

const char *kpc_tracefile_error(const struct kpc_tracefile *f)
{
	return f->sink ? kpc_sink_error(f->sink) : "";
}

void kpc_tracefile_free(struct kpc_tracefile *f)
{
	if (!f)
		return;
	kpc_sink_free(f->sink);
	kpc_packer_uninit(&f->packer);
	kpc_buf_uninit(&f->repeated);
	kpc_buf_uninit(&f->header);
	kpc_buf_uninit(&f->events);
	kpc_index_uninit(&f->index);
	free(f);
}
