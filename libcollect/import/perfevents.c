// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "perfevents.h"
#include "perfsample.h"

static enum kpc_source source_of(const struct perf_event_attr *attr)
{
	switch (attr->type) {
	case PERF_TYPE_TRACEPOINT:
		return KPC_SOURCE_TRACEPOINT;
	case PERF_TYPE_SOFTWARE:
		return KPC_SOURCE_SOFTWARE;
	default:
		return KPC_SOURCE_HARDWARE;
	}
}

static bool is_clock(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE &&
	       (attr->config == PERF_COUNT_SW_CPU_CLOCK ||
		attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

/* A record of these is an address, and what it was about, if samples have that. */
static int add_address(struct kpc_event *event, const char *name)
{
	struct kpc_field *field = &event->fields[event->nr_fields++];

	field->name = strdup(name);
	field->type = strdup("u64");
	field->offset = event->record_bytes;
	field->bytes = sizeof(uint64_t);
	field->kind = KPC_FIELD_HEX;
	event->record_bytes += field->bytes;
	return field->name && field->type ? 0 : -ENOMEM;
}

static int add_addresses(struct kpc_event *event,
			 const struct perf_event_attr *attr)
{
	int err = 0;

	event->fields = calloc(2, sizeof(*event->fields));
	if (!event->fields)
		return -ENOMEM;
	if (attr->sample_type & PERF_SAMPLE_IP)
		err = add_address(event, "ip");
	if (!err && attr->sample_type & PERF_SAMPLE_ADDR)
		err = add_address(event, "addr");
	return err;
}

static int set_name(struct kpc_event *event,
		    const struct kpc_perfmeta_event *from)
{
	if (event->name)
		return 0;
	if (from->name && *from->name)
		event->name = strdup(from->name);
	else if (asprintf(&event->name, "type=%u,config=0x%llx",
			  from->attr.type,
			  (unsigned long long)from->attr.config) < 0)
		event->name = NULL;
	return event->name ? 0 : -ENOMEM;
}

static int add_event(struct kpc_perfevents *events,
		     const struct kpc_perfmeta *meta,
		     const struct kpc_perfmeta_event *from)
{
	struct kpc_event *event = &events->event[events->nr];
	const struct kpc_perfmeta_format *format = NULL;
	int err = 0;

	if (from->attr.type == PERF_TYPE_TRACEPOINT) {
		format = kpc_perfmeta_format(meta, from->attr.config);
		events->unknown += !format;
	}
	if (format)
		err = kpc_event_copy(event, &format->event);
	else if (from->attr.type != PERF_TYPE_TRACEPOINT)
		err = add_addresses(event, &from->attr);
	event->id = events->nr++;
	event->source = source_of(&from->attr);
	event->unit = is_clock(&from->attr) ? KPC_UNIT_NS : KPC_UNIT_HITS;
	event->callchain = from->attr.sample_type & PERF_SAMPLE_CALLCHAIN;
	event->cgroup = kpc_perfsample_has_cgroup(&from->attr);
	if (!err)
		err = set_name(event, from);
	if (err)
		return err;
	event->attr = malloc(sizeof(from->attr));
	if (!event->attr)
		return -ENOMEM;
	memcpy(event->attr, &from->attr, sizeof(from->attr));
	event->attr_bytes = sizeof(from->attr);
	return 0;
}

int kpc_perfevents_init(struct kpc_perfevents *events,
			const struct kpc_perfmeta *meta)
{
	int err = 0;

	*events = (struct kpc_perfevents){ 0 };
	events->event = calloc(meta->nr_events + 1, sizeof(*events->event));
	if (!events->event)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < meta->nr_events; i++)
		err = add_event(events, meta, &meta->events[i]);
	return err;
}

void kpc_perfevents_uninit(struct kpc_perfevents *events)
{
	for (uint32_t i = 0; i < events->nr; i++)
		kpc_event_uninit(&events->event[i]);
	free(events->event);
	*events = (struct kpc_perfevents){ 0 };
}
