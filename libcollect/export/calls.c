// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

#define KEY_BYTES   512
#define ANY_SYSCALL "system call" /* the event has all, by number */

struct kpc_call_group {
	const char *entry_name; /* of the entry's event; NULL: there is none */
	bool has_return;
};

/* What a name says about its event. */
struct half {
	enum kpc_call_part part;
	const char *name; /* in the key; NULL: the entry's event's */
	bool is_syscall;
	char key[KEY_BYTES]; /* "": it isn't half of a call */
};

/* ---- names --------------------------------------------------------------- */

static const struct {
	const char *entry;
	const char *exit;
} suffixes[] = {
	{ "_entry", "_exit" },
	{ "_enter", "_exit" },
	{ "_begin", "_end" },
	{ "_start", "_end" },
};
#define NR_SUFFIXES (sizeof(suffixes) / sizeof(*suffixes))

static bool ends_with(const char *text, const char *end)
{
	size_t bytes = strlen(text), n = strlen(end);

	return bytes > n && !strcmp(text + bytes - n, end);
}

/* "SYSTEM:stem", with @cut bytes off its end. */
static void set_key(struct half *half, enum kpc_call_part part,
		    const char *name, size_t cut)
{
	size_t bytes = strlen(name) - cut;

	if (bytes >= sizeof(half->key))
		return;
	memcpy(half->key, name, bytes);
	half->key[bytes] = '\0';
	half->part = part;
	half->name = strchr(half->key, ':') + 1;
}

static const char *after(const char *text, const char *begin)
{
	size_t n = strlen(begin);

	return strncmp(text, begin, n) ? NULL : text + n;
}

/* raw_syscalls:sys_enter, syscalls:sys_enter_write */
static bool find_syscall(struct half *half, const char *event, const char *name)
{
	const char *call = after(name, "sys_enter");
	enum kpc_call_part part = KPC_CALL_ENTRY;
	int bytes;

	if (!call) {
		call = after(name, "sys_exit");
		part = KPC_CALL_RETURN;
	}
	if (!call || (*call && *call != '_'))
		return false;
	bytes = snprintf(half->key, sizeof(half->key), "%.*s%s",
			 (int)(name - event), event,
			 *call ? call + 1 : ANY_SYSCALL);
	if (bytes >= (int)sizeof(half->key)) {
		half->key[0] = '\0';
		return true;
	}
	half->part = part;
	half->is_syscall = true;
	half->name = half->key + (name - event);
	return true;
}

static void find_tracepoint(struct half *half, const struct kpc_event *event)
{
	const char *colon = strchr(event->name, ':');

	if (!colon || find_syscall(half, event->name, colon + 1))
		return;
	for (size_t i = 0; i < NR_SUFFIXES; i++) {
		if (ends_with(colon + 1, suffixes[i].entry))
			set_key(half, KPC_CALL_ENTRY, event->name,
				strlen(suffixes[i].entry));
		else if (ends_with(colon + 1, suffixes[i].exit))
			set_key(half, KPC_CALL_RETURN, event->name,
				strlen(suffixes[i].exit));
		if (*half->key)
			return;
	}
}

/* ---- probes -------------------------------------------------------------- */

/* "p:NAME TARGET …", "r16:NAME TARGET …" */
static void find_probe(struct half *half, const struct kpc_event *event)
{
	const char *target = strchr(event->definition, ' ');
	size_t bytes;

	if (!target)
		return;
	bytes = strcspn(++target, " ;");
	if (bytes + 2 >= sizeof(half->key))
		return;
	half->key[0] = ' '; /* no tracepoint's */
	memcpy(half->key + 1, target, bytes);
	half->key[bytes + 1] = '\0';
	half->part = event->definition[0] == 'r' ? KPC_CALL_RETURN :
						   KPC_CALL_ENTRY;
}

static void find_half(struct half *half, const struct kpc_event *event)
{
	half->part = KPC_CALL_ALONE;
	half->name = NULL;
	half->is_syscall = false;
	half->key[0] = '\0';
	if (event->source == KPC_SOURCE_TRACEPOINT)
		find_tracepoint(half, event);
	else if (event->definition)
		find_probe(half, event);
}

/* ---- fields -------------------------------------------------------------- */

static int find_field(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (!field->common && !strcmp(field->name, name) &&
		    field->kind <= KPC_FIELD_HEX)
			return i;
	}
	return -1;
}

/* duration_ns, or what a definition calls $duration. */
static int find_duration(const struct kpc_event *event)
{
	const char *at = event->definition ?
				 strstr(event->definition, "=$duration") :
				 NULL;
	const char *begin = at;
	char name[64];

	while (begin && begin > event->definition && begin[-1] != ' ')
		begin--;
	if (!at || at - begin >= (ptrdiff_t)sizeof(name))
		return find_field(event, "duration_ns");
	memcpy(name, begin, at - begin);
	name[at - begin] = '\0';
	return find_field(event, name);
}

/* ---- groups -------------------------------------------------------------- */

static struct kpc_call_group *group_of(struct kpc_calls *calls, const char *key,
				       uint32_t *number)
{
	int64_t at = kpc_names_add(&calls->keys, key);
	uint32_t room = calls->room ? calls->room * 2 : 64;
	struct kpc_call_group *groups;

	if (at < 0)
		return NULL;
	*number = at;
	if (at < calls->room)
		return &calls->groups[at];
	groups = realloc(calls->groups, room * sizeof(*groups));
	if (!groups)
		return NULL;
	memset(groups + calls->room, 0, (room - calls->room) * sizeof(*groups));
	calls->groups = groups;
	calls->room = room;
	return &calls->groups[at];
}

int kpc_calls_add(struct kpc_calls *calls, const struct kpc_event *event)
{
	struct kpc_call_group *group;
	struct half half;
	uint32_t number;

	find_half(&half, event);
	if (!*half.key)
		return 0;
	group = group_of(calls, half.key, &number);
	if (!group)
		return -ENOMEM;
	if (half.part == KPC_CALL_RETURN)
		group->has_return = true;
	else
		group->entry_name = event->name;
	return 0;
}

void kpc_calls_find(struct kpc_calls *calls, const struct kpc_event *event,
		    struct kpc_call *call)
{
	struct kpc_call_group *group = NULL;
	struct half half;

	*call = (struct kpc_call){
		.name = event->name,
		.number = -1,
		.duration = find_duration(event),
	};
	find_half(&half, event);
	if (*half.key)
		group = group_of(calls, half.key, &call->group);
	if (!group || !group->entry_name || !group->has_return) {
		if (call->duration >= 0)
			call->part = KPC_CALL_WHOLE;
		return;
	}
	call->part = half.part;
	call->is_syscall = half.is_syscall;
	call->name = group->entry_name;
	if (half.name)
		call->name = kpc_names_text(&calls->keys, call->group) +
			     (half.name - half.key);
	/* Those of one system call alone may have an argument of that name. */
	if (half.is_syscall && !strcmp(half.name, ANY_SYSCALL))
		call->number = find_field(event, "id");
}

void kpc_calls_uninit(struct kpc_calls *calls)
{
	kpc_names_uninit(&calls->keys);
	free(calls->groups);
	*calls = (struct kpc_calls){ 0 };
}
