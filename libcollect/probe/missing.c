// SPDX-License-Identifier: GPL-2.0-only
/* missing.c - kpc_name_missing(): why nothing that can be recorded has a name */
#include <errno.h>
#include <string.h>

#include "collect.h"
#include "fail.h"
#include "globs.h"
#include "nearmiss.h"

static int offer_probe(void *ctx, const struct kpc_probe *probe)
{
	kpc_nearmiss_offer(ctx, probe->name);
	return 0;
}

static int offer_function(void *ctx, const struct kpc_function *function)
{
	kpc_nearmiss_offer(ctx, function->name);
	return 0;
}

static int offer_tracepoint(void *ctx, const char *system, const char *name)
{
	(void)system;
	kpc_nearmiss_offer(ctx, name);
	return 0;
}

/* A module that isn't loaded has no probes. */
static void offer_probes(struct kpc_nearmiss *near)
{
	struct kpc_probes *probes;

	if (kpc_probes_open(&probes, NULL, 0))
		return;
	kpc_probes_list(probes, NULL, offer_probe, near);
	kpc_probes_close(probes);
}

/* NAME.isra.0 and the like, of which @near has the first; or NULL. */
static const char *part_of(const struct kpc_nearmiss *near)
{
	const char *name = near->nr ? near->best[0].name : "";

	return !strncmp(name, near->wanted, near->length) &&
			       name[near->length] == '.' ?
		       name :
		       NULL;
}

static int say(const struct kpc_nearmiss *near, char *error, size_t error_size)
{
	char text[KPC_NEARMISS_TEXT];

	if (part_of(near))
		return kpc_fail(error, error_size, -ENOENT,
				"the compiler made %s of %s, with other "
				"arguments or a part of it: probe that",
				part_of(near), near->wanted);
	kpc_nearmiss_text(near, text, sizeof(text));
	return kpc_fail(error, error_size, -ENOENT,
			"no probe, function or tracepoint is called %s%s",
			near->wanted,
			*text ? text :
				" (a function may be inlined wherever it's "
				"called, or not built in)");
}

int kpc_name_missing(const char *pattern, char *error, size_t error_size)
{
	struct kpc_nearmiss near;
	int ret;

	kpc_nearmiss_init(&near, pattern);
	/* Only a tracepoint's name has a colon. */
	if (strchr(pattern, ':'))
		return kpc_tracepoints_list(pattern, offer_tracepoint, &near,
					    error, error_size);
	/* What can't be read may have it. */
	ret = kpc_functions_list("*", 0, offer_function, &near, error,
				 error_size);
	if (ret >= 0)
		ret = kpc_tracepoints_list("*:*", offer_tracepoint, &near,
					   error, error_size);
	if (ret < 0)
		return ret;
	offer_probes(&near);
	if (kpc_globs_is_pattern(pattern))
		return kpc_fail(error, error_size, -ENOENT,
				"no probe, function or tracepoint matches %s",
				pattern);
	return say(&near, error, error_size);
}
