// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "role.h"

/* ---- fields -------------------------------------------------------------- */

static bool is_number(const struct kpc_field *field)
{
	return field->kind == KPC_FIELD_UNSIGNED ||
	       field->kind == KPC_FIELD_SIGNED || field->kind == KPC_FIELD_HEX;
}

int role_field(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!event->fields[i].common &&
		    !strcmp(event->fields[i].name, name))
			return i;
	return -1;
}

static int find_number(const struct kpc_event *event, const char *name)
{
	int i = role_field(event, name);

	return i >= 0 && is_number(&event->fields[i]) ? i : -1;
}

static int find_first(const struct kpc_event *event, const char *const *names)
{
	int i = -1;

	for (; i < 0 && *names; names++)
		i = find_number(event, *names);
	return i;
}

static const char *const sizes[] = { "count", "len",	"length", "bytes",
				     "size",  "nbytes", NULL };
static const char *const results[] = { "ret", "retval", NULL };

/* System calls that have a size, and return a number that isn't one. */
static const char *const makers[] = { "bpf", "clone3", "epoll_create",
				      "landlock_create_ruleset", "shmget" };

/* System calls that are told a number of buffers, and return bytes. */
static const char *const vectors[] = { "readv",	  "writev",  "preadv",
				       "pwritev", "preadv2", "pwritev2" };

static bool is_one_of(const struct role *role, const char *const *names,
		      size_t nr)
{
	if (role->part == ROLE_ALONE)
		return false;
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(role->name, names[i]))
			return true;
	return false;
}

#define IS_ONE_OF(ROLE, NAMES) \
	is_one_of(ROLE, NAMES, sizeof(NAMES) / sizeof(*(NAMES)))

/*
 * What a call was asked to move isn't what it moved: that is what it returned, if
 * it says so. What is more than it was asked for is something else: an address, say.
 */
static void find_sum(struct role *role, const struct kpc_event *event,
		     const char *name)
{
	role->result = find_first(event, results);
	role->sum = name ? find_number(event, name) : find_first(event, sizes);
	if (!name && role->sum >= 0 && role->result >= 0) {
		role->asked = role->sum;
		role->sum = role->result;
	}
	role->is_vector = !name && IS_ONE_OF(role, vectors);
	if (!name && IS_ONE_OF(role, makers))
		role->sum = -1;
}

#define ERRNO_MAX 4095

/* An int's upper half is whatever the register has: 0, as a rule. */
bool role_failed(uint64_t result)
{
	return result >= (uint64_t)-ERRNO_MAX ||
	       (result <= UINT32_MAX && result >= (uint32_t)-ERRNO_MAX);
}

/* ---- entries and returns ------------------------------------------------- */

static const char *after(const char *text, const char *begin)
{
	size_t n = strlen(begin);

	return strncmp(text, begin, n) ? NULL : text + n;
}

/* What an entry and its return have in common. */
struct call {
	enum role_part part;
	bool is_function; /* may be called while it is called */
	const char *name;
	size_t bytes;
};

/* "sys_enter_write" is the entry of "sys_exit_write". */
static bool find_syscall(const struct kpc_event *event, struct call *call)
{
	const char *colon = strchr(event->name, ':');

	if (event->source != KPC_SOURCE_TRACEPOINT || !colon)
		return false;
	call->part = ROLE_ENTRY;
	call->name = after(colon + 1, "sys_enter");
	if (!call->name) {
		call->part = ROLE_RETURN;
		call->name = after(colon + 1, "sys_exit");
	}
	call->bytes = call->name ? strlen(call->name) : 0;
	return call->name;
}

/* "p:NAME FUNCTION" and "r:NAME FUNCTION", with whatever arguments. */
static bool find_function(const struct kpc_event *event, struct call *call)
{
	const char *at = event->definition;

	if (!at || (*at != 'p' && *at != 'r'))
		return false;
	call->part = *at == 'p' ? ROLE_ENTRY : ROLE_RETURN;
	call->is_function = true;
	at += strcspn(at, " ");
	call->name = at + strspn(at, " ");
	call->bytes = strcspn(call->name, " ");
	return call->bytes;
}

/* False: it's neither. */
static bool find_call(const struct kpc_event *event, struct call *call)
{
	*call = (struct call){ 0 };
	/* What takes its time itself needs no other. */
	if (!event || find_number(event, "duration_ns") >= 0)
		return false;
	return find_syscall(event, call) || find_function(event, call);
}

static bool is_other(const struct call *a, const struct call *b)
{
	return a->part != b->part && a->is_function == b->is_function &&
	       a->bytes == b->bytes && !memcmp(a->name, b->name, a->bytes);
}

static uint32_t system_of(const struct view_events *events, uint32_t i)
{
	return events->system ? events->system[i] : 0;
}

/* The position of the other part; events->nr: it isn't recorded. */
static uint32_t other_part(const struct view_events *events,
			   const struct call *call, uint32_t position)
{
	uint32_t system = system_of(events, position);
	struct call other;
	uint32_t i = 0;

	for (; i < events->nr; i++)
		if (system_of(events, i) == system &&
		    find_call(events->event[i], &other) &&
		    is_other(call, &other))
			break;
	return i;
}

static void find_part(struct role *role, uint32_t position,
		      const struct view_events *events)
{
	uint32_t other;
	struct call call;

	role->name = role->event->name;
	if (!find_call(role->event, &call))
		return;
	other = other_part(events, &call, position);
	if (other == events->nr)
		return;
	role->part = call.part;
	role->nests = call.is_function;
	/* Of the first entry, for all events of that name. */
	if (call.part == ROLE_ENTRY) {
		find_call(events->event[other], &call);
		position = other;
	}
	role->group = other_part(events, &call, position);
	role->lane = role->nests ? role->group :
				   UINT32_MAX - system_of(events, position);
	if (!role->nests && *call.name == '_')
		role->name = call.name + 1;
	role->result = find_first(role->event, results);
}

/* ---- all of it ----------------------------------------------------------- */

void role_find(struct role *role, uint32_t position,
	       const struct view_events *events, const char *sum,
	       const char *latency)
{
	const struct kpc_event *event = events->event[position];

	*role = (struct role){ .event = event, .result = -1, .asked = -1 };
	find_part(role, position, events);
	find_sum(role, event, sum);
	role->latency = find_number(event, latency ? latency : "duration_ns");
	role->id = find_number(event, "id");
	role->has_file = filename_find(&role->file, event);
}

void role_fields(const struct view_events *events, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (uint32_t i = 0; i < events->nr; i++) {
		const struct kpc_event *event = events->event[i];

		used += snprintf(text + used, size - used, "%s%s has",
				 i ? "; " : "", event->name);
		for (uint32_t j = 0; j < event->nr_fields && used < size; j++)
			if (!event->fields[j].common)
				used += snprintf(text + used, size - used,
						 " %s", event->fields[j].name);
		if (used >= size)
			break;
	}
	/* A file's names may be made to do harm to a terminal. */
	for (; *text; text++)
		if (*text < ' ' || *text >= 0x7f)
			*text = '?';
}
