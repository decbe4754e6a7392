// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exprrun.h"
#include "fail.h"
#include "nearmiss.h"
#include "rowfilter.h"

enum own {
	OWN_EVENT,
	OWN_COMM,
	OWN_PID,
	OWN_TID,
	OWN_CPU,
	OWN_TIME,
	OWN_RING,
	OWN_STACK_DEPTH,
	OWN_CGROUP,
	NR_OWN
};

/* Unknown CPUs and threads are -1, as they are printed. */
static const struct kpc_expr_own own_names[NR_OWN] = {
	[OWN_EVENT] = { "event", .is_text = true, .is_event = true },
	[OWN_COMM] = { "comm", .is_text = true },
	[OWN_PID] = { "pid", .is_signed = true },
	[OWN_TID] = { "tid", .is_signed = true },
	[OWN_CPU] = { "cpu", .is_signed = true },
	[OWN_TIME] = { "time", .is_time = true },
	[OWN_RING] = { "ring" },
	[OWN_STACK_DEPTH] = { "stack_depth" },
	[OWN_CGROUP] = { "cgroup", .is_text = true },
};

static struct kpc_expr_scope scope_of(uint64_t start_ns)
{
	return (struct kpc_expr_scope){ own_names, NR_OWN, start_ns };
}

/* ---- names that there are ------------------------------------------------ */

/* Appends as much of @name as fits; it is a file's, and may be any bytes. */
static void add_text(char *text, size_t size, const char *before,
		     const char *name)
{
	size_t used = strlen(text);

	used += snprintf(text + used, size - used, "%s", before);
	for (; *name && used + 1 < size; name++)
		text[used++] = *name >= ' ' && *name < 0x7f ? *name : '?';
	if (used < size)
		text[used] = '\0';
}

static bool has_name(const char *const *names, uint32_t nr, const char *name)
{
	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The names of fields (or of events), each once, the first ones of many. */
#define NAMES_MAX 400

struct names {
	const char *name[NAMES_MAX];
	uint32_t nr;
};

static void add_name(struct names *names, const char *name)
{
	if (names->nr < NAMES_MAX && !has_name(names->name, names->nr, name))
		names->name[names->nr++] = name;
}

static void add_names(struct names *names, const struct kpc_event *event,
		      bool of_events)
{
	if (!event->name)
		return;
	if (of_events) {
		add_name(names, event->name);
		return;
	}
	for (uint32_t f = 0; f < event->nr_fields; f++)
		if (!event->fields[f].common)
			add_name(names, event->fields[f].name);
}

/* "; did you mean a, b? There are a, b, c" */
static void tell_names(const struct names *names, const char *wanted,
		       char *text, size_t size)
{
	char miss[KPC_NEARMISS_TEXT];
	struct kpc_nearmiss near;

	kpc_nearmiss_init(&near, wanted);
	for (uint32_t i = 0; i < names->nr; i++)
		kpc_nearmiss_offer(&near, names->name[i]);
	add_text(text, size, "", kpc_nearmiss_text(&near, miss, sizeof(miss)));
	add_text(text, size, near.nr ? " There " : "; there ",
		 names->nr == 1 ? "is" : "are");
	for (uint32_t i = 0; i < names->nr; i++) {
		/* What doesn't fit isn't begun. */
		if (strlen(text) + strlen(names->name[i]) + 10 > size) {
			add_text(text, size, ", ", "...");
			return;
		}
		add_text(text, size, i ? ", " : " ", names->name[i]);
	}
}

/* ---- checking ------------------------------------------------------------ */

static int refuse_name(const struct kpc_expr *expr, uint32_t i,
		       struct kpc_trace *const *traces, uint32_t nr_traces,
		       bool of_events, char *error, size_t error_size)
{
	const struct kpc_expr_compare *compare = &expr->compare[i];
	const char *at = of_events ? compare->value_at : compare->name;
	struct names names = { .nr = 0 };
	char wanted[KPC_NEARMISS_BYTES];
	char reason[640];

	for (uint32_t o = 0; !of_events && o < NR_OWN; o++)
		add_name(&names, own_names[o].name);
	for (uint32_t t = 0; t < nr_traces; t++)
		for (uint32_t e = 0; e < traces[t]->nr_events; e++)
			add_names(&names, &traces[t]->events[e], of_events);
	snprintf(wanted, sizeof(wanted), "%.*s",
		 of_events ? (int)compare->value_bytes :
			     (int)compare->name_bytes,
		 of_events ? compare->value : compare->name);
	snprintf(reason, sizeof(reason),
		 of_events ? "the trace has no such event" :
			     "no event of the trace has such a field");
	tell_names(&names, wanted, reason, sizeof(reason));
	return kpc_expr_refuse(expr, at, reason, -ENOENT, error, error_size);
}

static bool is_about_cgroups(const struct kpc_expr_compare *compare)
{
	const char *name = own_names[OWN_CGROUP].name;

	return compare->name_bytes == strlen(name) &&
	       !memcmp(compare->name, name, compare->name_bytes);
}

/* No row would be let in. */
static int check_cgroups(const struct kpc_expr *expr,
			 struct kpc_trace *const *traces, uint32_t nr_traces,
			 char *error, size_t error_size)
{
	for (uint32_t t = 0; t < nr_traces; t++)
		for (uint32_t e = 0; e < traces[t]->nr_events; e++)
			if (traces[t]->events[e].cgroup)
				return 0;
	for (uint32_t i = 0; i < expr->nr; i++)
		if (is_about_cgroups(&expr->compare[i]))
			return kpc_expr_refuse(
				expr, expr->compare[i].name,
				"the trace doesn't say which control group rows are of: collect record --all-cgroups has them; a field of that name is args.cgroup",
				-ENOENT, error, error_size);
	return 0;
}

static int judge(const struct kpc_expr *expr,
		 const struct kpc_expr_findings *findings,
		 struct kpc_trace *const *traces, uint32_t nr_traces,
		 char *error, size_t error_size)
{
	for (uint32_t i = 0; i < expr->nr; i++) {
		const char *at = findings->compare[i].at;

		if (findings->compare[i].is_good)
			continue;
		if (!findings->compare[i].is_known)
			return refuse_name(expr, i, traces, nr_traces, false,
					   error, error_size);
		if (findings->compare[i].is_event)
			return refuse_name(expr, i, traces, nr_traces, true,
					   error, error_size);
		return kpc_expr_refuse(expr, at, findings->compare[i].reason,
				       -EINVAL, error, error_size);
	}
	return 0;
}

int kpc_rowfilter_check(const struct kpc_expr *expr,
			struct kpc_trace *const *traces, uint32_t nr_traces,
			char *error, size_t error_size)
{
	struct kpc_expr_findings *findings = calloc(1, sizeof(*findings));
	struct kpc_expr_scope scope = scope_of(0);
	struct kpc_expr_program *program;
	int err = findings ? 0 : -ENOMEM;
	bool has_events = false;

	for (uint32_t t = 0; t < nr_traces; t++) {
		for (uint32_t e = 0; !err && e < traces[t]->nr_events; e++) {
			if (!traces[t]->events[e].name)
				continue;
			err = kpc_expr_bind(expr, &traces[t]->events[e], &scope,
					    findings, &program);
			if (!err)
				free(program);
			has_events = true;
		}
	}
	if (err)
		kpc_fail(error, error_size, err, "out of memory");
	else if (has_events)
		err = judge(expr, findings, traces, nr_traces, error,
			    error_size);
	if (!err && has_events)
		err = check_cgroups(expr, traces, nr_traces, error, error_size);
	free(findings);
	return err;
}

/* ---- binding ------------------------------------------------------------- */

int kpc_rowfilter_bind(const struct kpc_expr *expr,
		       const struct kpc_trace *trace, uint64_t start_ns,
		       struct kpc_expr_program ***out)
{
	struct kpc_expr_findings *findings = calloc(1, sizeof(*findings));
	struct kpc_expr_scope scope = scope_of(start_ns);
	int err = findings ? 0 : -ENOMEM;

	*out = calloc(trace->nr_events + 1ull, sizeof(**out));
	if (!*out)
		err = -ENOMEM;
	for (uint32_t e = 0; !err && e < trace->nr_events; e++)
		if (trace->events[e].name)
			err = kpc_expr_bind(expr, &trace->events[e], &scope,
					    findings, &(*out)[e]);
	free(findings);
	return err;
}

void kpc_rowfilter_free(struct kpc_expr_program **programs, uint32_t nr)
{
	for (uint32_t i = 0; programs && i < nr; i++)
		free(programs[i]);
	free(programs);
}

/* ---- chunks -------------------------------------------------------------- */

/* A step's time, which is of @bounds: true if it may go either way. */
static bool may_time(const struct kpc_expr_step *step,
		     const struct kpc_rowfilter_bounds *bounds, bool *is)
{
	bool first = kpc_expr_number_holds(step, bounds->first_key, step->value,
					   false);
	bool last = kpc_expr_number_holds(step, bounds->last_key, step->value,
					  false);

	*is = first;
	/* Between them < and its like don't change twice; others may. */
	return first != last || step->operation < KPC_EXPR_LESS ||
	       step->operation > KPC_EXPR_GREATER_EQUAL;
}

/* Does it depend on the row? Else *@is says how it comes out. */
static bool may_differ(const struct kpc_expr_step *step,
		       const struct kpc_rowfilter_bounds *bounds, bool *is)
{
	uint64_t left;

	if (step->has_right)
		return true;
	switch (step->left.field) {
	case KPC_EXPR_OWN + OWN_TIME:
		return may_time(step, bounds, is);
	case KPC_EXPR_OWN + OWN_CPU:
		left = (int64_t)bounds->cpu;
		break;
	case KPC_EXPR_OWN + OWN_RING:
		left = bounds->ring;
		break;
	default:
		return true;
	}
	*is = kpc_expr_number_holds(step, left, step->value, step->is_negative);
	return false;
}

/*
 * What depends on the row is taken to come out as the expression wants it: that is
 * the opposite of what is done with the unknown.
 */
bool kpc_rowfilter_may(const struct kpc_expr_program *program,
		       const struct kpc_rowfilter_bounds *bounds)
{
	uint16_t at = program->first;

	while (at < KPC_EXPR_FALSE) {
		const struct kpc_expr_step *step = &program->steps[at];
		bool is;

		if (may_differ(step, bounds, &is))
			at = step->is_negated ? step->no : step->yes;
		else
			at = is ? step->yes : step->no;
	}
	return at == KPC_EXPR_TRUE;
}

/* ---- rows ---------------------------------------------------------------- */

static int64_t number_or_unknown(uint32_t id)
{
	return id == KPC_TID_UNKNOWN ? -1 : (int64_t)id;
}

/* What isn't known is neither in a group nor out of it. */
static bool load_cgroup(const struct kpc_rowfilter_row *row,
			struct kpc_expr_value *value)
{
	const char *path =
		kpc_cgrouptab_find(&row->trace->cgroups, row->cgroup);

	value->text = (const uint8_t *)path;
	value->text_bytes = strlen(path);
	return *path;
}

static bool load_own(const struct kpc_rowfilter_row *row, uint32_t own,
		     struct kpc_expr_value *value)
{
	const struct kpc_task *task = NULL;

	if (own == OWN_PID || own == OWN_COMM)
		task = kpc_tasks_find(&row->trace->tasks, row->tid,
				      row->time_ns);
	switch (own) {
	case OWN_COMM:
		value->text = (const uint8_t *)(task ? task->comm : "");
		value->text_bytes = task ? strlen(task->comm) : 0;
		return true;
	case OWN_PID:
		value->u = number_or_unknown(task ? task->pid : row->tid);
		return true;
	case OWN_TID:
		value->u = number_or_unknown(row->tid);
		return true;
	case OWN_CPU:
		value->u = (int64_t)kpc_trace_cpu(row->trace, row->ring);
		return true;
	case OWN_TIME:
		value->u = row->key;
		return true;
	case OWN_RING:
		value->u = row->ring;
		return true;
	case OWN_STACK_DEPTH:
		value->u = kpc_rows_stack_depth(&row->at);
		return true;
	case OWN_CGROUP:
		return load_cgroup(row, value);
	}
	return false;
}

static bool load(void *ctx, const struct kpc_expr_operand *operand,
		 struct kpc_expr_value *value)
{
	const struct kpc_rowfilter_row *row = ctx;
	struct kpc_value field;

	if (operand->field & KPC_EXPR_OWN)
		return load_own(row, operand->field & ~KPC_EXPR_OWN, value);
	if (!kpc_rows_field(&row->at, operand->field, row->tid, &field) ||
	    field.fault)
		return false;
	value->u = field.u;
	value->text = field.blob;
	value->text_bytes = field.blob_bytes;
	return true;
}

bool kpc_rowfilter_holds(const struct kpc_expr_program *program,
			 const struct kpc_rowfilter_row *row)
{
	return kpc_expr_run(program, load, (void *)row);
}
