// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* tdestroy() */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "perffile.h"
#include "perfmeta.h"
#include "tracepoint.h"

#define EVENTS_MAX     4096u
#define IDS_MAX	       (1u << 20)
#define FORMATS_MAX    65536u
#define FORMAT_MAX     (1u << 20) /* bytes of one */
#define BUILD_IDS_MAX  65536u
#define WORDS_MAX      65536u /* of a command line */
#define ATTR_BYTES_MIN 64u    /* the first that there was */
#define MAGIC	       "\x17\x08\x44tracing"

/* ---- bytes that are taken one after the other ---------------------------- */

struct bytes {
	const uint8_t *at;
	size_t left;
	bool is_bad; /* there weren't enough */
};

static const uint8_t *take(struct bytes *b, uint64_t n)
{
	const uint8_t *at = b->at;

	if (b->is_bad || n > b->left) {
		b->is_bad = true;
		b->left = 0;
		return NULL;
	}
	b->at += n;
	b->left -= n;
	return at;
}

static uint32_t take_u32(struct bytes *b)
{
	const uint8_t *at = take(b, sizeof(uint32_t));
	uint32_t v = 0;

	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

static uint64_t take_u64(struct bytes *b)
{
	const uint8_t *at = take(b, sizeof(uint64_t));
	uint64_t v = 0;

	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

/* A text up to its NUL; NULL: it has none. */
static const char *take_text(struct bytes *b)
{
	const char *at = (const char *)b->at;
	size_t n = b->is_bad ? 0 : strnlen(at, b->left);

	return take(b, n + 1) ? at : NULL;
}

/* A text with its length before it, copied; NULL: it is cut, or no memory. */
static char *take_string(struct bytes *b)
{
	uint32_t n = take_u32(b);
	const uint8_t *at = take(b, n);

	return at ? strndup((const char *)at, n) : NULL;
}

/* The same into room that there is. */
static void take_into(struct bytes *b, char *out, size_t room)
{
	uint32_t n = take_u32(b);
	const uint8_t *at = take(b, n);

	if (at)
		snprintf(out, room, "%.*s", (int)strnlen((const char *)at, n),
			 at);
}

/* ---- events -------------------------------------------------------------- */

static int add_event(struct kpc_perfmeta *meta,
		     const struct perf_event_attr *attr)
{
	struct kpc_perfmeta_event *grown;

	if (meta->nr_events == EVENTS_MAX)
		return -E2BIG;
	grown = realloc(meta->events, (meta->nr_events + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	meta->events = grown;
	grown[meta->nr_events++] = (struct kpc_perfmeta_event){ .attr = *attr };
	return 0;
}

/* Of event @number; its ids are all that is left. */
static int add_ids(struct kpc_perfmeta *meta, struct bytes *ids,
		   uint32_t number)
{
	while (ids->left >= sizeof(uint64_t)) {
		uint64_t id = take_u64(ids);
		int err = 0;

		if (meta->ids.nr == IDS_MAX)
			return -E2BIG;
		if (id)
			err = kpc_idmap_add(&meta->ids, id, number);
		if (err)
			return err;
	}
	return 0;
}

/* As much of it as we know; what we don't know is 0. */
static bool take_attr(struct bytes *b, uint64_t bytes,
		      struct perf_event_attr *attr)
{
	const uint8_t *at = take(b, bytes);

	*attr = (struct perf_event_attr){ 0 };
	if (!at || bytes < ATTR_BYTES_MIN)
		return false;
	memcpy(attr, at, bytes < sizeof(*attr) ? bytes : sizeof(*attr));
	attr->size = bytes < sizeof(*attr) ? bytes : sizeof(*attr);
	return true;
}

static int read_attr(struct kpc_perfmeta *meta, struct kpc_perfinput *in,
		     struct bytes *entry)
{
	struct kpc_perfsection section;
	struct perf_event_attr attr;
	struct kpc_buf buf = { 0 };
	struct bytes ids;
	int err;

	if (!take_attr(entry, in->attr_bytes - sizeof(section), &attr))
		return -EBADMSG;
	section.offset = take_u64(entry);
	section.bytes = take_u64(entry);
	err = add_event(meta, &attr);
	if (!err)
		err = kpc_perfinput_section(in, &section, &buf);
	ids = (struct bytes){ .at = buf.data, .left = buf.used };
	if (!err)
		err = add_ids(meta, &ids, meta->nr_events - 1);
	kpc_buf_uninit(&buf);
	return err;
}

static int read_attrs(struct kpc_perfmeta *meta, struct kpc_perfinput *in)
{
	uint64_t least = ATTR_BYTES_MIN + sizeof(struct kpc_perfsection);
	struct kpc_buf buf = { 0 };
	struct bytes all;
	int err;

	if (in->attr_bytes < least || in->attr_bytes > 65536)
		return -EBADMSG;
	err = kpc_perfinput_section(in, &in->attrs, &buf);
	all = (struct bytes){ .at = buf.data, .left = buf.used };
	while (!err && all.left >= in->attr_bytes) {
		struct bytes entry = { .at = take(&all, in->attr_bytes),
				       .left = in->attr_bytes };

		err = read_attr(meta, in, &entry);
	}
	kpc_buf_uninit(&buf);
	return err;
}

/* ---- formats ------------------------------------------------------------- */

static int add_format(struct kpc_perfmeta *meta, const char *system,
		      const char *text, size_t bytes)
{
	struct kpc_perfmeta_format format = { 0 }, *grown;
	int err;

	if (meta->nr_formats == FORMATS_MAX)
		return -E2BIG;
	err = kpc_tracepoint_parse_foreign(&format.event, &format.id, text,
					   bytes, system);
	if (err) {
		kpc_event_uninit(&format.event);
		meta->bad_formats++;
		return err == -ENOMEM ? err : 0;
	}
	grown = realloc(meta->formats, (meta->nr_formats + 1) * sizeof(*grown));
	if (!grown) {
		kpc_event_uninit(&format.event);
		return -ENOMEM;
	}
	meta->formats = grown;
	grown[meta->nr_formats++] = format;
	return 0;
}

/* A format's text, with the NUL that who parses it needs. */
static int take_format(struct kpc_perfmeta *meta, struct bytes *b,
		       const char *system)
{
	uint64_t bytes = take_u64(b);
	const uint8_t *at = take(b, bytes);
	char *text;
	int err;

	if (!at || bytes > FORMAT_MAX)
		return at ? 0 : -EBADMSG;
	text = malloc(bytes + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, at, bytes);
	text[bytes] = '\0';
	/* A NUL within would end it early: then it is none. */
	err = add_format(meta, system, text, strlen(text));
	free(text);
	return err;
}

/* "NAME\0", the bytes of a text, and the text. */
static void skip_named(struct bytes *b, const char *name)
{
	const char *at = take_text(b);

	if (!at || strcmp(at, name))
		b->is_bad = true;
	take(b, take_u64(b));
}

int kpc_perfmeta_tracing_data(struct kpc_perfmeta *meta, const uint8_t *data,
			      size_t bytes)
{
	struct bytes b = { .at = data, .left = bytes };
	const uint8_t *magic = take(&b, sizeof(MAGIC) - 1), *order;
	uint32_t nr, systems;
	int err = 0;

	if (!magic || memcmp(magic, MAGIC, sizeof(MAGIC) - 1) || !take_text(&b))
		return -EBADMSG;
	order = take(&b, 2); /* 1 is big endian; then the size of a long */
	if (!order || *order)
		return -EBADMSG;
	take_u32(&b); /* of a page */
	skip_named(&b, "header_page");
	skip_named(&b, "header_event");
	for (nr = take_u32(&b); nr && !b.is_bad; nr--)
		take(&b, take_u64(&b)); /* of ftrace's own events */
	for (systems = take_u32(&b); !err && systems && !b.is_bad; systems--) {
		const char *system = take_text(&b);

		for (nr = take_u32(&b); !err && nr && !b.is_bad; nr--)
			err = take_format(meta, &b, system);
	}
	return !err && b.is_bad ? -EBADMSG : err;
}

const struct kpc_perfmeta_format *
kpc_perfmeta_format(const struct kpc_perfmeta *meta, uint64_t id)
{
	for (uint32_t i = 0; i < meta->nr_formats; i++)
		if (meta->formats[i].id == id)
			return &meta->formats[i];
	return NULL;
}

/* ---- build-ids ----------------------------------------------------------- */

#define ID_SIZE_MISC (1u << 15)

static int by_path(const void *left, const void *right)
{
	const struct kpc_perfmeta_build_id *a = left, *b = right;

	return strcmp(a->path, b->path);
}

static void build_id_free(void *node)
{
	struct kpc_perfmeta_build_id *id = node;

	free(id->path);
	free(id);
}

/* @at: the record, of which @header is a copy: in a section it's at any address. */
static int add_build_id(struct kpc_perfmeta *meta,
			const struct perf_event_header *header,
			const uint8_t *at)
{
	struct bytes b = { .at = at + sizeof(*header),
			   .left = header->size - sizeof(*header) };
	const uint8_t *id = take(&b, 4 + 20); /* behind a pid */
	const uint8_t *size = take(&b, 4);
	struct kpc_perfmeta_build_id *entry, **found;

	if (!size)
		return -EBADMSG;
	if (meta->nr_build_ids == BUILD_IDS_MAX)
		return -E2BIG;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	memcpy(entry->id, id + 4, sizeof(entry->id));
	entry->bytes = header->misc & ID_SIZE_MISC && *size <= 20 ? *size : 20;
	entry->path = strndup((const char *)b.at, b.left);
	found = entry->path ? tsearch(entry, &meta->build_ids, by_path) : NULL;
	if (!found || *found != entry)
		build_id_free(entry);
	else
		meta->nr_build_ids++;
	return found ? 0 : -ENOMEM;
}

static int read_build_ids(struct kpc_perfmeta *meta, struct bytes *b)
{
	struct perf_event_header header;
	int err = 0;

	while (!err && b->left >= sizeof(header)) {
		memcpy(&header, b->at, sizeof(header));
		if (header.size < sizeof(header) || header.size > b->left)
			return -EBADMSG;
		err = add_build_id(meta, &header, b->at);
		take(b, header.size);
	}
	return err;
}

const struct kpc_perfmeta_build_id *
kpc_perfmeta_build_id(const struct kpc_perfmeta *meta, const char *path)
{
	const struct kpc_perfmeta_build_id key = { .path = (char *)path };
	struct kpc_perfmeta_build_id **found =
		tfind(&key, &meta->build_ids, by_path);

	return found ? *found : NULL;
}

/* ---- features ------------------------------------------------------------ */

static int read_command_line(struct kpc_perfmeta *meta, struct bytes *b)
{
	uint32_t nr = take_u32(b);

	if (nr > WORDS_MAX || nr > b->left || meta->argv)
		return -EBADMSG;
	meta->argv = calloc(nr + 1, sizeof(*meta->argv));
	if (!meta->argv)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr && !b->is_bad; i++)
		meta->argv[i] = take_string(b);
	return b->is_bad ? -EBADMSG : 0;
}

/* Names of events, which come in the order of the attrs. */
static int read_event_desc(struct kpc_perfmeta *meta, struct bytes *b)
{
	uint32_t nr = take_u32(b), bytes = take_u32(b);

	for (uint32_t i = 0; i < nr && i < meta->nr_events && !b->is_bad; i++) {
		uint32_t ids;
		char *name;

		take(b, bytes);
		ids = take_u32(b);
		name = take_string(b);
		take(b, ids * (uint64_t)sizeof(uint64_t));
		free(meta->events[i].name);
		meta->events[i].name = name;
	}
	return b->is_bad ? -EBADMSG : 0;
}

static int read_clock_data(struct kpc_perfmeta *meta, struct bytes *b)
{
	uint32_t version = take_u32(b);

	meta->clock_id = take_u32(b);
	meta->realtime_ns = take_u64(b);
	meta->clock_ns = take_u64(b);
	meta->has_clock = version == 1 && !b->is_bad;
	return b->is_bad ? -EBADMSG : 0;
}

static int read_feature(struct kpc_perfmeta *meta, uint64_t feature,
			struct bytes *b)
{
	switch (feature) {
	case KPC_PERF_TRACING_DATA:
		return kpc_perfmeta_tracing_data(meta, b->at, b->left);
	case KPC_PERF_BUILD_ID:
		return read_build_ids(meta, b);
	case KPC_PERF_HOSTNAME:
		take_into(b, meta->uts.nodename, sizeof(meta->uts.nodename));
		break;
	case KPC_PERF_OSRELEASE:
		take_into(b, meta->uts.release, sizeof(meta->uts.release));
		break;
	case KPC_PERF_ARCH:
		take_into(b, meta->uts.machine, sizeof(meta->uts.machine));
		break;
	case KPC_PERF_NRCPUS:
		meta->host.cpus_possible = take_u32(b);
		meta->cpus_online = take_u32(b);
		break;
	case KPC_PERF_CPUDESC:
		take_into(b, meta->cpu_model, sizeof(meta->cpu_model));
		break;
	case KPC_PERF_TOTAL_MEM:
		meta->host.memory_bytes = take_u64(b) * 1024;
		break;
	case KPC_PERF_CMDLINE:
		return read_command_line(meta, b);
	case KPC_PERF_EVENT_DESC:
		return read_event_desc(meta, b);
	case KPC_PERF_SAMPLE_TIME:
		meta->first_ns = take_u64(b);
		break;
	case KPC_PERF_CLOCK_DATA:
		return read_clock_data(meta, b);
	}
	return b->is_bad ? -EBADMSG : 0;
}

/* What makes no sense is left out, and counted. */
static int forgive(struct kpc_perfmeta *meta, int err)
{
	if (err != -EBADMSG && err != -E2BIG)
		return err;
	meta->bad_parts++;
	return 0;
}

int kpc_perfmeta_sections(struct kpc_perfmeta *meta, struct kpc_perfinput *in)
{
	struct kpc_buf buf = { 0 };
	int err = forgive(meta, read_attrs(meta, in));

	for (uint32_t i = 0; !err && i < KPC_PERFINPUT_FEATURES; i++) {
		struct bytes b;

		if (!(in->feature_bits >> i & 1))
			continue;
		err = kpc_perfinput_section(in, &in->feature[i], &buf);
		if (err)
			break;
		b = (struct bytes){ .at = buf.data, .left = buf.used };
		err = forgive(meta, read_feature(meta, i, &b));
	}
	kpc_buf_uninit(&buf);
	return err;
}

/* ---- records ------------------------------------------------------------- */

static int take_attr_record(struct kpc_perfmeta *meta, struct bytes *b)
{
	struct perf_event_attr attr;
	uint32_t size = 0;
	int err;

	if (b->left >= ATTR_BYTES_MIN)
		memcpy(&size, b->at + offsetof(struct perf_event_attr, size),
		       sizeof(size));
	if (!take_attr(b, size, &attr))
		return -EBADMSG;
	err = add_event(meta, &attr);
	return err ? err : add_ids(meta, b, meta->nr_events - 1);
}

static int take_update(struct kpc_perfmeta *meta, struct bytes *b)
{
	uint64_t type = take_u64(b);
	int64_t number = kpc_idmap_find(&meta->ids, take_u64(b));
	char *name;

	if (b->is_bad)
		return -EBADMSG;
	if (type != KPC_PERF_UPDATE_NAME || number < 0)
		return 0;
	name = strndup((const char *)b->at, b->left);
	if (!name)
		return -ENOMEM;
	free(meta->events[number].name);
	meta->events[number].name = name;
	return 0;
}

static int take_tracing_data(struct kpc_perfmeta *meta,
			     struct kpc_perfinput *in, struct bytes *b)
{
	struct kpc_buf buf = { 0 };
	uint32_t bytes = take_u32(b);
	int err;

	if (b->is_bad)
		return -EBADMSG;
	err = kpc_perfinput_behind(in, bytes, &buf);
	if (!err)
		err = kpc_perfmeta_tracing_data(meta, buf.data, buf.used);
	kpc_buf_uninit(&buf);
	return err;
}

int kpc_perfmeta_record(struct kpc_perfmeta *meta, struct kpc_perfinput *in,
			const struct perf_event_header *record)
{
	struct bytes b = { .at = (const uint8_t *)(record + 1),
			   .left = record->size - sizeof(*record) };
	uint64_t feature;
	int err = 0;

	switch (record->type) {
	case KPC_PERF_RECORD_ATTR:
		err = in->is_pipe ? take_attr_record(meta, &b) : 0;
		break;
	case KPC_PERF_RECORD_TRACING_DATA:
		err = in->is_pipe ? take_tracing_data(meta, in, &b) : 0;
		break;
	case KPC_PERF_RECORD_BUILD_ID:
		err = add_build_id(meta, record, (const void *)record);
		break;
	case KPC_PERF_RECORD_UPDATE:
		err = take_update(meta, &b);
		break;
	case KPC_PERF_RECORD_FEATURE:
		feature = take_u64(&b);
		if (feature != KPC_PERF_TRACING_DATA &&
		    feature != KPC_PERF_BUILD_ID)
			err = read_feature(meta, feature, &b);
		break;
	default:
		return 0;
	}
	err = forgive(meta, err);
	return err ? err : 1;
}

void kpc_perfmeta_uninit(struct kpc_perfmeta *meta)
{
	for (uint32_t i = 0; i < meta->nr_events; i++)
		free(meta->events[i].name);
	free(meta->events);
	kpc_idmap_uninit(&meta->ids);
	for (uint32_t i = 0; i < meta->nr_formats; i++)
		kpc_event_uninit(&meta->formats[i].event);
	free(meta->formats);
	tdestroy(meta->build_ids, build_id_free);
	for (uint32_t i = 0; meta->argv && meta->argv[i]; i++)
		free(meta->argv[i]);
	free(meta->argv);
	*meta = (struct kpc_perfmeta){ 0 };
}
