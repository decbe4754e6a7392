// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>
#include <string.h>

#include "perfrecord.h"

void kpc_perfrecord_begin(struct kpc_perfrecord *r, uint32_t type,
			  uint16_t misc)
{
	struct perf_event_header header = { .type = type, .misc = misc };

	kpc_buf_reset(&r->buf);
	kpc_buf_add(&r->buf, &header, sizeof(header));
}

void kpc_perfrecord_u32(struct kpc_perfrecord *r, uint32_t v)
{
	kpc_buf_add(&r->buf, &v, sizeof(v));
}

void kpc_perfrecord_u64(struct kpc_perfrecord *r, uint64_t v)
{
	kpc_buf_add(&r->buf, &v, sizeof(v));
}

void kpc_perfrecord_bytes(struct kpc_perfrecord *r, const void *data,
			  size_t bytes)
{
	kpc_buf_add(&r->buf, data, bytes);
}

void kpc_perfrecord_text(struct kpc_perfrecord *r, const char *text,
			 size_t bytes)
{
	static const uint8_t zeros[8];

	kpc_buf_add(&r->buf, text, bytes);
	kpc_buf_add(&r->buf, zeros, 8 - bytes % 8);
}

int kpc_perfrecord_end(struct kpc_perfrecord *r,
		       const struct kpc_perfrecord_trailer *trailer,
		       struct kpc_outfile *out)
{
	uint16_t size;

	if (trailer)
		kpc_buf_add(&r->buf, trailer, sizeof(*trailer));
	if (r->buf.error)
		return r->buf.error;
	size = r->buf.used;
	memcpy(r->buf.data + offsetof(struct perf_event_header, size), &size,
	       sizeof(size));
	kpc_outfile_write(out, r->buf.data, r->buf.used);
	return 0;
}

void kpc_perfrecord_uninit(struct kpc_perfrecord *r)
{
	kpc_buf_uninit(&r->buf);
}
