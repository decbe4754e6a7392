// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "events.h"
#include "fail.h"
#include "kprobexevent.h"
#include "stepping.h"
#include "trace_clock.h"
#include "tracepoint.h"

/* What the functions below hand on. */
struct finder {
	struct kpc_events *events;
	char *error;
	size_t error_size;
};

static int no_memory(const struct finder *f)
{
	return kpc_fail(f->error, f->error_size, -ENOMEM, "out of memory");
}

/* ---- adding -------------------------------------------------------------- */

static bool same_definition(const struct kpc_event *a,
			    const struct kpc_event *b)
{
	return !strcmp(a->definition ? a->definition : "",
		       b->definition ? b->definition : "");
}

enum sameness {
	NEW,
	NAMED_TWICE,
	NAME_TAKEN,
};

static enum sameness find_same(const struct kpc_events *e,
			       const struct kpc_event *event,
			       const struct kpc_opening *opening)
{
	enum sameness found = NEW;

	for (uint32_t i = 0; i < e->nr; i++) {
		if (strcmp(e->event[i].name, event->name) ||
		    e->event[i].source != event->source)
			continue;
		if (same_definition(&e->event[i], event))
			return NAMED_TWICE;
		if (!opening->variant)
			found = NAME_TAKEN;
	}
	return found;
}

/* Takes over what @event points to. */
static int append(const struct finder *f, struct kpc_event *event,
		  const struct kpc_opening *opening)
{
	struct kpc_events *e = f->events;
	struct kpc_event *events;
	struct kpc_opening *openings;

	switch (find_same(e, event, opening)) {
	case NAMED_TWICE:
		kpc_event_uninit(event);
		return 0;
	case NAME_TAKEN:
		kpc_fail(f->error, f->error_size, -EINVAL,
			 "two different events would be called %s: give one "
			 "another name, as p:NAME",
			 event->name);
		kpc_event_uninit(event);
		return -EINVAL;
	default:
		break;
	}
	events = realloc(e->event, (e->nr + 1) * sizeof(*events));
	if (events)
		e->event = events;
	openings = realloc(e->opening, (e->nr + 1) * sizeof(*openings));
	if (openings)
		e->opening = openings;
	if (!events || !openings) {
		kpc_event_uninit(event);
		return no_memory(f);
	}
	event->id = e->nr;
	events[e->nr] = *event;
	openings[e->nr++] = *opening;
	return 0;
}

static int add_probe(const struct finder *f, const struct kpc_eventspec *spec)
{
	struct kpc_kprobex *k = &f->events->kprobex;
	struct kpc_event event = { 0 };
	struct kpc_kprobex_config config;
	struct kpc_opening opening;
	int err = kpc_kprobex_resolve(k, spec, &event, &config, f->error,
				      f->error_size);

	if (err) {
		kpc_event_uninit(&event);
		return err;
	}
	opening = (struct kpc_opening){
		.attr.type = k->type,
		.attr.config = kpc_kprobex_attr_config(&config),
		.probe = config.id,
		.weight_at = config.weight_at,
		.period = config.period,
		.valued = config.unit != KPX_UNIT_HITS,
	};
	return append(f, &event, &opening);
}

struct tracepoint_ctx {
	const struct finder *finder;
	const char *root;
};

static int add_tracepoint(void *arg, const char *system, const char *name)
{
	const struct tracepoint_ctx *ctx = arg;
	const struct finder *f = ctx->finder;
	struct kpc_opening opening = {
		.attr.type = PERF_TYPE_TRACEPOINT,
		/* Their count is of nanoseconds (__perf_count() in sched.h). */
		.weighted = !strcmp(system, "sched") &&
			    !strncmp(name, "sched_stat_", 11),
	};
	struct kpc_event event = { 0 };
	uint64_t id;
	int err = kpc_tracepoint_load(&event, &id, ctx->root, system, name,
				      f->error, f->error_size);

	if (err) {
		kpc_event_uninit(&event);
		return err;
	}
	opening.attr.config = id;
	return append(f, &event, &opening);
}

static int add_tracepoints(const struct finder *f,
			   const struct kpc_eventspec *spec)
{
	struct tracepoint_ctx ctx = { .finder = f };
	int got = kpc_tracepoint_root(&ctx.root, f->error, f->error_size);

	if (!got)
		got = kpc_tracepoint_match(ctx.root, spec->system, spec->name,
					   add_tracepoint, &ctx, f->error,
					   f->error_size);
	return got < 0 ? got : 0;
}

/* A counter has no record: its one field is the IP of the sample. */
static int add_counter(const struct finder *f, const struct kpc_eventspec *spec)
{
	bool software = spec->kind == KPC_EVENTSPEC_SOFTWARE;
	struct kpc_event event = {
		.name = strdup(spec->name),
		.source = software ? KPC_SOURCE_SOFTWARE : KPC_SOURCE_HARDWARE,
		.fields = calloc(1, sizeof(*event.fields)),
		.nr_fields = 1,
		.record_bytes = sizeof(uint64_t),
		.unit = kpc_eventspec_is_clock(spec) ? KPC_UNIT_NS :
						       KPC_UNIT_HITS,
	};
	struct kpc_opening opening = {
		.attr.type = spec->type,
		.attr.config = spec->config,
		.period = spec->terms.period,
		.frequency = spec->terms.frequency,
		.counter = true,
		.fast = !software,
		.clock = kpc_eventspec_is_clock(spec),
	};

	if (event.fields)
		event.fields[0] = (struct kpc_field){
			.name = strdup("ip"),
			.type = strdup("u64"),
			.bytes = sizeof(uint64_t),
			.kind = KPC_FIELD_HEX,
		};
	if (!event.name || !event.fields || !event.fields[0].name ||
	    !event.fields[0].type) {
		kpc_event_uninit(&event);
		return no_memory(f);
	}
	return append(f, &event, &opening);
}

/* ---- in programs --------------------------------------------------------- */

static int need_uprobes(const struct finder *f)
{
	const char *root;
	int err;

	if (f->events->uprobes.root)
		return 0;
	err = kpc_tracepoint_root(&root, f->error, f->error_size);
	if (err == -EACCES)
		return kpc_fail(f->error, f->error_size, err,
				"no permission to probe programs, which is "
				"done by tracefs: run as root");
	return err ? err :
		     kpc_uprobes_open(&f->events->uprobes, root, f->error,
				      f->error_size);
}

static int add_userprobe(const struct finder *f,
			 const struct kpc_userprobe *probe, const char *path,
			 bool variant)
{
	struct kpc_opening opening = {
		.attr.type = PERF_TYPE_TRACEPOINT,
		.variant = variant,
		.user = true,
	};
	struct kpc_event event = { 0 };
	uint64_t id;
	int err = kpc_uprobes_define(&f->events->uprobes, probe, path, &event,
				     &id, f->error, f->error_size);

	if (err) {
		kpc_event_uninit(&event);
		return err;
	}
	opening.attr.config = id;
	for (uint32_t i = 0; i < probe->nr; i++)
		opening.stepping |=
			kpc_stepping_file(path, probe->place[i].offset);
	return append(f, &event, &opening);
}

static int add_user(const struct finder *f, const struct kpc_eventspec *spec)
{
	struct kpc_userprobes probes;
	char *given = NULL;
	int err = 0;

	if (spec->is_named && spec->user.group) {
		if (asprintf(&given, "%s:%s", spec->user.group, spec->name) < 0)
			return no_memory(f);
	} else if (spec->is_named) {
		given = strdup(spec->name);
		if (!given)
			return no_memory(f);
	}
	err = kpc_userprobes_find(&probes, &spec->user, given, f->error,
				  f->error_size);
	if (!err)
		err = need_uprobes(f);
	for (uint32_t i = 0; !err && i < probes.nr; i++)
		err = add_userprobe(f, &probes.probe[i], probes.path,
				    i && !strcmp(probes.probe[i].name,
						 probes.probe[i - 1].name));
	if (!err)
		kpc_buf_add(&f->events->notes, probes.notes.data,
			    probes.notes.used);
	kpc_userprobes_uninit(&probes);
	free(given);
	return err;
}

/* ---- finding ------------------------------------------------------------- */

static int need_kprobex(const struct finder *f)
{
	size_t used;
	int err;

	if (f->events->has_kprobex)
		return 0;
	f->events->has_kprobex = true;
	err = kpc_kprobex_open(&f->events->kprobex, NULL, f->error,
			       f->error_size);
	if (err != -ENOENT || !f->error)
		return err;
	used = strlen(f->error);
	snprintf(f->error + used, f->error_size - used,
		 ", or name another event with -e");
	return err;
}

static int add_spec(const struct finder *f, const struct kpc_eventspec *spec)
{
	int err;

	switch (spec->kind) {
	case KPC_EVENTSPEC_PROBE:
	case KPC_EVENTSPEC_DEFINITION:
		err = need_kprobex(f);
		return err ? err : add_probe(f, spec);
	case KPC_EVENTSPEC_TRACEPOINT:
		return add_tracepoints(f, spec);
	case KPC_EVENTSPEC_USER:
		return add_user(f, spec);
	default:
		return add_counter(f, spec);
	}
}

static int add_all_probes(const struct finder *f)
{
	struct kpc_eventspec spec = { .kind = KPC_EVENTSPEC_PROBE };
	char **names = NULL;
	int err = need_kprobex(f);

	if (err)
		return err;
	err = kpc_kprobex_names(&f->events->kprobex, false, &names);
	if (err)
		return kpc_fail(f->error, f->error_size, err,
				"cannot list the probes of kprobex: %s",
				strerror(-err));
	for (char **name = names; *name; name++) {
		spec.name = *name;
		if (!err)
			err = add_probe(f, &spec);
		free(*name);
	}
	free(names);
	if (!err && !f->events->nr)
		err = kpc_fail(f->error, f->error_size, -ENOENT,
			       "kprobex has no named probe: name an event with "
			       "-e, such as -e kprobex/vfs_write/");
	return err;
}

int kpc_events_find(struct kpc_events *events,
		    const struct kpc_eventspecs *specs, char *error,
		    size_t error_size)
{
	struct finder f = {
		.events = events,
		.error = error,
		.error_size = error_size,
	};
	int err = 0;

	*events = (struct kpc_events){ 0 };
	if (!specs->nr)
		return add_all_probes(&f);
	for (uint32_t i = 0; !err && i < specs->nr; i++)
		err = add_spec(&f, &specs->spec[i]);
	return err;
}

int kpc_events_add_outputs(struct kpc_events *e, const struct kpc_bpfmaps *maps)
{
	const struct finder f = { .events = e };
	const struct kpc_opening opening = { 0 };
	uint32_t nr = e->nr;
	int err = 0;

	for (uint32_t i = 0; !err && i < maps->nr; i++) {
		struct kpc_event copy;

		err = kpc_event_copy(&copy, &maps->map[i].event);
		if (!err)
			err = append(&f, &copy, &opening);
	}
	e->nr_outputs = e->nr - nr;
	e->nr = nr;
	return err;
}

/* ---- opening ------------------------------------------------------------- */

static void set_period(struct kpc_opening *o, const struct kpc_sampling *s)
{
	uint64_t period = o->period ? o->period : s->period;
	uint64_t frequency = o->period	  ? 0 :
			     o->frequency ? o->frequency :
					    s->frequency;

	if (!frequency && !period && (o->clock || o->fast))
		frequency = KPC_CLOCK_HZ;
	if (frequency) {
		o->attr.freq = 1;
		o->attr.sample_freq = frequency;
	} else {
		o->attr.sample_period = period ? period : 1;
	}
	/*
	 * Where a hit counts for a million, it would be a million samples
	 * without it; with it, it is one, and says how many it counts for. The
	 * module does so by itself, and says it in the record; with it, perf
	 * would take every hit.
	 */
	if (!o->valued && (frequency || (o->weighted && period <= 1)))
		o->attr.sample_type |= PERF_SAMPLE_PERIOD;
}

void kpc_callchain_ask(const struct kpc_callchain *callchain,
		       struct perf_event_attr *attr)
{
	if (!callchain->on)
		return;
	attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	attr->exclude_callchain_kernel = callchain->no_kernel;
	attr->exclude_callchain_user = callchain->no_user;
	attr->sample_max_stack = callchain->max_stack;
}

static void prepare(struct kpc_opening *o, const struct kpc_sampling *s)
{
	struct perf_event_attr *attr = &o->attr;

	attr->size = sizeof(*attr);
	attr->sample_type = PERF_SAMPLE_TIME;
	if (o->counter)
		attr->sample_type |= PERF_SAMPLE_IP | PERF_SAMPLE_TID;
	else
		attr->sample_type |= PERF_SAMPLE_RAW;
	if (s->with_tid)
		attr->sample_type |= PERF_SAMPLE_TID;
	if (s->cgroup)
		attr->sample_type |= PERF_SAMPLE_CGROUP;
	kpc_callchain_ask(&s->callchain, attr);
	set_period(o, s);
	attr->read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST |
			    PERF_FORMAT_TOTAL_TIME_ENABLED |
			    PERF_FORMAT_TOTAL_TIME_RUNNING;
	attr->disabled = 1;
	attr->inherit = s->inherit;
	attr->enable_on_exec = s->enable_on_exec;
	attr->watermark = 1;
	attr->wakeup_watermark = s->watermark_bytes;
	attr->use_clockid = 1;
	attr->clockid = KPC_TRACE_CLOCK;
}

/*
 * Which event a record is of goes without an id in each, if there's only one
 * event; or if all are tracepoints: those have a type in their entries, no two
 * the same one, and the entry is in one of two places, with a period or without.
 */
static enum kpc_intake_key choose_key(const struct kpc_events *e)
{
	if (e->nr == 1)
		return KPC_INTAKE_ONLY;
	for (uint32_t i = 0; i < e->nr; i++) {
		const struct perf_event_attr *attr = &e->opening[i].attr;

		if (attr->type != PERF_TYPE_TRACEPOINT ||
		    attr->config > UINT16_MAX ||
		    (attr->sample_type ^ e->opening[0].attr.sample_type) &
			    ~(uint64_t)PERF_SAMPLE_PERIOD)
			return KPC_INTAKE_ID;
	}
	return e->nr ? KPC_INTAKE_TYPE : KPC_INTAKE_ID;
}

void kpc_events_prepare(struct kpc_events *e,
			const struct kpc_sampling *sampling)
{
	for (uint32_t i = 0; i < e->nr; i++) {
		prepare(&e->opening[i], sampling);
		e->event[i].callchain = sampling->callchain.on;
		e->event[i].cgroup = sampling->cgroup;
		if (e->opening[i].probe && sampling->skip_self &&
		    (e->kprobex.features & KPX_FEATURE_SKIP_SELF))
			e->opening[i].attr.config |= KPX_CONFIG_SKIP_SELF;
	}
	e->key = choose_key(e);
	for (uint32_t i = 0; e->key == KPC_INTAKE_ID && i < e->nr; i++)
		e->opening[i].attr.sample_type |= PERF_SAMPLE_IDENTIFIER;
}

int kpc_events_intake(const struct kpc_events *e, const struct kpc_idmap *ids,
		      struct kpc_intake **intake)
{
	struct kpc_intake_event *events = calloc(e->nr + 1, sizeof(*events));
	struct kpc_intake_opts opts = {
		.key = e->key,
		.ids = ids,
		.events = events,
		.nr_events = e->nr,
	};
	int err;

	if (!events)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->nr; i++)
		events[i] = (struct kpc_intake_event){
			.sample_type = e->opening[i].attr.sample_type,
			.weight_at = e->opening[i].weight_at,
			.type = e->opening[i].attr.config,
		};
	err = kpc_intake_new(intake, &opts);
	free(events);
	return err;
}

int kpc_events_opened(struct kpc_events *e, uint32_t id,
		      const struct perf_event_attr *attr)
{
	struct kpc_event *event = &e->event[id];

	free(event->attr);
	event->attr = malloc(sizeof(*attr));
	if (!event->attr)
		return -ENOMEM;
	memcpy(event->attr, attr, sizeof(*attr));
	event->attr_bytes = sizeof(*attr);
	return 0;
}

void kpc_events_tell_notes(const struct kpc_events *e,
			   void (*tell)(void *ctx, const char *text), void *ctx)
{
	const char *at = (const char *)e->notes.data;
	size_t left = e->notes.used;
	char text[1024];

	while (left) {
		const char *end = memchr(at, '\n', left);
		size_t bytes = end ? (size_t)(end - at) : left;

		snprintf(text, sizeof(text), "%.*s", (int)bytes, at);
		tell(ctx, text);
		bytes += end != NULL;
		at += bytes;
		left -= bytes;
	}
}

void kpc_events_uninit(struct kpc_events *e)
{
	for (uint32_t i = 0; i < e->nr + e->nr_outputs; i++)
		kpc_event_uninit(&e->event[i]);
	free(e->event);
	free(e->opening);
	if (e->has_kprobex)
		kpc_kprobex_close(&e->kprobex);
	kpc_uprobes_close(&e->uprobes);
	kpc_buf_uninit(&e->notes);
	*e = (struct kpc_events){ 0 };
}
