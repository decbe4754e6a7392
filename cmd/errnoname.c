// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <string.h>

#include "errnoname.h"

const char *errnoname_of(int64_t value)
{
	const char *name = value < 0 && value >= INT32_MIN + 1 ?
				   kpc_errno_name(-value) :
				   NULL;

	return name && strlen(name) + 2 <= ERRNONAME_BYTES ? name : NULL;
}

/* A definition has the word NAME=$retval, perhaps with a type behind it. */
static bool is_fetched(const char *definition, const char *name)
{
	static const char fetch[] = "=$retval";
	size_t bytes = strlen(name);
	const char *at = definition;

	while ((at = strstr(at, fetch))) {
		char behind = at[sizeof(fetch) - 1];

		if ((size_t)(at - definition) > bytes &&
		    !memcmp(at - bytes, name, bytes) &&
		    isspace((unsigned char)at[-(ssize_t)bytes - 1]) &&
		    (!behind || behind == ':' ||
		     isspace((unsigned char)behind)))
			return true;
		at++;
	}
	return false;
}

static bool is_syscall_exit(const char *name)
{
	return !strncmp(name, "syscalls:sys_exit_", 18) ||
	       !strcmp(name, "raw_syscalls:sys_exit");
}

bool errnoname_applies(const struct kpc_event *event, uint32_t f)
{
	const struct kpc_field *field = &event->fields[f];

	if (field->kind != KPC_FIELD_SIGNED || field->common || field->elements)
		return false;
	/* A function of a program has its own ways to say that it failed. */
	if (event->source == KPC_SOURCE_KPROBEX)
		return event->definition &&
		       is_fetched(event->definition, field->name);
	return event->source == KPC_SOURCE_TRACEPOINT &&
	       !strcmp(field->name, "ret") && is_syscall_exit(event->name);
}
