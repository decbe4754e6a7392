// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "perfevent.h"
#include "perfformat.h"

#define LEAD_BYTES 8u	  /* of struct trace_entry */
#define PID_AT	   4u	  /* in it */
#define RAW_MAX	   49152u /* there are a call chain and more in the record */
#define FAULT_TEXT "(fault)"

bool kpc_perfevent_is_tracepoint(const struct kpc_event *event)
{
	return event->source != KPC_SOURCE_SOFTWARE &&
	       event->source != KPC_SOURCE_HARDWARE;
}

static void copy_attr(struct perf_event_attr *attr,
		      const struct kpc_event *event)
{
	size_t bytes = event->attr_bytes;

	if (bytes > sizeof(*attr))
		bytes = sizeof(*attr);
	if (event->attr)
		memcpy(attr, event->attr, bytes);
}

uint16_t kpc_perfevent_type(const struct kpc_event *event)
{
	struct perf_event_attr attr = { 0 };

	copy_attr(&attr, event);
	return event->source == KPC_SOURCE_TRACEPOINT &&
			       attr.type == PERF_TYPE_TRACEPOINT &&
			       attr.config < KPC_PERFEVENT_TYPES ?
		       attr.config :
		       0;
}

/*
 * As it was opened, but for how samples are written, which is the same here for all,
 * and pointers.
 */
static void fill_attr(struct kpc_perfevent *perf, uint16_t type)
{
	struct perf_event_attr *attr = &perf->attr;

	copy_attr(attr, perf->event);
	attr->size = sizeof(*attr);
	attr->sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
			    PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			    PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD;
	if (perf->event->callchain)
		attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	if (perf->event->cgroup)
		attr->sample_type |= PERF_SAMPLE_CGROUP;
	attr->read_format = PERF_FORMAT_ID;
	attr->sample_id_all = 1;
	attr->build_id = 1; /* records of mappings have them */
	if (!attr->sample_period)
		attr->sample_period = 1;
	if (!perf->system)
		return;
	attr->type = PERF_TYPE_TRACEPOINT;
	attr->config = type;
	attr->config1 = 0;
	attr->config2 = 0;
	attr->sample_type |= PERF_SAMPLE_RAW;
}

static int32_t find_field(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!strcmp(event->fields[i].name, name) &&
		    !kpc_field_is_blob(&event->fields[i]))
			return i;
	return -1;
}

static void find_fields(struct kpc_perfevent *perf)
{
	static const char *const ips[] = { "__probe_ip", "__probe_func" };
	const struct kpc_event *event = perf->event;

	perf->ip = -1;
	perf->weight = -1;
	if (!perf->system)
		perf->ip = find_field(event, "ip");
	for (size_t i = 0; perf->system && perf->ip < 0 && i < 2; i++)
		perf->ip = find_field(event, ips[i]);
	if (event->unit != KPC_UNIT_HITS && perf->system)
		perf->weight = find_field(event, "weight");
	perf->common = find_field(event, "common_type") >= 0;
}

/* Bit fields get a place of their own: perf knows none. */
static int place_fields(struct kpc_perfevent *perf)
{
	const struct kpc_event *event = perf->event;
	uint32_t lead = perf->common ? 0 : LEAD_BYTES;
	uint32_t end = lead;

	perf->at = calloc(event->nr_fields + 1, sizeof(*perf->at));
	if (!perf->at)
		return -ENOMEM;
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		perf->at[i] = field->offset + lead;
		if (!field->bits && perf->at[i] + field->bytes > end)
			end = perf->at[i] + field->bytes;
	}
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (!field->bits)
			continue;
		end = (end + 7) / 8 * 8;
		perf->at[i] = end;
		end += field->bytes;
	}
	perf->bytes = end;
	return 0;
}

/* SYSTEM:NAME of the names that events have in a trace. */
static int name_tracepoint(struct kpc_perfevent *perf, char **word)
{
	const char *name = perf->event->name;
	const char *colon = strchr(name, ':');
	const char *system = perf->event->source == KPC_SOURCE_KPROBEX ?
				     "kprobex" :
				     "collect";
	size_t bytes;

	if (colon && colon != name && colon[1]) {
		perf->system = kpc_perfformat_word(name, colon - name);
		perf->name = strdup(name);
		*word = kpc_perfformat_word(colon + 1, strlen(colon + 1));
	} else {
		bytes = strlen(system) + strlen(name) + 2;
		perf->system = strdup(system);
		perf->name = malloc(bytes);
		if (perf->name) {
			strcpy(perf->name, system);
			strcat(perf->name, ":");
			strcat(perf->name, name);
		}
		*word = kpc_perfformat_word(name, strlen(name));
	}
	return perf->system && perf->name && *word ? 0 : -ENOMEM;
}

static int make_tracepoint(struct kpc_perfevent *perf, uint16_t type)
{
	struct kpc_buf text = { 0 };
	char *word = NULL;
	int err = name_tracepoint(perf, &word);

	fill_attr(perf, type);
	find_fields(perf);
	if (!err)
		err = place_fields(perf);
	if (!err) {
		kpc_perfformat_add(&text, perf, word);
		kpc_buf_add(&text, "", 1);
		err = text.error;
	}
	free(word);
	perf->format = (char *)text.data;
	return err;
}

int kpc_perfevent_init(struct kpc_perfevent *perf,
		       const struct kpc_event *event, uint64_t id,
		       uint16_t type)
{
	*perf = (struct kpc_perfevent){ .event = event, .id = id };
	if (kpc_perfevent_is_tracepoint(event))
		return make_tracepoint(perf, type);
	fill_attr(perf, 0);
	find_fields(perf);
	perf->name = strdup(event->name);
	return perf->name ? 0 : -ENOMEM;
}

void kpc_perfevent_uninit(struct kpc_perfevent *perf)
{
	free(perf->name);
	free(perf->system);
	free(perf->format);
	free(perf->at);
	*perf = (struct kpc_perfevent){ 0 };
}

/* ---- records ------------------------------------------------------------- */

/* Where a record is made: @used bytes of it are there. */
struct raw {
	uint8_t *data;
	size_t used;
	size_t room;
};

/* Puts it behind the rest, and says where in the record's word for it. */
static void put_dynamic(struct raw *raw, const struct kpc_field *field,
			uint32_t at, const uint8_t *data, uint32_t bytes)
{
	bool is_text = field->kind == KPC_FIELD_STRING;
	size_t room = raw->room - raw->used;
	uint32_t word, from = raw->used;

	if (bytes + is_text > room)
		bytes = room < is_text ? 0 : room - is_text;
	if (bytes + is_text > UINT16_MAX)
		bytes = UINT16_MAX - is_text;
	if (bytes)
		memcpy(raw->data + raw->used, data, bytes);
	raw->used += bytes;
	if (is_text && raw->used < raw->room)
		raw->data[raw->used++] = '\0';
	word = (raw->used - from) << 16;
	word |= field->relative ? from - at - field->bytes : from;
	memcpy(raw->data + at, &word, sizeof(word));
}

static void put_value(struct raw *raw, const struct kpc_field *field,
		      uint32_t at, const struct kpc_value *value)
{
	const uint8_t *data = value->blob;
	uint32_t bytes = value->blob_bytes;

	if (!kpc_field_is_blob(field)) {
		memcpy(raw->data + at, &value->u, field->bytes);
		return;
	}
	if (value->fault) {
		data = (const uint8_t *)FAULT_TEXT;
		bytes = sizeof(FAULT_TEXT) - 1;
	}
	if (field->dynamic) {
		put_dynamic(raw, field, at, data, bytes);
	} else if (bytes) {
		memcpy(raw->data + at, data,
		       bytes < field->bytes ? bytes : field->bytes);
	}
}

static void put_fields(const struct kpc_perfevent *perf,
		       const struct kpc_row *row, struct raw *raw)
{
	uint32_t pid = row->tid;

	memset(raw->data, 0, perf->bytes);
	raw->used = perf->bytes;
	if (!perf->common)
		memcpy(raw->data + PID_AT, &pid, sizeof(pid));
	for (uint32_t i = 0; i < perf->event->nr_fields; i++)
		put_value(raw, &perf->event->fields[i], perf->at[i],
			  &row->values[i]);
}

void kpc_perfevent_raw(const struct kpc_perfevent *perf,
		       const struct kpc_row *row, struct kpc_buf *buf)
{
	struct raw raw = { .room = RAW_MAX };
	uint16_t type = perf->attr.config;
	uint32_t lead = perf->common ? 0 : LEAD_BYTES;

	if (raw.room < perf->bytes)
		raw.room = perf->bytes;
	raw.data = kpc_buf_reserve(buf, raw.room);
	if (!raw.data)
		return;
	if (row->payload) {
		memset(raw.data, 0, lead);
		raw.used = raw.room - lead;
		if (row->payload_bytes < raw.used)
			raw.used = row->payload_bytes;
		memcpy(raw.data + lead, row->payload, raw.used);
		raw.used += lead;
	} else {
		put_fields(perf, row, &raw);
	}
	if (raw.used >= sizeof(type))
		memcpy(raw.data, &type, sizeof(type));
	buf->used += raw.used < RAW_MAX ? raw.used : RAW_MAX;
}

uint64_t kpc_perfevent_ip(const struct kpc_perfevent *perf,
			  const struct kpc_row *row)
{
	return perf->ip < 0 || row->payload ? 0 : row->values[perf->ip].u;
}

uint64_t kpc_perfevent_period(const struct kpc_perfevent *perf,
			      const struct kpc_row *row)
{
	uint64_t period = perf->attr.freq ? 1 : perf->attr.sample_period;

	if (row->weight)
		return row->weight;
	if (perf->weight >= 0 && !row->payload)
		return period * row->values[perf->weight].u;
	return period;
}
