// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "checkup.h"

void kpc_checkup_end(struct kpc_checkup *c)
{
	const struct kpc_check check = {
		.group = c->group,
		.name = c->name,
		.state = c->state,
		.found = c->found,
		.meaning = *c->meaning ? c->meaning : NULL,
		.mend = *c->mend ? c->mend : NULL,
	};

	if (c->name && !c->ret)
		c->ret = c->fn(c->ctx, &check);
	c->name = NULL;
}

void kpc_checkup_found(struct kpc_checkup *c, const char *name,
		       const char *format, ...)
{
	va_list args;

	kpc_checkup_end(c);
	c->name = name;
	c->state = KPC_CHECK_OK;
	c->meaning[0] = '\0';
	c->mend[0] = '\0';
	va_start(args, format);
	vsnprintf(c->found, sizeof(c->found), format, args);
	va_end(args);
}

__attribute__((format(printf, 3, 0))) static void
means(struct kpc_checkup *c, enum kpc_check_state state, const char *format,
      va_list args)
{
	c->state = state;
	vsnprintf(c->meaning, sizeof(c->meaning), format, args);
}

void kpc_checkup_note(struct kpc_checkup *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	means(c, KPC_CHECK_OK, format, args);
	va_end(args);
}

void kpc_checkup_warn(struct kpc_checkup *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	means(c, KPC_CHECK_WARNING, format, args);
	va_end(args);
}

void kpc_checkup_problem(struct kpc_checkup *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	means(c, KPC_CHECK_PROBLEM, format, args);
	va_end(args);
}

void kpc_checkup_mend(struct kpc_checkup *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->mend, sizeof(c->mend), format, args);
	va_end(args);
}
