// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctfstream.h"

#define MAGIC	      0xc1fc1fc1u
#define RECORDS_LEAST 256u

void kpc_ctf_stream_init(struct kpc_ctf_stream *stream, uint32_t ring,
			 int32_t cpu, uint64_t begin_ns,
			 const struct kpc_ring_account *account)
{
	*stream = (struct kpc_ctf_stream){
		.ring = ring,
		.cpu = cpu,
		.begin_ns = begin_ns,
		.account = account,
	};
}

void kpc_ctf_stream_uninit(struct kpc_ctf_stream *stream)
{
	kpc_buf_uninit(&stream->bytes);
	free(stream->records);
	stream->records = NULL;
}

/* ---- files --------------------------------------------------------------- */

static int cannot(struct kpc_export *x, const char *name, int err)
{
	return kpc_export_fail(
		x, -err, "cannot write %s/%s: %s%s", x->opts.output, name,
		strerror(err),
		err == ENOSPC || err == EDQUOT ?
			"; free some space, or choose another output with -o" :
			"");
}

static int write_all(int fd, const struct kpc_buf *buf)
{
	size_t at = 0;

	while (at < buf->used) {
		ssize_t n = write(fd, buf->data + at, buf->used - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;
		at += n;
	}
	return 0;
}

static int append(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	char name[32];
	int fd, err;

	snprintf(name, sizeof(name), "ring_%u", stream->ring);
	if (!stream->has_file)
		flags |= O_CREAT | O_EXCL;
	fd = openat(home->dir, name, flags, 0666);
	if (fd < 0)
		return cannot(home->x, name, errno);
	stream->has_file = true;
	err = write_all(fd, &home->packet);
	if (close(fd) && !err && errno != EINTR)
		err = errno;
	return err ? cannot(home->x, name, err) : 0;
}

/* ---- packets ------------------------------------------------------------- */

static void put(struct kpc_buf *buf, uint64_t v, unsigned int bytes)
{
	kpc_buf_add(buf, &v, bytes); /* little-endian, as the host */
}

/* Up to the content's size, which patch_sizes() knows where to find. */
static void put_header(const struct kpc_ctf_stream *stream,
		       struct kpc_ctf_home *home, uint64_t end_ns)
{
	struct kpc_buf *buf = &home->packet;

	put(buf, MAGIC, 4);
	kpc_buf_add(buf, home->uuid, 16);
	put(buf, kpc_ctf_stream_class(stream), 4);
	put(buf, stream->ring, 8);
	put(buf, stream->begin_ns, 8);
	put(buf, end_ns, 8);
}

#define HEADER_BYTES 48

static void patch_sizes(struct kpc_buf *buf)
{
	uint64_t bits[2] = { buf->used * 8, buf->used * 8 };

	if (!buf->error)
		memcpy(buf->data + HEADER_BYTES, bits, sizeof(bits));
}

static void put_context(const struct kpc_ctf_stream *stream,
			struct kpc_ctf_home *home)
{
	struct kpc_buf *buf = &home->packet;

	put(buf, 0, 8);
	put(buf, 0, 8);
	put(buf, stream->packets, 8);
	put(buf, stream->discarded, 8);
	if (stream->cpu >= 0)
		put(buf, stream->cpu, 4);
}

/* None may be before the packet's beginning. */
static void put_record(struct kpc_ctf_stream *stream, struct kpc_buf *buf,
		       const struct kpc_ctf_record *record)
{
	uint8_t *bytes = stream->bytes.data + record->at;

	if (record->time_ns < stream->begin_ns) {
		memcpy(bytes + KPC_CTF_TIME_AT, &stream->begin_ns,
		       sizeof(stream->begin_ns));
		stream->late++;
	}
	kpc_buf_add(buf, bytes, record->bytes);
}

/* The first @nr records, as a packet that ends then. */
static int write_packet(struct kpc_ctf_stream *stream,
			struct kpc_ctf_home *home, uint32_t nr, uint64_t end_ns)
{
	struct kpc_buf *buf = &home->packet;

	kpc_buf_reset(buf);
	put_header(stream, home, end_ns);
	put_context(stream, home);
	for (uint32_t i = 0; i < nr; i++)
		put_record(stream, buf, &stream->records[i]);
	patch_sizes(buf);
	if (buf->error)
		return buf->error;
	stream->packets++;
	stream->begin_ns = end_ns;
	return append(stream, home);
}

/* ---- records that wait --------------------------------------------------- */

/* Those of the same time stay in their order. */
static int compare(const void *left, const void *right)
{
	const struct kpc_ctf_record *a = left;
	const struct kpc_ctf_record *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static void sort(struct kpc_ctf_stream *stream)
{
	if (stream->disordered)
		qsort(stream->records, stream->nr, sizeof(*stream->records),
		      compare);
	stream->disordered = false;
}

/* The first @nr are gone: the others' bytes come to the front, in their order. */
static int drop(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		uint32_t nr)
{
	struct kpc_buf *buf = &home->packet;

	kpc_buf_reset(buf);
	for (uint32_t i = nr; i < stream->nr; i++) {
		struct kpc_ctf_record *record = &stream->records[i];

		kpc_buf_add(buf, stream->bytes.data + record->at,
			    record->bytes);
		stream->records[i - nr] = *record;
		stream->records[i - nr].at = buf->used - record->bytes;
	}
	stream->nr -= nr;
	stream->bytes.used = 0;
	kpc_buf_add(&stream->bytes, buf->data, buf->used);
	return buf->error ? buf->error : stream->bytes.error;
}

/* Writes a packet of all but the last @kept; @end_ns 0: it ends with its records. */
static int flush(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		 uint32_t kept, uint64_t end_ns)
{
	uint32_t nr = stream->nr - kept;
	uint64_t last = stream->begin_ns;
	int err;

	sort(stream);
	if (nr && stream->records[nr - 1].time_ns > last)
		last = stream->records[nr - 1].time_ns;
	err = write_packet(stream, home, nr, end_ns > last ? end_ns : last);
	return err ? err : drop(stream, home, nr);
}

static bool make_room(struct kpc_ctf_stream *stream)
{
	uint32_t room = stream->room ? stream->room * 2 : RECORDS_LEAST;
	struct kpc_ctf_record *records;

	if (stream->nr < stream->room)
		return true;
	records = realloc(stream->records, room * sizeof(*records));
	if (!records)
		return false;
	stream->records = records;
	stream->room = room;
	return true;
}

static int add(struct kpc_ctf_stream *stream, struct kpc_ctf_class *class,
	       const struct kpc_row *row)
{
	struct kpc_ctf_record *record;
	size_t at = stream->bytes.used;

	if (!make_room(stream))
		return -ENOMEM;
	kpc_ctf_class_put(class, &stream->bytes, row);
	record = &stream->records[stream->nr];
	*record = (struct kpc_ctf_record){
		.time_ns = row->time_ns,
		.at = at,
		.bytes = stream->bytes.used - at,
	};
	if (stream->nr && record[-1].time_ns > row->time_ns)
		stream->disordered = true;
	stream->nr++;
	return stream->bytes.error;
}

/* ---- losses -------------------------------------------------------------- */

static int discard(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		   uint64_t count, uint64_t end_ns)
{
	int err = 0;

	/* Readers take a number from the difference to the packet before. */
	if (!stream->packets)
		err = write_packet(stream, home, 0, stream->begin_ns);
	stream->discarded += count;
	return err ? err : flush(stream, home, 0, end_ns);
}

/* What was lost before a row of that time. */
static int take_losses(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		       uint64_t time_ns)
{
	const struct kpc_ring_account *account = stream->account;
	int err = 0;

	while (!err && account && stream->next_loss < account->nr_losses) {
		const struct kpc_loss_range *range =
			&account->losses[stream->next_loss];

		if (!stream->in_loss) {
			if (time_ns <= range->from_ns)
				break;
			if (stream->nr)
				err = flush(stream, home, 0, range->from_ns);
			stream->in_loss = true;
			continue;
		}
		if (time_ns < range->to_ns)
			break;
		err = discard(stream, home, range->count, range->to_ns);
		stream->in_loss = false;
		stream->next_loss++;
	}
	return err;
}

/* ---- all of it ----------------------------------------------------------- */

int kpc_ctf_stream_put(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		       struct kpc_ctf_class *class, const struct kpc_row *row)
{
	int err = take_losses(stream, home, row->time_ns);

	/* Before the first packet all is open: a row may be from before the start. */
	if (!stream->packets && row->time_ns < stream->begin_ns)
		stream->begin_ns = row->time_ns;
	if (!err && stream->bytes.used >= home->packet_bytes)
		err = flush(stream, home, stream->nr / 4, 0);
	return err ? err : add(stream, class, row);
}

int kpc_ctf_stream_end(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		       uint64_t end_ns)
{
	int err = take_losses(stream, home, UINT64_MAX);
	uint64_t lost = stream->account ? stream->account->lost : 0;

	if (!err && lost > stream->discarded)
		return discard(stream, home, lost - stream->discarded, end_ns);
	return !err && stream->nr ? flush(stream, home, 0, 0) : err;
}
