// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eventterms.h"
#include "uapi/kprobex.h"

#define FIELD_MAX 255 /* that KPX_CONFIG_FIELD has room for */

static int refuse(struct kpc_termparse *p, const char *at, const char *reason)
{
	p->mistake = (struct kpc_eventmistake){ at, reason };
	return -EINVAL;
}

/* ---- kprobex/…/ ---- */

/* As perf takes them, in any base of C. */
static int parse_term_number(struct kpc_termparse *p, uint64_t most,
			     uint64_t *number)
{
	const char *digits = p->at;
	char *end;

	if (!isdigit((unsigned char)*digits))
		return refuse(p, digits, "a number is missing here");
	errno = 0;
	*number = strtoull(digits, &end, 0);
	if (errno || *number > most)
		return refuse(p, digits, "this number is too large");
	p->at = end;
	return 0;
}

static int parse_unit(struct kpc_termparse *p, struct kpc_eventterms *terms)
{
	uint64_t number;
	int err = parse_term_number(p, KPX_UNIT_FILTERED, &number);

	terms->unit = number;
	terms->has_unit = true;
	return err;
}

static int parse_mode(struct kpc_termparse *p, struct kpc_eventterms *terms)
{
	uint64_t number;
	int err = parse_term_number(p, KPX_MODE_FTRACE, &number);

	terms->mode = number;
	terms->has_mode = true;
	return err;
}

static int parse_field(struct kpc_termparse *p, struct kpc_eventterms *terms)
{
	const char *name = p->at;
	uint64_t number;
	int err;

	terms->has_field = true;
	free(terms->field_name);
	terms->field_name = NULL;
	if (isdigit((unsigned char)*name)) {
		err = parse_term_number(p, FIELD_MAX, &number);
		terms->field = number;
		return err;
	}
	while (isalnum((unsigned char)*p->at) || *p->at == '_')
		p->at++;
	if (p->at == name)
		return refuse(p, name,
			      "the name or number of an argument is missing");
	terms->field_name = strndup(name, p->at - name);
	return terms->field_name ? 0 : -ENOMEM;
}

static int parse_skip_self(struct kpc_termparse *p,
			   struct kpc_eventterms *terms)
{
	uint64_t number;
	int err = parse_term_number(p, 1, &number);

	terms->skip_self = number;
	return err;
}

static int parse_period(struct kpc_termparse *p, struct kpc_eventterms *terms)
{
	const char *digits = p->at;
	int err = parse_term_number(p, INT64_MAX, &terms->period);

	if (!err && !terms->period)
		return refuse(p, digits, "a period is 1 or more");
	return err;
}

static const struct term {
	const char *name;
	int (*parse)(struct kpc_termparse *p, struct kpc_eventterms *terms);
} known_terms[] = {
	{ "unit", parse_unit },	    { "field", parse_field },
	{ "mode", parse_mode },	    { "skip_self", parse_skip_self },
	{ "period", parse_period },
};

#define NR_TERMS (sizeof(known_terms) / sizeof(known_terms[0]))

/* TERM=VALUE */
int kpc_eventterms_parse(struct kpc_termparse *p, struct kpc_eventterms *terms)
{
	const char *name = p->at;
	size_t bytes = strcspn(name, "=,/");

	for (size_t i = 0; i < NR_TERMS; i++) {
		const struct term *term = &known_terms[i];

		if (strlen(term->name) != bytes ||
		    memcmp(term->name, name, bytes))
			continue;
		p->at += bytes;
		if (*p->at != '=')
			return refuse(p, p->at, "a = is missing here");
		p->at++;
		return term->parse(p, terms);
	}
	return refuse(p, name,
		      "no such term; there are unit, field, mode, skip_self "
		      "and period");
}

/* ---- of counters ---- */

static int parse_frequency(struct kpc_termparse *p,
			   struct kpc_eventterms *terms)
{
	const char *digits = p->at;
	int err = parse_term_number(p, INT32_MAX, &terms->frequency);

	if (!err && !terms->frequency)
		return refuse(p, digits, "a frequency is 1 or more");
	return err;
}

/* "period=N,freq=N/", from behind the first slash to behind the second. */
int kpc_eventterms_sampling(struct kpc_termparse *p,
			    struct kpc_eventterms *terms)
{
	const char *begin = p->at;
	int err;

	do {
		size_t bytes = strcspn(p->at, "=,/");

		if (bytes == 6 && !strncmp(p->at, "period=", 7)) {
			p->at += 7;
			err = parse_period(p, terms);
		} else if (bytes == 4 && !strncmp(p->at, "freq=", 5)) {
			p->at += 5;
			err = parse_frequency(p, terms);
		} else {
			err = refuse(p, p->at,
				     "no such term; there are period=N and "
				     "freq=HZ");
		}
	} while (!err && *p->at == ',' && p->at++);
	if (err)
		return err;
	if (*p->at != '/')
		return refuse(p, p->at, "a / closes the event");
	if (terms->period && terms->frequency)
		return refuse(p, begin,
			      "a period and a frequency exclude each other");
	p->at++;
	if (*p->at && *p->at != ',')
		return refuse(p, p->at,
			      "modifiers aren't known here; a comma separates "
			      "events");
	return 0;
}
