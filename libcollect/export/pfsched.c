// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "pfsched.h"

#define FIELDS_MAX 7

/* Their fields are numbered from 1 in this order. */
static const struct {
	const char *name;
	uint32_t number;
	const char *fields[FIELDS_MAX];
} events[] = {
	{ "sched:sched_switch",
	  PF_FTRACE_SWITCH,
	  { "prev_comm", "prev_pid", "prev_prio", "prev_state", "next_comm",
	    "next_pid", "next_prio" } },
	{ "sched:sched_waking",
	  PF_FTRACE_WAKING,
	  { "comm", "pid", "prio", "success", "target_cpu" } },
	{ "sched:sched_wakeup",
	  PF_FTRACE_WAKEUP,
	  { "comm", "pid", "prio", "success", "target_cpu" } },
	{ "sched:sched_wakeup_new",
	  PF_FTRACE_WAKEUP_NEW,
	  { "comm", "pid", "prio", "success", "target_cpu" } },
};
#define NR_EVENTS (sizeof(events) / sizeof(*events))

static uint32_t field_number(const char *const *fields, const char *name)
{
	for (uint32_t i = 0; i < FIELDS_MAX && fields[i]; i++)
		if (!strcmp(fields[i], name))
			return i + 1;
	return 0;
}

struct kpc_pf_sched *kpc_pf_sched_new(const struct kpc_event *event)
{
	struct kpc_pf_sched *sched;
	size_t e = 0;

	while (e < NR_EVENTS && strcmp(events[e].name, event->name) != 0)
		e++;
	if (e == NR_EVENTS || event->source != KPC_SOURCE_TRACEPOINT)
		return NULL;
	sched = calloc(1, sizeof(*sched) +
				  event->nr_fields * sizeof(*sched->fields));
	if (!sched)
		return NULL;
	sched->number = events[e].number;
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (field->common)
			continue;
		sched->fields[i] = field_number(events[e].fields, field->name);
		if (!sched->fields[i] || field->elements ||
		    field->kind == KPC_FIELD_BYTES) {
			free(sched);
			return NULL;
		}
	}
	return sched;
}

static void put_fields(const struct kpc_pf_sched *sched, struct kpc_pf *pf,
		       const struct kpc_row *row)
{
	for (uint32_t i = 0; i < row->event->nr_fields; i++) {
		const struct kpc_value *value = &row->values[i];

		if (!sched->fields[i])
			continue;
		if (row->event->fields[i].kind != KPC_FIELD_STRING)
			kpc_wire_add_varint(&pf->body, sched->fields[i],
					    value->u);
		else
			kpc_pf_add_text(pf, &pf->body, sched->fields[i],
					value->blob,
					value->blob_bytes ?
						strnlen((char *)value->blob,
							value->blob_bytes) :
						0);
	}
}

void kpc_pf_sched_put(const struct kpc_pf_sched *sched, struct kpc_pf *pf,
		      const struct kpc_row *row, uint64_t boot_ns, bool gap)
{
	size_t event, fields;

	kpc_pf_begin(pf, KPC_PF_NO_TIME);
	kpc_wire_add_varint(&pf->body, PF_BUNDLE_CPU, row->cpu);
	event = kpc_wire_begin(&pf->body, PF_BUNDLE_EVENT);
	kpc_wire_add_varint(&pf->body, PF_FTRACE_TIMESTAMP, boot_ns);
	kpc_wire_add_varint(&pf->body, PF_FTRACE_PID, row->tid);
	fields = kpc_wire_begin(&pf->body, sched->number);
	put_fields(sched, pf, row);
	kpc_wire_end(&pf->body, fields);
	kpc_wire_end(&pf->body, event);
	if (gap)
		kpc_wire_add_varint(&pf->body, PF_BUNDLE_LOST, 1);
	kpc_pf_end(pf, PF_PACKET_FTRACE_EVENTS);
}
