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

/* "sys_enter_write" is the entry of "sys_exit_write"; NULL: it's neither. */
static const char *call_of(const struct kpc_event *event, enum role_part *part)
{
	const char *colon = strchr(event->name, ':');
	const char *name;

	if (event->source != KPC_SOURCE_TRACEPOINT || !colon)
		return NULL;
	*part = ROLE_ENTRY;
	name = after(colon + 1, "sys_enter");
	if (name)
		return name;
	*part = ROLE_RETURN;
	return after(colon + 1, "sys_exit");
}

/* The event of the other part; NULL: it isn't recorded. */
static const struct kpc_event *other_part(const struct kpc_session *session,
					  const char *call, enum role_part part)
{
	for (uint32_t i = 0; i < kpc_session_nr_events(session); i++) {
		const struct kpc_event *event = kpc_session_event(session, i);
		enum role_part other;
		const char *name = call_of(event, &other);

		if (name && other != part && !strcmp(name, call))
			return event;
	}
	return NULL;
}

static void find_part(struct role *role, const struct kpc_event *event,
		      const struct kpc_session *session)
{
	const struct kpc_event *entry = event, *other;
	enum role_part part;
	const char *call = call_of(event, &part);

	role->name = event->name;
	if (!call)
		return;
	other = other_part(session, call, part);
	if (!other)
		return;
	role->part = part;
	if (part == ROLE_RETURN)
		entry = other;
	role->group = entry->id;
	if (*call == '_')
		role->name = call + 1;
	role->result = find_first(event, results);
}

/* ---- all of it ----------------------------------------------------------- */

void role_find(struct role *role, const struct kpc_event *event,
	       const struct kpc_session *session, const char *sum,
	       const char *latency)
{
	*role = (struct role){ .result = -1, .asked = -1 };
	find_part(role, event, session);
	find_sum(role, event, sum);
	role->latency = find_number(event, latency ? latency : "duration_ns");
	role->id = find_number(event, "id");
	role->has_file = filename_find(&role->file, event);
}

void role_fields(const struct kpc_session *session, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (uint32_t i = 0; i < kpc_session_nr_events(session); i++) {
		const struct kpc_event *event = kpc_session_event(session, i);

		used += snprintf(text + used, size - used, "%s%s has",
				 i ? "; " : "", event->name);
		for (uint32_t j = 0; j < event->nr_fields && used < size; j++)
			if (!event->fields[j].common)
				used += snprintf(text + used, size - used,
						 " %s", event->fields[j].name);
		if (used >= size)
			return;
	}
}
