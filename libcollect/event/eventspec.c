// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <ctype.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "eventspec.h"
#include "eventterms.h"
#include "fail.h"
#include "nearmiss.h"
#include "uapi/kprobex.h"

#define PROBE_PREFIX  "kprobex/"
#define RETURN_SUFFIX "__return" /* as perf probe has it */

/* The text being parsed, and where the reason of a failure goes. */
struct parser {
	const char *text;
	const char *at;
	char *error;
	size_t error_size;
};

/* Three lines: the reason, the text, a caret below @at. */
static int refuse(const struct parser *p, const char *at, const char *reason,
		  const char *more)
{
	return kpc_fail(p->error, p->error_size, -EINVAL,
			"bad event: %s%s\n  %s\n  %*s^", reason, more, p->text,
			(int)(at - p->text), "");
}

static int no_memory(const struct parser *p)
{
	return kpc_fail(p->error, p->error_size, -ENOMEM, "out of memory");
}

/* What a part of the text gave that was parsed elsewhere, up to @end. */
static int parsed(struct parser *p, int err,
		  const struct kpc_eventmistake *mistake, const char *end)
{
	if (err == -ENOMEM)
		return no_memory(p);
	if (err)
		return refuse(p, mistake->at, mistake->reason, "");
	p->at = end;
	return 0;
}

/* ---- kprobex/…/ ---------------------------------------------------------- */

static bool is_symbol_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.$-*?", c));
}

static int parse_offset(struct parser *p, struct kpc_eventspec *spec)
{
	const char *digits = p->at;
	char *end;

	if (!isdigit((unsigned char)*digits))
		return refuse(p, digits, "a number of bytes is missing after +",
			      "");
	errno = 0;
	spec->offset = strtoull(digits, &end, 0);
	if (errno)
		return refuse(p, digits, "this offset is too large", "");
	spec->has_offset = true;
	p->at = end;
	return 0;
}

static int parse_term(struct parser *p, struct kpc_eventterms *terms)
{
	struct kpc_termparse t = { .at = p->at };
	int err = kpc_eventterms_parse(&t, terms);

	return parsed(p, err, &t.mistake, t.at);
}

/* Those behind a probe's name, each with its comma before it. */
static int parse_terms(struct parser *p, struct kpc_eventspec *spec)
{
	const char *begin = p->at;
	int err = 0;

	while (!err && *p->at == ',') {
		p->at++;
		err = parse_term(p, &spec->terms);
	}
	if (err || p->at == begin)
		return err;
	if (spec->terms.has_field && spec->terms.unit != KPX_UNIT_FIELD)
		return refuse(p, begin + 1, "field goes with unit=2", "");
	spec->terms.text = strndup(begin, p->at - begin);
	return spec->terms.text ? 0 : no_memory(p);
}

/* From behind "kprobex/" to behind the closing slash. */
static int parse_probe(struct parser *p, struct kpc_eventspec *spec)
{
	const char *name = p->at;
	int err;

	while (is_symbol_char(*p->at))
		p->at++;
	if (p->at == name)
		return refuse(p, name,
			      "the name of a probe or function is missing", "");
	spec->kind = KPC_EVENTSPEC_PROBE;
	spec->name = strndup(name, p->at - name);
	if (!spec->name)
		return no_memory(p);
	if (*p->at == '+') {
		p->at++;
		err = parse_offset(p, spec);
		if (err)
			return err;
	}
	err = parse_terms(p, spec);
	if (err)
		return err;
	if (*p->at != '/')
		return refuse(
			p, p->at,
			*p->at ? "this can't be here; a / closes the event" :
				 "the closing / is missing",
			"");
	p->at++;
	if (*p->at && *p->at != ',')
		return refuse(p, p->at,
			      "modifiers aren't known here; "
			      "a comma separates events",
			      "");
	return 0;
}

/* ---- definitions --------------------------------------------------------- */

static size_t letters_bytes(const char *text)
{
	size_t n = 1;

	if (*text != 'p' && *text != 'r')
		return 0;
	while (isdigit((unsigned char)text[n]))
		n++;
	return n;
}

/* Blanks are in no other event; a system of tracepoints is called p nowhere. */
bool kpc_eventspec_is_definition(const char *text)
{
	size_t n = letters_bytes(text);

	if (!n)
		return false;
	if (text[n] == ':')
		return text[n + 1] && text[n + 1] != ' ';
	return isspace((unsigned char)text[n]);
}

/* "p:NAME TARGET …" or "p:TARGET"; @rest: from the target on. */
static int name_definition(struct parser *p, struct kpc_eventspec *spec,
			   const char **rest)
{
	const char *at = p->at + letters_bytes(p->at), *end, *slash;
	const char *name = at + 1;
	bool named = *at == ':';

	end = at + strcspn(at, " \t");
	*rest = end + strspn(end, " \t");
	if (named && !**rest)
		*rest = name;
	else if (named && (slash = memchr(name, '/', end - name))) {
		spec->system = strndup(name, slash - name);
		name = slash + 1;
	}
	spec->is_named = named && *rest != at + 1;
	if (!spec->is_named) {
		name = *rest;
		end = name + strcspn(name, " \t");
	}
	if (name == end)
		return refuse(p, name,
			      named ? "the probe's name is missing" :
				      "the function that is to be probed is "
				      "missing",
			      "");
	if (asprintf(&spec->name, "%.*s%s", (int)(end - name), name,
		     !spec->is_named && *p->at == 'r' ? RETURN_SUFFIX : "") < 0)
		spec->name = NULL;
	return spec->name ? 0 : no_memory(p);
}

/* From the target on, of the file that it begins with. */
static int parse_user_definition(struct parser *p, struct kpc_eventspec *spec,
				 size_t letters, const char *rest)
{
	const char *end = rest + strlen(rest);
	struct kpc_eventmistake mistake;
	int err;

	if (letters > 1)
		return refuse(p, p->at + 1,
			      "how many returns may be open is said of the "
			      "kernel's functions only",
			      "");
	if (!spec->is_named) {
		free(spec->name);
		spec->name = NULL;
	}
	spec->user.is_return = *p->at == 'r';
	spec->user.group = spec->system;
	spec->system = NULL;
	err = kpc_userspec_parse_target(&spec->user, rest, end, &mistake);
	spec->kind = KPC_EVENTSPEC_USER;
	return parsed(p, err, &mistake, end);
}

static int parse_definition(struct parser *p, struct kpc_eventspec *spec)
{
	size_t letters = letters_bytes(p->at);
	const char *rest;
	int err = name_definition(p, spec, &rest);

	if (err)
		return err;
	if (kpc_userspec_is_target(rest))
		return parse_user_definition(p, spec, letters, rest);
	spec->kind = KPC_EVENTSPEC_DEFINITION;
	spec->definition = malloc(letters + 1 + strlen(rest) + 1);
	if (!spec->definition)
		return no_memory(p);
	memcpy(spec->definition, p->at, letters);
	spec->definition[letters] = ' ';
	strcpy(spec->definition + letters + 1, rest);
	p->at += strlen(p->at);
	return 0;
}

/* ---- the other kinds ----------------------------------------------------- */

static bool is_tracepoint_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.*?", c);
}

/* As bpftrace and libbpf spell them. */
static bool is_raw(const char *system, size_t bytes)
{
	static const char *const words[] = { "raw_tracepoint", "raw_tp",
					     "rawtracepoint" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == bytes &&
		    !memcmp(words[i], system, bytes))
			return true;
	return false;
}

static int parse_tracepoint(struct parser *p, struct kpc_eventspec *spec,
			    const char *end, const char *colon)
{
	struct kpc_counter counter;

	if (kpc_counter_find(&counter, p->at, colon - p->at))
		return refuse(p, colon,
			      "modifiers such as :u aren't known "
			      "here",
			      "");
	if (is_raw(p->at, colon - p->at))
		return refuse(p, p->at,
			      "raw tracepoints are for BPF programs, and no "
			      "events of perf's; SYSTEM:NAME records the same "
			      "tracepoint",
			      "");
	if (colon == p->at)
		return refuse(p, p->at,
			      "the tracepoint's system is missing "
			      "before the colon",
			      "");
	if (colon + 1 == end)
		return refuse(p, end,
			      "the tracepoint's name is missing after "
			      "the colon (* means all)",
			      "");
	for (const char *c = p->at; c < end; c++)
		if (c != colon && !is_tracepoint_char(*c))
			return refuse(
				p, c,
				*c == ':' ?
					"modifiers such as :u aren't known here" :
					"this can't be in a tracepoint's name",
				"");
	spec->kind = KPC_EVENTSPEC_TRACEPOINT;
	spec->system = strndup(p->at, colon - p->at);
	spec->name = strndup(colon + 1, end - colon - 1);
	if (!spec->system || !spec->name)
		return no_memory(p);
	p->at = end;
	return 0;
}

static int refuse_unknown(struct parser *p, const char *end)
{
	char *name = strndup(p->at, end - p->at);
	char text[KPC_NEARMISS_TEXT];
	struct kpc_nearmiss near;
	int err;

	if (!name)
		return no_memory(p);
	kpc_nearmiss_init(&near, name);
	kpc_counter_offer(&near);
	kpc_nearmiss_text(&near, text, sizeof(text));
	err = refuse(
		p, p->at, "no such event",
		near.nr ? text :
			  "; there are kprobex/FUNCTION/, SYSTEM:TRACEPOINT, "
			  "u:FILE:FUNCTION, and counters such as cpu-clock and "
			  "cycles");
	free(name);
	return err;
}

static int parse_sampling(struct parser *p, struct kpc_eventterms *terms)
{
	struct kpc_termparse t = { .at = p->at };
	int err = kpc_eventterms_sampling(&t, terms);

	return parsed(p, err, &t.mistake, t.at);
}

static int parse_counter(struct parser *p, struct kpc_eventspec *spec)
{
	const char *begin = p->at;
	const char *end = begin + strcspn(begin, ",/");
	struct kpc_counter counter;
	int err = 0;

	if (!kpc_counter_find(&counter, begin, end - begin)) {
		if (*end != '/')
			return refuse_unknown(p, end);
		return refuse(
			p, begin,
			"no such PMU; of those with slashes kprobex/NAME/ "
			"and NAME/period=N/ are known (another event of "
			"the CPU's: rNNN)",
			"");
	}
	spec->kind = counter.type == PERF_TYPE_SOFTWARE ?
			     KPC_EVENTSPEC_SOFTWARE :
			     KPC_EVENTSPEC_HARDWARE;
	spec->type = counter.type;
	spec->config = counter.config;
	p->at = end;
	if (*end == '/') {
		p->at++;
		err = parse_sampling(p, &spec->terms);
	}
	if (!err && asprintf(&spec->name, "%s%.*s", counter.name,
			     (int)(p->at - end), end) < 0) {
		spec->name = NULL;
		err = no_memory(p);
	}
	return err;
}

static int parse_user(struct parser *p, struct kpc_eventspec *spec,
		      const char *end)
{
	struct kpc_eventmistake mistake;
	int err = kpc_userspec_parse(&spec->user, p->at, end, &mistake);

	spec->kind = KPC_EVENTSPEC_USER;
	return parsed(p, err, &mistake, end);
}

static int parse_event(struct parser *p, struct kpc_eventspec *spec)
{
	const char *end = p->at + strcspn(p->at, ",");
	const char *colon, *slash;

	if (p->at == p->text && kpc_eventspec_is_definition(p->text))
		return parse_definition(p, spec);
	if (kpc_userspec_is_event(p->at))
		return parse_user(p, spec, end);
	if (!strncmp(p->at, PROBE_PREFIX, strlen(PROBE_PREFIX))) {
		p->at += strlen(PROBE_PREFIX);
		return parse_probe(p, spec);
	}
	if (end == p->at)
		return refuse(p, p->at, "the name of an event is missing", "");
	colon = memchr(p->at, ':', end - p->at);
	slash = memchr(p->at, '/', end - p->at);
	if (colon && !slash)
		return parse_tracepoint(p, spec, end, colon);
	return parse_counter(p, spec);
}

/* ---- lists --------------------------------------------------------------- */

static void spec_uninit(struct kpc_eventspec *spec)
{
	free(spec->text);
	free(spec->system);
	free(spec->name);
	free(spec->definition);
	free(spec->terms.text);
	free(spec->terms.field_name);
	kpc_userspec_uninit(&spec->user);
}

static int append(struct parser *p, struct kpc_eventspecs *specs)
{
	struct kpc_eventspec spec = { 0 };
	const char *begin = p->at;
	struct kpc_eventspec *v;
	int err = parse_event(p, &spec);

	if (err)
		goto err_spec;
	spec.text = strndup(begin, p->at - begin);
	v = realloc(specs->spec, (specs->nr + 1) * sizeof(*v));
	if (v)
		specs->spec = v;
	if (!v || !spec.text) {
		err = no_memory(p);
		goto err_spec;
	}
	specs->spec[specs->nr++] = spec;
	return 0;

err_spec:
	spec_uninit(&spec);
	return err;
}

int kpc_eventspecs_add(struct kpc_eventspecs *specs, const char *text,
		       char *error, size_t error_size)
{
	struct parser p = {
		.text = text,
		.at = text,
		.error = error,
		.error_size = error_size,
	};
	int err;

	for (;;) {
		err = append(&p, specs);
		if (err || !*p.at)
			return err;
		p.at++; /* the comma */
	}
}

void kpc_eventspecs_uninit(struct kpc_eventspecs *specs)
{
	for (uint32_t i = 0; i < specs->nr; i++)
		spec_uninit(&specs->spec[i]);
	free(specs->spec);
	*specs = (struct kpc_eventspecs){ 0 };
}

bool kpc_eventspec_is_clock(const struct kpc_eventspec *spec)
{
	return spec->kind == KPC_EVENTSPEC_SOFTWARE &&
	       (spec->config == PERF_COUNT_SW_CPU_CLOCK ||
		spec->config == PERF_COUNT_SW_TASK_CLOCK);
}
