// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perffile.h"

#define RECORD_MAX   65528u
#define NAME_ALIGN   64u /* of strings in sections */
#define VERSION	     "collect"
#define ID_BYTES     20u
#define ID_SIZE_MISC (1u << 15) /* the record says how long the id is */

/* ---- pieces -------------------------------------------------------------- */

static void add_u32(struct kpc_buf *buf, uint32_t v)
{
	kpc_buf_add(buf, &v, sizeof(v));
}

static void add_u64(struct kpc_buf *buf, uint64_t v)
{
	kpc_buf_add(buf, &v, sizeof(v));
}

/* Zeros up to a multiple of @unit. */
static void add_padding(struct kpc_buf *buf, size_t unit)
{
	static const uint8_t zeros[NAME_ALIGN];

	kpc_buf_add(buf, zeros, (unit - buf->used % unit) % unit);
}

/* A text with its length before it. */
static void add_string(struct kpc_buf *buf, const char *text)
{
	size_t bytes = strlen(text) + 1;
	size_t all = (bytes + NAME_ALIGN - 1) / NAME_ALIGN * NAME_ALIGN;
	uint8_t *at;

	add_u32(buf, all);
	at = kpc_buf_reserve(buf, all);
	if (!at)
		return;
	memset(at, 0, all);
	memcpy(at, text, bytes);
	buf->used += all;
}

/* ---- tracing data -------------------------------------------------------- */

/* Of perf's own buffers there is nothing in the file, but readers want to see it. */
static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
static const char header_event[] = "# compressed entry header\n"
				   "\ttype_len    :    5 bits\n"
				   "\ttime_delta  :   27 bits\n"
				   "\tarray       :   32 bits\n";

static void add_named(struct kpc_buf *buf, const char *name, const char *text)
{
	kpc_buf_add(buf, name, strlen(name) + 1);
	add_u64(buf, strlen(text));
	kpc_buf_add(buf, text, strlen(text));
}

/* The tracepoint is the first of its system; those of it are counted into @nr. */
static bool is_first(const struct kpc_perffile *file, uint32_t event,
		     uint32_t *nr)
{
	const char *system = file->events[event]->system;

	*nr = 0;
	for (uint32_t i = 0; system && i < file->nr_events; i++) {
		if (!file->events[i]->system ||
		    strcmp(file->events[i]->system, system))
			continue;
		if (i < event)
			return false;
		++*nr;
	}
	return system;
}

static void add_systems(const struct kpc_perffile *file, struct kpc_buf *buf)
{
	uint32_t systems = 0, nr;

	for (uint32_t i = 0; i < file->nr_events; i++)
		systems += is_first(file, i, &nr);
	add_u32(buf, systems);
	for (uint32_t i = 0; i < file->nr_events; i++) {
		const char *system = file->events[i]->system;

		if (!is_first(file, i, &nr))
			continue;
		kpc_buf_add(buf, system, strlen(system) + 1);
		add_u32(buf, nr);
		for (uint32_t e = i; e < file->nr_events; e++) {
			const struct kpc_perfevent *event = file->events[e];

			if (!event->system || strcmp(event->system, system))
				continue;
			add_u64(buf, strlen(event->format));
			kpc_buf_add(buf, event->format, strlen(event->format));
		}
	}
}

static bool has_tracepoint(const struct kpc_perffile *file)
{
	for (uint32_t i = 0; i < file->nr_events; i++)
		if (file->events[i]->system)
			return true;
	return false;
}

/* As trace-cmd's files begin, version 0.6: the formats of all tracepoints. */
static void add_tracing_data(const struct kpc_perffile *file,
			     struct kpc_buf *buf)
{
	static const char magic[] = "\x17\x08\x44tracing0.6";
	static const uint8_t order_and_long[] = { 0, sizeof(long) };

	kpc_buf_add(buf, magic, sizeof(magic));
	kpc_buf_add(buf, order_and_long, sizeof(order_and_long));
	add_u32(buf, file->info && file->info->page_bytes ?
			     file->info->page_bytes :
			     4096);
	add_named(buf, "header_page", header_page);
	add_named(buf, "header_event", header_event);
	add_u32(buf, 0); /* of ftrace itself */
	add_systems(file, buf);
	add_u32(buf, 0); /* bytes of kallsyms, */
	add_u32(buf, 0); /* of formats of printk, */
	add_u64(buf, 0); /* of names of threads */
}

/* ---- features ------------------------------------------------------------ */

static void add_event_desc(const struct kpc_perffile *file, struct kpc_buf *buf)
{
	add_u32(buf, file->nr_events);
	add_u32(buf, sizeof(struct perf_event_attr));
	for (uint32_t i = 0; i < file->nr_events; i++) {
		const struct kpc_perfevent *event = file->events[i];

		kpc_buf_add(buf, &event->attr, sizeof(event->attr));
		add_u32(buf, 1);
		add_string(buf, event->name);
		add_u64(buf, event->id);
	}
}

static void add_command_line(const struct kpc_trace_info *info,
			     struct kpc_buf *buf)
{
	uint32_t nr = 0;

	while (info->argv && info->argv[nr])
		nr++;
	if (!nr)
		return;
	add_u32(buf, nr);
	for (uint32_t i = 0; i < nr; i++)
		add_string(buf, info->argv[i]);
}

static void add_cpus(const struct kpc_trace_info *info, struct kpc_buf *buf)
{
	uint32_t possible = info->host->cpus_possible;

	if (!info->cpus_online)
		return;
	add_u32(buf,
		possible > info->cpus_online ? possible : info->cpus_online);
	add_u32(buf, info->cpus_online);
}

static void add_clock(const struct kpc_perffile *file, struct kpc_buf *buf)
{
	if (!file->has_realtime)
		return;
	add_u32(buf, 1); /* version */
	add_u32(buf, file->clock_id);
	add_u64(buf, file->realtime_ns);
	add_u64(buf, file->clock_ns);
}

static void add_text(struct kpc_buf *buf, const char *text)
{
	if (text && *text)
		add_string(buf, text);
}

/* What there is to say of the host, or nothing. */
static void add_host(const struct kpc_perffile *file,
		     enum kpc_perf_feature feature, struct kpc_buf *buf)
{
	const struct kpc_trace_info *info = file->info;

	if (!info)
		return;
	switch (feature) {
	case KPC_PERF_HOSTNAME:
		add_text(buf, info->hostname);
		break;
	case KPC_PERF_OSRELEASE:
		add_text(buf, info->kernel_release);
		break;
	case KPC_PERF_ARCH:
		add_text(buf, info->machine);
		break;
	case KPC_PERF_NRCPUS:
		add_cpus(info, buf);
		break;
	case KPC_PERF_CPUDESC:
		add_text(buf, info->host->cpu_model);
		break;
	case KPC_PERF_TOTAL_MEM:
		if (info->host->memory_bytes)
			add_u64(buf, info->host->memory_bytes / 1024);
		break;
	case KPC_PERF_CMDLINE:
		add_command_line(info, buf);
		break;
	default:
		break;
	}
}

static void add_feature(const struct kpc_perffile *file,
			enum kpc_perf_feature feature, struct kpc_buf *buf)
{
	switch (feature) {
	case KPC_PERF_TRACING_DATA:
		if (has_tracepoint(file))
			add_tracing_data(file, buf);
		break;
	case KPC_PERF_BUILD_ID:
		kpc_buf_add(buf, file->build_ids.data, file->build_ids.used);
		break;
	case KPC_PERF_VERSION:
		add_string(buf, VERSION);
		break;
	case KPC_PERF_EVENT_DESC:
		add_event_desc(file, buf);
		break;
	case KPC_PERF_SAMPLE_TIME:
		add_u64(buf, file->first_ns);
		add_u64(buf, file->last_ns);
		break;
	case KPC_PERF_CLOCKID:
		add_u64(buf, 1); /* its resolution in ns */
		break;
	case KPC_PERF_CLOCK_DATA:
		add_clock(file, buf);
		break;
	default:
		add_host(file, feature, buf);
	}
}

static const enum kpc_perf_feature features[] = {
	KPC_PERF_TRACING_DATA, KPC_PERF_BUILD_ID,   KPC_PERF_HOSTNAME,
	KPC_PERF_OSRELEASE,    KPC_PERF_VERSION,    KPC_PERF_ARCH,
	KPC_PERF_NRCPUS,       KPC_PERF_CPUDESC,    KPC_PERF_TOTAL_MEM,
	KPC_PERF_CMDLINE,      KPC_PERF_EVENT_DESC, KPC_PERF_SAMPLE_TIME,
	KPC_PERF_CLOCKID,      KPC_PERF_CLOCK_DATA,
};
#define NR_FEATURES (sizeof(features) / sizeof(*features))

void kpc_perffile_build_id(struct kpc_perffile *file, uint16_t misc,
			   const char *path, const uint8_t *id, uint32_t bytes)
{
	size_t name = (strlen(path) + 8) / 8 * 8;
	struct {
		struct perf_event_header header;
		int32_t pid;
		uint8_t id[ID_BYTES];
		uint8_t id_bytes;
		uint8_t reserved[3];
	} record = {
		.header.misc = misc | ID_SIZE_MISC,
		.header.size = sizeof(record) + name,
		.pid = -1,
		.id_bytes = bytes,
	};

	if (!bytes || bytes > ID_BYTES || name > RECORD_MAX - sizeof(record))
		return;
	memcpy(record.id, id, bytes);
	kpc_buf_add(&file->build_ids, &record, sizeof(record));
	kpc_buf_add(&file->build_ids, path, strlen(path));
	kpc_buf_add(&file->build_ids, (const uint8_t[8]){ 0 },
		    name - strlen(path));
}

/* ---- a pipe -------------------------------------------------------------- */

/* A record: its body is what @buf has from @from on. False: it is too long. */
static bool write_record(struct kpc_outfile *out, uint32_t type,
			 const struct kpc_buf *buf)
{
	struct perf_event_header header = {
		.type = type,
		.size = sizeof(header) + buf->used,
	};

	if (buf->used > RECORD_MAX - sizeof(header))
		return false;
	kpc_outfile_write(out, &header, sizeof(header));
	kpc_outfile_write(out, buf->data, buf->used);
	return true;
}

static void write_event(struct kpc_perffile *file,
			const struct kpc_perfevent *event)
{
	struct kpc_buf *buf = &(struct kpc_buf){ 0 };

	kpc_buf_add(buf, &event->attr, sizeof(event->attr));
	add_u64(buf, event->id);
	write_record(file->out, KPC_PERF_RECORD_ATTR, buf);
	kpc_buf_reset(buf);
	add_u64(buf, KPC_PERF_UPDATE_NAME);
	add_u64(buf, event->id);
	kpc_buf_add(buf, event->name, strlen(event->name) + 1);
	add_padding(buf, 8);
	write_record(file->out, KPC_PERF_RECORD_UPDATE, buf);
	kpc_buf_uninit(buf);
}

/* Its record says only how long the data behind it are. */
static void write_tracing_data(struct kpc_perffile *file)
{
	struct kpc_buf data = { 0 }, body = { 0 };

	add_tracing_data(file, &data);
	add_padding(&data, 8);
	add_u32(&body, data.used);
	add_u32(&body, 0);
	write_record(file->out, KPC_PERF_RECORD_TRACING_DATA, &body);
	kpc_outfile_write(file->out, data.data, data.used);
	kpc_buf_uninit(&data);
	kpc_buf_uninit(&body);
}

static void write_features(struct kpc_perffile *file)
{
	struct kpc_buf buf = { 0 };

	for (size_t i = 0; i < NR_FEATURES; i++) {
		if (features[i] == KPC_PERF_TRACING_DATA ||
		    features[i] == KPC_PERF_BUILD_ID ||
		    features[i] == KPC_PERF_EVENT_DESC ||
		    features[i] == KPC_PERF_SAMPLE_TIME)
			continue;
		kpc_buf_reset(&buf);
		add_u64(&buf, features[i]);
		add_feature(file, features[i], &buf);
		if (buf.used > sizeof(uint64_t))
			write_record(file->out, KPC_PERF_RECORD_FEATURE, &buf);
	}
	kpc_buf_uninit(&buf);
}

int kpc_perffile_events(struct kpc_perffile *file)
{
	bool is_first = !file->nr_written, has_new = false;

	if (!file->is_pipe || file->nr_written == file->nr_events)
		return 0;
	for (; file->nr_written < file->nr_events; file->nr_written++) {
		write_event(file, file->events[file->nr_written]);
		has_new |= file->events[file->nr_written]->system != NULL;
	}
	if (is_first)
		write_features(file);
	if (has_new)
		write_tracing_data(file);
	return 0;
}

/* ---- a file -------------------------------------------------------------- */

struct section {
	uint64_t offset;
	uint64_t bytes;
};

struct header {
	uint64_t magic;
	uint64_t bytes;
	uint64_t attr_bytes; /* of an attr and where its ids are */
	struct section attrs;
	struct section data;
	struct section event_types;
	uint64_t features[KPC_PERF_FEATURES / 64];
};

struct file_attr {
	struct perf_event_attr attr;
	struct section ids;
};

_Static_assert(sizeof(struct header) == KPC_PERF_HEADER_BYTES,
	       "the file format has a header of this size");

int kpc_perffile_begin(struct kpc_perffile *file)
{
	struct header header = {
		.magic = KPC_PERF_MAGIC,
		.bytes = KPC_PERF_PIPE_BYTES,
	};

	kpc_outfile_write(file->out, &header,
			  file->is_pipe ? KPC_PERF_PIPE_BYTES : sizeof(header));
	return 0;
}

/* The sections behind the data: where each is, then what it has. */
static int write_sections(struct kpc_perffile *file, struct header *header)
{
	struct section section[NR_FEATURES];
	struct kpc_buf body = { 0 };
	uint64_t offset = 0;
	uint32_t nr = 0;
	int err;

	for (size_t i = 0; i < NR_FEATURES; i++) {
		add_feature(file, features[i], &body);
		if (body.used == offset)
			continue;
		header->features[0] |= 1ull << features[i];
		section[nr++] = (struct section){ offset, body.used - offset };
		offset = body.used;
	}
	offset = kpc_outfile_at(file->out) + nr * sizeof(*section);
	for (uint32_t i = 0; i < nr; i++)
		section[i].offset += offset;
	kpc_outfile_write(file->out, section, nr * sizeof(*section));
	kpc_outfile_write(file->out, body.data, body.used);
	err = body.error;
	kpc_buf_uninit(&body);
	return err;
}

static void write_attrs(struct kpc_perffile *file, struct header *header)
{
	uint64_t ids = kpc_outfile_at(file->out);

	for (uint32_t i = 0; i < file->nr_events; i++)
		kpc_outfile_write(file->out, &file->events[i]->id,
				  sizeof(uint64_t));
	header->attrs.offset = kpc_outfile_at(file->out);
	for (uint32_t i = 0; i < file->nr_events; i++) {
		struct file_attr attr = {
			.attr = file->events[i]->attr,
			.ids = { ids + i * sizeof(uint64_t), sizeof(uint64_t) },
		};

		kpc_outfile_write(file->out, &attr, sizeof(attr));
	}
	header->attrs.bytes = kpc_outfile_at(file->out) - header->attrs.offset;
}

int kpc_perffile_end(struct kpc_perffile *file)
{
	struct header header = {
		.magic = KPC_PERF_MAGIC,
		.bytes = sizeof(header),
		.attr_bytes = sizeof(struct file_attr),
		.data.offset = sizeof(header),
	};
	int err = file->build_ids.error;

	if (file->is_pipe)
		return err;
	header.data.bytes = kpc_outfile_at(file->out) - sizeof(header);
	if (!err)
		err = write_sections(file, &header);
	if (err)
		return err;
	write_attrs(file, &header);
	return kpc_outfile_patch(file->out, 0, &header, sizeof(header));
}

void kpc_perffile_uninit(struct kpc_perffile *file)
{
	kpc_buf_uninit(&file->build_ids);
}
