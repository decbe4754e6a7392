// SPDX-License-Identifier: GPL-2.0-only
/* countersopen.c - finds and opens the events of counters */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "counters.h"
#include "eventspec.h"
#include "kprobexevent.h"
#include "trace_clock.h"

/* ---- options ------------------------------------------------------------- */

static int copy_opts(struct kpc_counters *c,
		     const struct kpc_counters_opts *opts)
{
	const uint8_t *bytes = (const uint8_t *)opts;
	size_t known = sizeof(c->opts);

	if (opts->size < sizeof(opts->size))
		return kpc_fail(c->error, sizeof(c->error), -EINVAL,
				"the options' size isn't set");
	for (size_t i = known; i < opts->size; i++)
		if (bytes[i])
			return kpc_fail(c->error, sizeof(c->error), -E2BIG,
					"the program wants a newer libcollect");
	memcpy(&c->opts, opts, opts->size < known ? opts->size : known);
	if ((c->opts.nr_pids || c->opts.nr_tids) && c->opts.system_wide)
		return kpc_fail(c->error, sizeof(c->error), -EINVAL,
				"processes and threads (-p, -t) or all of the "
				"system (-a), not both");
	return 0;
}

static void tell_note(void *ctx, const char *text)
{
	struct kpc_counters *c = ctx;

	if (c->opts.log)
		c->opts.log(c->opts.log_ctx, KPC_LOG_WARNING, text);
}

static int find_events(struct kpc_counters *c)
{
	const char *const *text = c->opts.events;
	struct kpc_eventspecs specs = { 0 };
	int err = 0;

	for (; !err && text && *text; text++)
		err = kpc_eventspecs_add(&specs, *text, c->error,
					 sizeof(c->error));
	if (!err)
		err = kpc_events_find(&c->events, &specs, c->error,
				      sizeof(c->error));
	kpc_eventspecs_uninit(&specs);
	if (!err)
		kpc_events_tell_notes(&c->events, tell_note, c);
	return err;
}

static int find_target(struct kpc_counters *c)
{
	const struct kpc_counters_opts *o = &c->opts;
	const char *const *cgroup = o->cgroups;
	bool followed = o->nr_pids || o->nr_tids;
	bool command = o->argv && o->argv[0];
	int err = kpc_target_init(&c->target, o->cpus, c->error,
				  sizeof(c->error));

	c->system_wide = !followed && (o->system_wide || o->cpus || !command ||
				       (cgroup && *cgroup));
	for (; !err && cgroup && *cgroup; cgroup++)
		err = kpc_target_cgroup(&c->target, *cgroup, c->error,
					sizeof(c->error));
	for (uint32_t i = 0; !err && i < o->nr_pids; i++)
		err = kpc_target_process(&c->target, o->pids[i], c->error,
					 sizeof(c->error));
	for (uint32_t i = 0; !err && i < o->nr_tids; i++)
		err = kpc_target_thread(&c->target, o->tids[i], c->error,
					sizeof(c->error));
	if (!err && command)
		err = kpc_workload_fork(&c->workload, o->argv, c->error,
					sizeof(c->error));
	if (!err && command && !followed && !c->system_wide)
		err = kpc_target_child(&c->target, c->workload.pid);
	return err;
}

/* ---- what is counted of an event ----------------------------------------- */

static bool is_number(const struct kpc_field *field)
{
	return field->kind != KPC_FIELD_STRING &&
	       field->kind != KPC_FIELD_BYTES && !field->elements;
}

/* The number of the argument that is to be added up, in the definition's order. */
static int find_argument(struct kpc_counters *c, const struct kpc_event *event)
{
	int number = 0;

	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (field->common)
			continue;
		if (!strcmp(field->name, c->opts.sum)) {
			if (is_number(field))
				return number;
			return kpc_fail(c->error, sizeof(c->error), -EINVAL,
					"%s of %s isn't a number that could be "
					"added up",
					field->name, event->name);
		}
		number++;
		if (field->elements)
			i += field->elements - 1;
	}
	return kpc_fail(c->error, sizeof(c->error), -EINVAL,
			"%s has no argument %s; collect list %s shows what it "
			"has",
			event->name, c->opts.sum, event->name);
}

/* The name of the argument of this number. */
static const char *argument_name(const struct kpc_event *event, uint32_t number)
{
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (field->common)
			continue;
		if (!number--)
			return field->name;
		if (field->elements)
			i += field->elements - 1;
	}
	return event->name;
}

static void prepare(struct kpc_counters *c, struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->read_format = PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
			    PERF_FORMAT_TOTAL_TIME_RUNNING;
	attr->disabled = 1;
	attr->inherit = !c->system_wide;
	attr->enable_on_exec = c->target.child != 0;
}

/* Its number among those that are opened; -1: there is none. */
static int add(struct kpc_counters *c, uint32_t event, uint32_t unit,
	       uint32_t field, int *number)
{
	const struct kpc_opening *o = &c->events.opening[event];
	struct perf_event_attr attr = o->attr;
	int err;

	if (o->probe) {
		struct kpc_kprobex_config config = {
			.id = o->probe,
			.unit = unit,
			.field = field,
			.skip_self = c->system_wide &&
				     (c->events.kprobex.features &
				      KPX_FEATURE_SKIP_SELF),
		};

		attr.config = kpc_kprobex_attr_config(&config);
		attr.config |= o->attr.config & KPX_CONFIG_MODE;
	}
	prepare(c, &attr);
	err = kpc_evlist_add(c->evlist, &attr, c->events.event[event].name);
	if (!err)
		*number = c->nr_opened++;
	return err;
}

/*
 * Where a probe isn't at a function's entry no time can be taken; the module knows,
 * and says so when such an event is opened.
 */
static bool can_time(struct kpc_counters *c, uint32_t event)
{
	const struct kpc_opening *o = &c->events.opening[event];
	struct perf_event_attr attr = o->attr;
	struct kpc_kprobex_config config = {
		.id = o->probe,
		.unit = KPX_UNIT_NS,
	};
	int fd;

	if (!o->probe || !c->opts.times)
		return false;
	attr.config = kpc_kprobex_attr_config(&config) |
		      (o->attr.config & KPX_CONFIG_MODE);
	prepare(c, &attr);
	attr.enable_on_exec = 0;
	fd = kpc_evslot_try(&attr);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int add_event(struct kpc_counters *c, uint32_t i)
{
	const struct kpc_event *event = &c->events.event[i];
	const struct kpc_opening *o = &c->events.opening[i];
	struct kpc_counters_line *line = &c->lines[i];
	uint32_t field = o->attr.config >> KPX_CONFIG_FIELD_SHIFT & 0xff;
	int number, err;

	*line = (struct kpc_counters_line){ .time = -1, .sum = -1 };
	line->field = c->opts.sum;
	err = add(c, i, KPX_UNIT_HITS, 0, &line->count);
	if (!err &&
	    (event->unit == KPC_UNIT_NS ? o->probe != 0 : can_time(c, i)))
		err = add(c, i, KPX_UNIT_NS, 0, &line->time);
	if (err || !o->probe)
		return err;
	if (event->unit == KPC_UNIT_FIELD) {
		line->field = argument_name(event, field);
		return add(c, i, KPX_UNIT_FIELD, field, &line->sum);
	}
	if (!c->opts.sum)
		return 0;
	number = find_argument(c, event);
	return number < 0 ? number :
			    add(c, i, KPX_UNIT_FIELD, number, &line->sum);
}

static int add_events(struct kpc_counters *c)
{
	int err = 0;

	c->nr_opened = 0;
	for (uint32_t i = 0; !err && i < c->events.nr; i++)
		err = add_event(c, i);
	if (!err || *c->error)
		return err;
	return kpc_fail(c->error, sizeof(c->error), err, "out of memory");
}

/* ---- open ---------------------------------------------------------------- */

static int open_once(struct kpc_counters *c)
{
	int err;

	kpc_evlist_free(c->evlist);
	c->evlist = NULL;
	*c->error = '\0';
	err = kpc_target_evlist(&c->target, &c->evlist);
	if (err)
		return kpc_fail(c->error, sizeof(c->error), err,
				"out of memory");
	err = add_events(c);
	return err ? err :
		     kpc_evlist_open(c->evlist, 0, c->error, sizeof(c->error));
}

/* As of a session: until there are no threads that it hadn't seen. */
static int open_until_settled(struct kpc_counters *c)
{
	uint64_t until = kpc_trace_clock() + KPC_TARGET_NS;
	int ret, err = 0;

	for (int i = 0; i < KPC_TARGET_TRIES || kpc_trace_clock() < until;
	     i++) {
		err = open_once(c);
		if (!c->target.nr_followed || (err && err != -ESRCH))
			return err;
		ret = kpc_target_again(&c->target, c->error, sizeof(c->error));
		if (ret < 0 || (!ret && !err))
			return ret;
	}
	if (!err && c->opts.log)
		c->opts.log(c->opts.log_ctx, KPC_LOG_WARNING,
			    "threads begin faster than their events are "
			    "opened: some may be missing");
	return err;
}

static int init(struct kpc_counters *c, const struct kpc_counters_opts *opts)
{
	int err = copy_opts(c, opts);

	if (!err)
		err = find_events(c);
	if (!err)
		err = find_target(c);
	if (err)
		return err;
	c->lines = calloc(c->events.nr + 1, sizeof(*c->lines));
	c->counters = calloc(c->events.nr + 1, sizeof(*c->counters));
	if (!c->lines || !c->counters)
		return kpc_fail(c->error, sizeof(c->error), -ENOMEM,
				"out of memory");
	return open_until_settled(c);
}

int kpc_counters_new(struct kpc_counters **out,
		     const struct kpc_counters_opts *opts, char *error,
		     size_t error_size)
{
	struct kpc_counters *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	kpc_workload_init(&c->workload);
	c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->stop_fd < 0)
		err = kpc_fail(c->error, sizeof(c->error), -errno,
			       "cannot make an eventfd: %s", strerror(errno));
	else
		err = init(c, opts);
	if (!err) {
		*out = c;
		return 0;
	}
	kpc_fail(error, error_size, err, "%s", c->error);
	kpc_counters_free(c);
	return err;
}

void kpc_counters_free(struct kpc_counters *c)
{
	if (!c)
		return;
	kpc_evlist_free(c->evlist);
	kpc_workload_uninit(&c->workload);
	kpc_target_uninit(&c->target);
	kpc_events_uninit(&c->events);
	if (c->stop_fd >= 0)
		close(c->stop_fd);
	free(c->lines);
	free(c->counters);
	free(c);
}
