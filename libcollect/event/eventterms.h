/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventterms - what stands between the slashes of an event, behind its name
 */
#ifndef KPC_EVENTTERMS_H
#define KPC_EVENTTERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "eventmistake.h"

struct kpc_eventterms {
	char *text; /* with a comma before each, or NULL if there are none */
	uint32_t unit;
	uint32_t field; /* argument, from 0, if there's no field_name */
	uint32_t mode;
	bool has_unit;
	bool has_field;
	bool has_mode;
	bool skip_self;
	uint64_t period;    /* 0: not said */
	uint64_t frequency; /* of a counter, instead; 0: not said */
	char *field_name;   /* or NULL */
};

/* Where in the text it is, and what was wrong with that. */
struct kpc_termparse {
	const char *at;
	struct kpc_eventmistake mistake;
};

/* A probe's TERM=VALUE. 0, -ENOMEM, or -EINVAL and the mistake. */
int kpc_eventterms_parse(struct kpc_termparse *p, struct kpc_eventterms *terms);
/* A counter's, from behind the first slash to behind the second. */
int kpc_eventterms_sampling(struct kpc_termparse *p,
			    struct kpc_eventterms *terms);

#endif /* KPC_EVENTTERMS_H */
