// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "fail.h"
#include "trace_clock.h"
#include "trigger.h"

#define PROBE_PREFIX "kprobex/"

/* As it is recorded; a probe also as -e takes it. */
static bool is_named(const struct kpc_event *event, const char *name,
		     size_t bytes)
{
	const char *own = event->name;

	if (strlen(own) == bytes && !memcmp(own, name, bytes))
		return true;
	return event->source == KPC_SOURCE_KPROBEX &&
	       bytes == strlen(PROBE_PREFIX) + strlen(own) + 1 &&
	       !strncmp(name, PROBE_PREFIX, strlen(PROBE_PREFIX)) &&
	       !strncmp(name + strlen(PROBE_PREFIX), own, strlen(own)) &&
	       name[bytes - 1] == '/';
}

static int refuse(const char *text, const char *at, const char *reason,
		  char *error, size_t error_size)
{
	return kpc_fail(error, error_size, -EINVAL,
			"bad trigger: %s\n  %s\n  %*s^", reason, text,
			(int)(at - text), "");
}

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

int kpc_trigger_init(struct kpc_trigger *t, const char *text,
		     const struct kpc_event *events, uint32_t nr_events, int fd,
		     char *error, size_t error_size)
{
	const char *name = skip_space(text), *at = name;
	uint32_t i = 0;

	*t = (struct kpc_trigger){ .fd = fd };
	while (*at && !isspace((unsigned char)*at))
		at++;
	if (at == name)
		return refuse(text, at, "the name of an event is missing here",
			      error, error_size);
	while (i < nr_events && !is_named(&events[i], name, at - name))
		i++;
	if (i == nr_events)
		return refuse(text, name,
			      "no event of this name is recorded: -e does that",
			      error, error_size);
	t->event = i;
	t->set = true;
	at = skip_space(at);
	if (!*at)
		return 0;
	if (strncmp(at, "if", 2) || !isspace((unsigned char)at[2]))
		return refuse(text, at, "behind the event goes: if EXPRESSION",
			      error, error_size);
	return kpc_condition_new(&t->condition, &events[i], text, at + 2, error,
				 error_size);
}

void kpc_trigger_uninit(struct kpc_trigger *t)
{
	kpc_condition_free(t->condition);
	*t = (struct kpc_trigger){ 0 };
}

void kpc_trigger_look(struct kpc_trigger *t, const uint8_t *raw, uint32_t bytes,
		      uint64_t time_ns)
{
	uint64_t none = 0;

	if (t->hit_ns ||
	    (t->condition && !kpc_condition_holds(t->condition, raw, bytes)))
		return;
	if (!time_ns)
		time_ns = kpc_trace_clock();
	if (atomic_compare_exchange_strong(&t->hit_ns, &none, time_ns))
		eventfd_write(t->fd, 1);
}
