// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "fail.h"
#include "perffile.h"
#include "perfinput.h"

#define RECORD_ROOM  65536u
#define UNPACK_BYTES (256u << 10)	   /* at a time */
#define MAGIC_OLD    0x454c494646524550ull /* "PERFFILE" */

/* ---- open ---------------------------------------------------------------- */

struct file_header {
	uint64_t magic;
	uint64_t bytes;
	uint64_t attr_bytes;
	struct kpc_perfsection attrs;
	struct kpc_perfsection data;
	struct kpc_perfsection event_types;
	uint64_t features[KPC_PERF_FEATURES / 64];
};

static int refuse(const char *path, const char *why, char *error,
		  size_t error_size)
{
	return kpc_fail(error, error_size, -EBADMSG, "%s %s",
			strcmp(path, "-") ? path : "standard input", why);
}

/* The sections of features follow the data, in the order of their bits. */
static int read_features(struct kpc_perfinput *in,
			 const struct file_header *header)
{
	uint64_t at = header->data.offset + header->data.bytes;

	if (!header->data.bytes || at < header->data.offset ||
	    at > in->input.size)
		return 0;
	for (uint32_t i = 0; i < KPC_PERFINPUT_FEATURES; i++) {
		ssize_t n;

		if (!(header->features[0] >> i & 1))
			continue;
		n = kpc_input_pread(&in->input, at, sizeof(in->feature[i]),
				    (uint8_t *)&in->feature[i]);
		if (n < 0)
			return n;
		if ((size_t)n < sizeof(in->feature[i])) {
			in->is_cut = true;
			return 0;
		}
		in->feature_bits |= 1ull << i;
		at += sizeof(in->feature[i]);
	}
	return 0;
}

static int set_sections(struct kpc_perfinput *in,
			const struct file_header *header)
{
	in->attr_bytes = header->attr_bytes;
	in->attrs = header->attrs;
	in->at = header->data.offset;
	in->end = header->data.offset + header->data.bytes;
	/* perf fills this in at its end; killed, it leaves a 0. */
	if (!header->data.bytes || in->end < in->at ||
	    in->end > in->input.size) {
		in->end = in->input.size;
		in->is_cut = true;
	}
	return read_features(in, header);
}

static int open_header(struct kpc_perfinput *in, const char *path, char *error,
		       size_t error_size)
{
	struct file_header header = { 0 };
	ssize_t n = kpc_input_pread(&in->input, 0, sizeof(header),
				    (uint8_t *)&header);

	if (n < 0)
		return kpc_fail(error, error_size, n, "cannot read %s: %s",
				path, strerror(-n));
	if (n < KPC_PERF_PIPE_BYTES ||
	    (header.magic != KPC_PERF_MAGIC &&
	     header.magic != __builtin_bswap64(KPC_PERF_MAGIC)))
		return refuse(
			path,
			header.magic == MAGIC_OLD ?
				"is of a perf before 3.2: its format isn't read" :
				"isn't a perf.data file: record one with perf record",
			error, error_size);
	if (header.magic != KPC_PERF_MAGIC)
		return refuse(path,
			      "is of a big-endian machine, which isn't read",
			      error, error_size);
	if (header.bytes == KPC_PERF_PIPE_BYTES) {
		in->is_pipe = true;
		in->at = KPC_PERF_PIPE_BYTES;
		in->end = in->input.size;
		return 0;
	}
	if ((size_t)n < sizeof(header) || header.bytes < sizeof(header))
		return refuse(path, "ends in its header", error, error_size);
	return set_sections(in, &header);
}

int kpc_perfinput_open(struct kpc_perfinput *in, const char *path,
		       struct kpc_headway *headway, char *error,
		       size_t error_size)
{
	int err;

	*in = (struct kpc_perfinput){ .input.fd = -1 };
	err = kpc_input_open(&in->input, path, headway, error, error_size);
	if (err)
		return err;
	in->record = malloc(RECORD_ROOM);
	if (!in->record)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	return open_header(in, path, error, error_size);
}

void kpc_perfinput_close(struct kpc_perfinput *in)
{
	kpc_input_close(&in->input);
	ZSTD_freeDStream(in->stream);
	kpc_buf_uninit(&in->packed);
	kpc_buf_uninit(&in->plain);
	free(in->record);
}

/* ---- compressed ---------------------------------------------------------- */

/* What is behind has no beginning that could be found. */
static int stop_here(struct kpc_perfinput *in, bool is_cut)
{
	in->is_cut |= is_cut;
	in->is_damaged |= !is_cut;
	in->at = in->end;
	return 0;
}

static size_t packed_left(const struct kpc_perfinput *in)
{
	return in->packed.used - in->packed_at;
}

/*
 * Takes a compressed record's bytes; those before are unpacked. One of perf 6.16 and
 * later says how many they are, and is padded.
 */
static int begin_packed(struct kpc_perfinput *in,
			const struct perf_event_header *record)
{
	const uint8_t *data = (const uint8_t *)(record + 1);
	uint64_t bytes = record->size - sizeof(*record);
	uint64_t told;

	if (record->type == KPC_PERF_RECORD_COMPRESSED2) {
		if (bytes < sizeof(told))
			return stop_here(in, false);
		memcpy(&told, data, sizeof(told));
		data += sizeof(told);
		bytes -= sizeof(told);
		if (told > bytes)
			return stop_here(in, false);
		bytes = told;
	}
	if (!in->stream)
		in->stream = ZSTD_createDStream();
	if (!in->stream)
		return -ENOMEM;
	kpc_buf_reset(&in->packed);
	in->packed_at = 0;
	kpc_buf_add(&in->packed, data, bytes);
	return in->packed.error;
}

/* Unpacks some more behind what isn't given yet: records may be in two pieces. */
static int unpack(struct kpc_perfinput *in)
{
	size_t left = in->plain.used - in->plain_at;
	ZSTD_inBuffer from = { in->packed.data, in->packed.used,
			       in->packed_at };
	ZSTD_outBuffer to = { .size = UNPACK_BYTES };
	size_t ret;

	if (left)
		memmove(in->plain.data, in->plain.data + in->plain_at, left);
	in->plain.used = left;
	in->plain_at = 0;
	to.dst = kpc_buf_reserve(&in->plain, UNPACK_BYTES);
	if (!to.dst)
		return -ENOMEM;
	ret = ZSTD_decompressStream(in->stream, &to, &from);
	if (ZSTD_isError(ret) ||
	    (packed_left(in) && from.pos == in->packed_at && !to.pos)) {
		/* What follows needs what was in it. */
		in->is_damaged = true;
		in->at = in->end;
		from.pos = in->packed.used;
		to.pos = 0;
	}
	in->packed_at = from.pos;
	in->has_more = to.pos == to.size;
	in->plain.used += to.pos;
	return 0;
}

/* ---- records ------------------------------------------------------------- */

/* A whole one of those that are unpacked: 1; 0: there is none. */
static int next_plain(struct kpc_perfinput *in)
{
	size_t left = in->plain.used - in->plain_at;
	const uint8_t *at = in->plain.data + in->plain_at;
	struct perf_event_header header;

	if (left < sizeof(header))
		return 0;
	memcpy(&header, at, sizeof(header));
	if (header.size < sizeof(header)) {
		in->plain.used = in->plain_at;
		in->packed_at = in->packed.used;
		return stop_here(in, false);
	}
	if (header.size > left)
		return 0;
	memcpy(in->record, at, header.size);
	in->plain_at += header.size;
	return 1;
}

/* One of the file: 1; 0: there is no more. */
static int next_stored(struct kpc_perfinput *in)
{
	struct perf_event_header header;
	const uint8_t *data;
	ssize_t n;

	if (in->at >= in->end)
		return 0;
	n = kpc_input_read(&in->input, in->at, sizeof(header), &data);
	if (n < 0)
		return n;
	if ((size_t)n < sizeof(header))
		return stop_here(in, true);
	memcpy(&header, data, sizeof(header));
	if (header.size < sizeof(header))
		return stop_here(in, false);
	if (header.size > in->end - in->at)
		return stop_here(in, true);
	n = kpc_input_read(&in->input, in->at, header.size, &data);
	if (n < 0)
		return n;
	if (n < header.size)
		return stop_here(in, true);
	memcpy(in->record, data, header.size);
	in->at += header.size;
	return 1;
}

static int skip_aux(struct kpc_perfinput *in,
		    const struct perf_event_header *record)
{
	uint64_t bytes;

	if (record->size < sizeof(*record) + sizeof(bytes))
		return stop_here(in, false);
	memcpy(&bytes, record + 1, sizeof(bytes));
	if (bytes > in->end - in->at) {
		bytes = in->end - in->at;
		in->is_cut = true;
	}
	in->at += bytes;
	in->aux_bytes += bytes;
	return 0;
}

/* A record of the file, but for those that only stand for something else. */
static int take_stored(struct kpc_perfinput *in)
{
	const struct perf_event_header *header = (const void *)in->record;
	int ret = next_stored(in);

	if (ret <= 0)
		return ret;
	if (header->type == KPC_PERF_RECORD_COMPRESSED ||
	    header->type == KPC_PERF_RECORD_COMPRESSED2)
		ret = begin_packed(in, header);
	else if (header->type == KPC_PERF_RECORD_AUXTRACE)
		ret = skip_aux(in, header);
	else
		return 1;
	return ret ? ret : -EAGAIN;
}

int kpc_perfinput_next(struct kpc_perfinput *in,
		       const struct perf_event_header **record)
{
	int ret = -EAGAIN;

	while (ret == -EAGAIN) {
		ret = next_plain(in);
		if (ret)
			break;
		if (in->has_more || packed_left(in)) {
			ret = unpack(in);
			if (!ret)
				ret = -EAGAIN;
		} else {
			ret = take_stored(in);
		}
	}
	if (!ret && in->plain_at < in->plain.used)
		in->is_cut = true;
	*record = (const void *)in->record;
	return ret;
}

/* ---- sections ------------------------------------------------------------ */

static int read_bytes(struct kpc_perfinput *in, uint64_t offset, uint64_t bytes,
		      struct kpc_buf *buf)
{
	uint8_t *at;
	ssize_t n;

	kpc_buf_reset(buf);
	if (offset > in->input.size)
		offset = in->input.size;
	if (bytes > in->input.size - offset) {
		bytes = in->input.size - offset;
		in->is_cut = true;
	}
	if (bytes > KPC_PERFINPUT_SECTION)
		bytes = KPC_PERFINPUT_SECTION;
	at = kpc_buf_reserve(buf, bytes + 1);
	if (!at)
		return -ENOMEM;
	n = kpc_input_pread(&in->input, offset, bytes, at);
	if (n < 0)
		return n;
	buf->used = n;
	return 0;
}

int kpc_perfinput_section(struct kpc_perfinput *in,
			  const struct kpc_perfsection *section,
			  struct kpc_buf *buf)
{
	return read_bytes(in, section->offset, section->bytes, buf);
}

int kpc_perfinput_behind(struct kpc_perfinput *in, uint64_t bytes,
			 struct kpc_buf *buf)
{
	int err = read_bytes(in, in->at, bytes, buf);

	if (bytes > in->end - in->at)
		bytes = in->end - in->at;
	in->at += bytes;
	return err;
}
