// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "body_fields.h"
#include "taskevent.h"

static int parse_comm(struct kpc_task_event *event, struct kpc_wire bytes)
{
	size_t n = kpc_wire_left(&bytes);

	if (n > KPC_COMM_BYTES)
		return -EBADMSG;
	memcpy(event->comm, bytes.at, n);
	return 0;
}

static int parse_member(struct kpc_task_event *event,
			const struct kpc_wire_field *field)
{
	bool blob = field->number == TASK_COMM;

	if (field->number > TASK_PARENT_PID)
		return 0;
	if (field->type != (blob ? KPC_WIRE_BYTES : KPC_WIRE_VARINT))
		return -EBADMSG;
	switch (field->number) {
	case TASK_WHAT:
		event->what = field->value <= KPC_TASK_EXIT ? field->value :
							      KPC_TASK_EXISTS;
		break;
	case TASK_TIME:
		event->time_ns = field->value;
		break;
	case TASK_PID:
		event->pid = field->value;
		break;
	case TASK_TID:
		event->tid = field->value;
		break;
	case TASK_COMM:
		return parse_comm(event, field->bytes);
	case TASK_PARENT:
		event->parent_tid = field->value;
		break;
	case TASK_EXEC:
		event->exec = field->value;
		break;
	case TASK_PARENT_PID:
		event->parent_pid = field->value;
		break;
	}
	return 0;
}

static int parse(struct kpc_task_event *event, struct kpc_wire wire)
{
	struct kpc_wire_field field;
	int ret;

	*event = (struct kpc_task_event){ 0 };
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		ret = parse_member(event, &field);
		if (ret)
			return ret;
	}
	return ret;
}

int kpc_task_event_next(struct kpc_wire *body, struct kpc_task_event *event)
{
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(body, &field)) > 0) {
		if (field.number != TASKS_EVENT)
			continue;
		if (field.type != KPC_WIRE_BYTES)
			return -EBADMSG;
		ret = parse(event, field.bytes);
		return ret ? ret : 1;
	}
	return ret;
}
