// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errnoname.h"
#include "filename.h"
#include "pairs.h"
#include "role.h"
#include "syscalls.h"
#include "view.h"
#include "viewkey.h"

/* One part may be a file and one a cgroup, others have up to 255 bytes and their length. */
#define KEY_BYTES (VIEW_BY_MAX * VIEWKEY_PART + 2 * FILENAME_BYTES)

struct view {
	struct view_by by[VIEW_BY_MAX];
	int nr_by;
	struct role *roles; /* in the order of the events */
	uint32_t nr_roles;
	struct role **sorted; /* by the event's address */
	const char *machine;
	bool has_sum;
	bool sum_is_bytes;
	bool has_time;
	bool times_calls; /* from their entry to their return */
	bool by_row;
	bool calls;
	bool detailed;
	bool values;
	char sum_heading[32];
	struct aggregate *aggregate;
	struct pairs *pairs; /* NULL: there are none */
	uint64_t unpaired;   /* entries whose return wasn't seen */
	uint64_t unentered;  /* returns whose entry wasn't */
	struct filename *filename;
	char key[KEY_BYTES];
};

/* ---- new ----------------------------------------------------------------- */

static void add_role(struct view *v, uint32_t position,
		     const struct view_events *events,
		     const struct view_opts *opts)
{
	const struct kpc_event *event = events->event[position];
	struct role *role = &v->roles[position];

	role_find(role, position, events, opts->sum, opts->latency);
	for (int i = 0; i < v->nr_by; i++)
		role->by[i] = v->by[i].kind == VIEW_BY_FIELD ?
				      role_field(event, v->by[i].name) :
				      -1;
	for (int i = 0; i < v->nr_by; i++)
		v->by[i].is_errno |= role->by[i] >= 0 &&
				     errnoname_applies(event, role->by[i]);
	v->has_sum |= role->sum >= 0;
	v->has_time |= role->latency >= 0 ||
		       (role->part == ROLE_ENTRY && v->times_calls);
}

static void fail(char *error, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void fail(char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
}

static bool check_field(const struct view *v, int by, const char *name,
			const struct view_events *events, char *error,
			size_t size)
{
	char fields[512];

	for (uint32_t i = 0; i < v->nr_roles; i++)
		if (v->roles[i].by[by] >= 0)
			return true;
	role_fields(events, fields, sizeof(fields));
	fail(error, size,
	     "no event has a field %s to tell rows apart by (%s), and it's none "
	     "of process, comm, thread, cpu, cgroup, event, file and syscall",
	     name, fields);
	return false;
}

/* What isn't a field takes some, too. */
static bool has_what_it_takes(const struct view *v, enum view_by_kind kind)
{
	bool has = kind != VIEW_BY_FILE && kind != VIEW_BY_SYSCALL &&
		   kind != VIEW_BY_CGROUP;

	for (uint32_t i = 0; i < v->nr_roles; i++)
		has |= kind == VIEW_BY_FILE   ? v->roles[i].has_file :
		       kind == VIEW_BY_CGROUP ? v->roles[i].event->cgroup :
						v->roles[i].id >= 0;
	return has;
}

static bool check_by(const struct view *v, int by,
		     const struct view_events *events, char *error, size_t size)
{
	if (v->by[by].kind == VIEW_BY_FIELD)
		return check_field(v, by, v->by[by].name, events, error, size);
	if (has_what_it_takes(v, v->by[by].kind))
		return true;
	if (v->by[by].kind == VIEW_BY_CGROUP)
		fail(error, size,
		     "which control group a thread was in isn't recorded: "
		     "collect record --all-cgroups does that; .cgroup is an "
		     "event's field of that name");
	else
		fail(error, size, "no event says which %s it is about",
		     v->by[by].name);
	return false;
}

static bool check(const struct view *v, const struct view_opts *opts,
		  const struct view_events *events, char *error, size_t size)
{
	char fields[512];
	bool latency = !opts->latency;

	for (int i = 0; i < v->nr_by; i++)
		if (!check_by(v, i, events, error, size))
			return false;
	for (uint32_t i = 0; i < v->nr_roles; i++)
		latency |= !opts->latency || v->roles[i].latency >= 0 ||
			   (v->roles[i].part == ROLE_ENTRY && v->times_calls);
	if (latency && (!opts->sum || v->has_sum))
		return true;
	role_fields(events, fields, sizeof(fields));
	fail(error, size,
	     latency ? "no event has a number %s to add up (%s)" :
		       "no event has a number %s, or calls with their "
		       "return (%s)",
	     latency ? opts->sum : opts->latency, fields);
	return false;
}

static int by_event(const void *left, const void *right)
{
	const struct role *const *a = left;
	const struct role *const *b = right;

	return (*a)->event < (*b)->event ? -1 : (*a)->event > (*b)->event;
}

static bool find_roles(struct view *v, const struct view_opts *opts,
		       const struct view_events *events)
{
	v->nr_roles = events->nr;
	v->roles = calloc(v->nr_roles + 1, sizeof(*v->roles));
	v->sorted = calloc(v->nr_roles + 1, sizeof(*v->sorted));
	if (!v->roles || !v->sorted)
		return false;
	for (uint32_t i = 0; i < v->nr_roles; i++) {
		add_role(v, i, events, opts);
		v->sorted[i] = &v->roles[i];
	}
	if (v->nr_roles)
		qsort(v->sorted, v->nr_roles, sizeof(*v->sorted), by_event);
	return true;
}

/* NULL: it isn't of the view's. */
static const struct role *role_of(const struct view *v,
				  const struct kpc_event *event)
{
	const struct role key = { .event = event }, *at = &key;
	struct role **found;

	if (event->id < v->nr_roles && v->roles[event->id].event == event)
		return &v->roles[event->id];
	found = bsearch(&at, v->sorted, v->nr_roles, sizeof(*v->sorted),
			by_event);
	return found ? *found : NULL;
}

static const struct {
	const char *word;
	enum view_by_kind kind;
	const char *heading;
} words[] = {
	{ "comm", VIEW_BY_COMM, "PROGRAM" },
	{ "pid", VIEW_BY_PID, "PROCESS" },
	{ "process", VIEW_BY_PID, "PROCESS" },
	{ "tid", VIEW_BY_TID, "THREAD" },
	{ "thread", VIEW_BY_TID, "THREAD" },
	{ "cpu", VIEW_BY_CPU, "CPU" },
	{ "event", VIEW_BY_EVENT, "EVENT" },
	{ "cgroup", VIEW_BY_CGROUP, "CGROUP" },
	{ "file", VIEW_BY_FILE, "FILE" },
	{ "syscall", VIEW_BY_SYSCALL, "SYSCALL" },
};

static void heading_of(const char *name, char heading[32])
{
	size_t i = 0;

	for (; i < 31 && name[i]; i++)
		heading[i] = name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 :
								name[i];
	heading[i] = '\0';
}

/* ".pid" is the field of that name, whatever else it may mean. */
static void take_word(struct view_by *by, const char *word, size_t bytes)
{
	bool field = *word == '.' && bytes > 1;

	*by = (struct view_by){ .kind = VIEW_BY_FIELD };
	snprintf(by->name, sizeof(by->name), "%.*s", (int)(bytes - field),
		 word + field);
	heading_of(by->name, by->heading);
	if (field)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i].word, by->name))
			continue;
		by->kind = words[i].kind;
		heading_of(words[i].heading, by->heading);
	}
}

static bool is_there(const struct view *v, const struct view_by *by)
{
	for (int i = 0; i < v->nr_by; i++)
		if (v->by[i].kind == by->kind &&
		    (by->kind != VIEW_BY_FIELD ||
		     !strcmp(v->by[i].name, by->name)))
			return true;
	return false;
}

static bool take_by(struct view *v, const char *text, char *error, size_t size)
{
	for (;; text++) {
		size_t bytes = strcspn(text, ",");

		if (!bytes || bytes > 31 || v->nr_by == VIEW_BY_MAX) {
			fail(error, size,
			     "rows are told apart by up to %d of process, "
			     "comm, thread, cpu, cgroup, event and the "
			     "events' fields, with commas between them",
			     VIEW_BY_MAX);
			return false;
		}
		take_word(&v->by[v->nr_by], text, bytes);
		if (is_there(v, &v->by[v->nr_by])) {
			fail(error, size, "%s is named twice",
			     v->by[v->nr_by].name);
			return false;
		}
		v->nr_by++;
		text += bytes;
		if (!*text)
			return true;
	}
}

/* What a call returned is bytes if it's no more than it was asked for. */
static void set_sum(const struct view *v, struct sample *sample,
		    const struct half *entry, const struct half *exit)
{
	if (v->sum_is_bytes) {
		sample->has_sum = entry->has_value && exit->has_value &&
				  !exit->failed && exit->value <= entry->value;
		sample->sum = exit->value;
	} else {
		sample->has_sum = entry->has_value || exit->has_value;
		sample->sum = entry->has_value ? entry->value : exit->value;
	}
}

/* How long it took, or the field that was asked for. */
static void set_ns(const struct view *v, struct sample *sample,
		   const struct half *entry, const struct half *exit)
{
	if (v->times_calls) {
		sample->has_ns = true;
		sample->ns = exit->time_ns - entry->time_ns;
	} else {
		sample->has_ns = entry->has_ns || exit->has_ns;
		sample->ns = entry->has_ns ? entry->ns : exit->ns;
	}
}

static void on_pair(void *ctx, const struct half *entry,
		    const struct half *exit)
{
	struct view *v = ctx;
	struct sample sample = { .more = v->by_row };
	struct aggregate_entry *e;

	if (!entry) {
		v->unentered++;
		return;
	}
	e = entry->owner;
	e->users--;
	if (!exit) {
		v->unpaired++;
		return;
	}
	sample.failed = exit->failed;
	set_sum(v, &sample, entry, exit);
	set_ns(v, &sample, entry, exit);
	aggregate_add(v->aggregate, e, &sample);
}

/* Rows that count by themselves are paired for their times only. */
static bool is_paired(const struct view *v, const struct role *role)
{
	return role->part != ROLE_ALONE && (!v->by_row || v->times_calls);
}

static bool make_parts(struct view *v)
{
	bool pairs = false, files = false;

	for (uint32_t i = 0; i < v->nr_roles; i++)
		pairs |= is_paired(v, &v->roles[i]);
	for (int i = 0; i < v->nr_by; i++)
		files |= v->by[i].kind == VIEW_BY_FILE;
	v->aggregate = aggregate_new(0);
	if (pairs)
		v->pairs = pairs_new(on_pair, v);
	if (files)
		v->filename = filename_new(NULL);
	return v->aggregate && (!pairs || v->pairs) && (!files || v->filename);
}

struct view *view_new(const struct view_opts *opts,
		      const struct view_events *events, char *error,
		      size_t size)
{
	struct view *v = calloc(1, sizeof(*v));
	bool good;

	fail(error, size, "out of memory");
	if (!v)
		return NULL;
	heading_of(opts->sum ? opts->sum : "bytes", v->sum_heading);
	v->times_calls = !opts->latency ||
			 !strcmp(opts->latency, "duration_ns");
	v->sum_is_bytes = !opts->sum;
	v->machine = opts->machine;
	v->by_row = opts->by_row;
	v->calls = opts->calls;
	v->detailed = opts->detailed;
	v->values = opts->values && !v->times_calls;
	good = take_by(v, opts->by, error, size) &&
	       find_roles(v, opts, events) &&
	       check(v, opts, events, error, size) && make_parts(v);
	if (good)
		return v;
	view_free(v);
	return NULL;
}

bool view_wants_cgroups(const struct view_opts *opts)
{
	static const char word[] = "cgroup";
	const char *at = opts->by;

	for (; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == strlen(word) &&
		    !strncmp(at, word, strlen(word)))
			return true;
	return false;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	pairs_free(v->pairs);
	aggregate_free(v->aggregate);
	filename_free(v->filename);
	free(v->roles);
	free(v->sorted);
	free(v);
}

/* ---- keys ---------------------------------------------------------------- */

/* Who was gone before anybody could ask has no name. */
static char *put_program(char *at, const struct kpc_row *row)
{
	if (*row->comm)
		return viewkey_put(at, row->comm, strlen(row->comm));
	return row->tid ? viewkey_put(at, "(unknown)", 9) :
			  viewkey_put(at, "(idle)", 6);
}

static char *put_file(struct view *v, char *at, const struct role *role,
		      const struct kpc_row *row)
{
	size_t n;

	if (!role->has_file)
		return viewkey_put(at, "-", 1);
	n = filename_get(v->filename, &role->file, row, at + 2);
	at[0] = n & 0xff;
	at[1] = n >> 8;
	return at + 2 + n;
}

/* Of a BPF ring buffer's record nobody knows. */
static char *put_cgroup(char *at, const struct kpc_row *row)
{
	const char *path = *row->cgroup_path ? row->cgroup_path : "-";

	return viewkey_put_long(at, path, strlen(path), FILENAME_BYTES);
}

static char *put_event(const struct view *v, char *at, const struct role *role)
{
	const char *name = v->by_row ? role->event->name : role->name;

	return viewkey_put(at, name, strcspn(name, ","));
}

static char *put_by(struct view *v, char *at, const struct role *role, int by,
		    const struct kpc_row *row)
{
	switch (v->by[by].kind) {
	case VIEW_BY_COMM:
		return put_program(at, row);
	case VIEW_BY_PID:
		return viewkey_number(at, KPC_FIELD_UNSIGNED, row->pid);
	case VIEW_BY_TID:
		return viewkey_number(at, KPC_FIELD_UNSIGNED, row->tid);
	case VIEW_BY_CPU:
		return viewkey_number(at, KPC_FIELD_SIGNED, row->cpu);
	case VIEW_BY_EVENT:
		return put_event(v, at, role);
	case VIEW_BY_CGROUP:
		return put_cgroup(at, row);
	case VIEW_BY_FILE:
		return put_file(v, at, role, row);
	case VIEW_BY_SYSCALL:
		return viewkey_number(at, KPC_FIELD_SIGNED,
				      role->id >= 0 ? row->values[role->id].u :
						      UINT64_MAX);
	case VIEW_BY_FIELD:
		return role->by[by] >= 0 ?
			       viewkey_field(at, row, role->by[by]) :
			       viewkey_put(at, "-", 1);
	}
	return at;
}

static struct aggregate_entry *entry_of(struct view *v, const struct role *role,
					const struct kpc_row *row)
{
	struct aggregate_entry *e;
	char *at = v->key;

	for (int i = 0; i < v->nr_by; i++)
		at = put_by(v, at, role, i, row);
	e = aggregate_at(v->aggregate, v->key, at - v->key);
	snprintf(e->comm, sizeof(e->comm), "%s", row->comm);
	return e;
}

/* ---- rows ---------------------------------------------------------------- */

/* What is below 0 adds nothing. */
static uint64_t number_of(const struct kpc_row *row, int field)
{
	uint64_t u = row->values[field].u;

	if (row->event->fields[field].kind == KPC_FIELD_SIGNED &&
	    (int64_t)u < 0)
		return 0;
	return u;
}

static bool has_failed(const struct role *role, const struct kpc_row *row)
{
	return role->result >= 0 && role_failed(row->values[role->result].u);
}

/* It is a call all the same, of which nothing else is known. */
static bool never_returns(const struct view *v, const struct role *role,
			  const struct kpc_row *row)
{
	/* What nests is a function, whose id is whatever it likes. */
	return role->part == ROLE_ENTRY && !role->nests && role->id >= 0 &&
	       syscalls_never_return(v->machine, row->values[role->id].u);
}

static void put_half(struct view *v, const struct role *role,
		     const struct kpc_row *row)
{
	struct half half = {
		.time_ns = row->time_ns,
		.tid = row->tid,
		.group = role->group,
		.lane = role->lane,
		.nests = role->nests,
		.is_return = role->part == ROLE_RETURN,
		.failed = has_failed(role, row),
		.has_ns = role->latency >= 0,
	};
	int value = half.is_return && v->sum_is_bytes ? role->result :
							role->sum;

	half.has_value = value >= 0;
	if (half.has_value)
		half.value = number_of(row, value);
	if (role->is_vector && !half.is_return) {
		half.has_value = true;
		half.value = INT64_MAX;
	}
	if (half.has_ns)
		half.ns = number_of(row, role->latency);
	if (!half.is_return) {
		struct aggregate_entry *e = entry_of(v, role, row);

		e->users++;
		half.owner = e;
	}
	pairs_put(v->pairs, &half);
}

void view_row(struct view *v, const struct kpc_row *row)
{
	const struct role *role = role_of(v, row->event);
	struct sample sample = { 0 };
	struct few_sample few;

	if (!role || row->payload)
		return; /* it couldn't be split */
	if (is_paired(v, role) && !never_returns(v, role, row)) {
		if (v->by_row)
			aggregate_add(v->aggregate, entry_of(v, role, row),
				      &sample);
		put_half(v, role, row);
		return;
	}
	if (v->calls && role->part == ROLE_ALONE && role->latency < 0)
		return;
	sample.failed = has_failed(role, row);
	sample.has_sum = role->sum >= 0 &&
			 !(role->sum == role->result && sample.failed);
	if (sample.has_sum)
		sample.sum = number_of(row, role->sum);
	if (role->asked >= 0)
		sample.has_sum &= sample.sum <= number_of(row, role->asked);
	sample.has_ns = role->latency >= 0;
	if (sample.has_ns)
		sample.ns = number_of(row, role->latency);
	if (sample.has_ns && v->values) {
		few.value = row->values[role->latency].u;
		few.is_signed = row->event->fields[role->latency].kind ==
				KPC_FIELD_SIGNED;
		sample.few = &few;
	}
	aggregate_add(v->aggregate, entry_of(v, role, row), &sample);
}

void view_settle(struct view *v, uint64_t time_ns)
{
	if (v->pairs)
		pairs_settle(v->pairs, time_ns);
	if (v->filename)
		filename_forget(v->filename);
}

void view_end(struct view *v)
{
	if (v->pairs)
		pairs_end(v->pairs);
}

void view_clear(struct view *v)
{
	aggregate_clear(v->aggregate);
	v->unpaired = 0;
	v->unentered = 0;
}

struct aggregate *view_aggregate(const struct view *v)
{
	return v->aggregate;
}

/* ---- how it is shown ----------------------------------------------------- */

int view_nr_by(const struct view *v)
{
	return v->nr_by;
}

const struct view_by *view_by(const struct view *v, int i)
{
	return &v->by[i];
}

void view_text(const struct view *v, const struct aggregate_entry *e, int by,
	       char text[VIEW_TEXT_BYTES])
{
	const char *part;
	size_t n;

	if (!e->key) {
		snprintf(text, VIEW_TEXT_BYTES, "%s", by ? "" : "(others)");
		return;
	}
	part = viewkey_part(e->key, by, &n);
	viewkey_text(v->by[by].kind, v->machine, e->comm, part, n, text);
}

const char *view_errno(const struct view *v, const struct aggregate_entry *e,
		       int by)
{
	char number[32];
	const char *part;
	size_t n;

	if (!v->by[by].is_errno || !e->key)
		return NULL;
	part = viewkey_part(e->key, by, &n);
	snprintf(number, sizeof(number), "%.*s", (int)n, part);
	return errnoname_of(strtoll(number, NULL, 10));
}

uint64_t view_unpaired(const struct view *v)
{
	return v->unpaired;
}

uint64_t view_unentered(const struct view *v)
{
	return v->unentered;
}

bool view_has_pairs(const struct view *v)
{
	return v->pairs;
}

bool view_is_by_row(const struct view *v)
{
	return v->by_row;
}

bool view_is_detailed(const struct view *v)
{
	return v->detailed;
}

bool view_has_sum(const struct view *v)
{
	return v->has_sum;
}

const char *view_sum_heading(const struct view *v)
{
	return v->sum_heading;
}

bool view_sum_is_bytes(const struct view *v)
{
	return v->sum_is_bytes;
}

bool view_has_time(const struct view *v)
{
	return v->has_time;
}
