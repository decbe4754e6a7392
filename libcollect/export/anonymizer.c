// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "anonymizer.h"
#include "content.h"

struct info {
	struct kpc_trace_info info;
	struct kpc_host_info host;
	const struct kpc_trace_info *original;
	char hostname[KPC_TOKEN_BYTES];
	const char *argv[1];
};

struct event {
	struct kpc_event event;
	char name[KPC_TOKEN_BYTES];
	uint8_t content[]; /* enum kpc_content, of each field */
};

/* ---- traces -------------------------------------------------------------- */

static void hash_id(const struct kpc_anonymizer *a, uint8_t id[16])
{
	uint64_t hash = kpc_token_hash(&a->key, id, 16);

	memcpy(id, &hash, sizeof(hash));
	hash = ~hash;
	memcpy(id + sizeof(hash), &hash, sizeof(hash));
}

static uint32_t count(const char *const *argv)
{
	uint32_t nr = 0;

	while (argv && argv[nr])
		nr++;
	return nr;
}

static struct info *info_new(const struct kpc_anonymizer *a,
			     const struct kpc_trace_info *original)
{
	struct info *new = calloc(1, sizeof(*new));
	struct kpc_trace_info *info = &new->info;

	if (!new)
		return NULL;
	*info = *original;
	new->original = original;
	hash_id(a, info->uuid);
	hash_id(a, info->series);
	if (*info->hostname)
		kpc_token_text(&a->key, info->hostname, strlen(info->hostname),
			       new->hostname);
	info->hostname = new->hostname;
	info->argv_omitted += count(info->argv);
	info->argv = new->argv;
	info->kernel_version = "";
	new->host = *original->host;
	new->host.kernel_options = "";
	memset(new->host.boot_id, 0, sizeof(new->host.boot_id));
	new->host.kernel_build_id_bytes = 0;
	info->host = &new->host;
	return new;
}

const struct kpc_trace_info *
kpc_anonymizer_info(struct kpc_anonymizer *a, const struct kpc_trace_info *info)
{
	struct info *known = kpc_ptrmap_find(&a->infos, info);

	if (known)
		return &known->info;
	known = info_new(a, info);
	if (known && kpc_ptrmap_put(&a->infos, info, known)) {
		free(known);
		return NULL;
	}
	return known ? &known->info : NULL;
}

const struct kpc_trace_info *
kpc_anonymizer_original(const struct kpc_trace_info *info)
{
	return ((const struct info *)((const char *)info -
				      offsetof(struct info, info)))
		->original;
}

/* ---- events -------------------------------------------------------------- */

static void event_free(void *value)
{
	struct event *event = value;

	free(event->event.attr);
	free(event);
}

static struct event *event_new(const struct kpc_anonymizer *a,
			       const struct kpc_event *original)
{
	struct event *new = calloc(1, sizeof(*new) + original->nr_fields);

	if (!new)
		return NULL;
	new->event = *original;
	new->event.attr = NULL;
	new->event.definition = NULL;
	if (original->attr) {
		new->event.attr = kpc_content_attr(original);
		if (!new->event.attr) {
			free(new);
			return NULL;
		}
	}
	/* A file's name may be in it. */
	if (original->source == KPC_SOURCE_UPROBE) {
		kpc_token_text(&a->key, original->name, strlen(original->name),
			       new->name);
		new->event.name = new->name;
	}
	for (uint32_t i = 0; i < original->nr_fields; i++)
		new->content[i] = kpc_content_of(&original->fields[i]);
	return new;
}

const struct kpc_event *kpc_anonymizer_event(struct kpc_anonymizer *a,
					     const struct kpc_event *event)
{
	struct event *known = kpc_ptrmap_find(&a->events, event);

	if (known)
		return &known->event;
	known = event_new(a, event);
	if (known && kpc_ptrmap_put(&a->events, event, known)) {
		event_free(known);
		return NULL;
	}
	return known ? &known->event : NULL;
}

/* ---- rows ---------------------------------------------------------------- */

/* The id is one of this boot, as those of processes are. */
static void replace_cgroup(struct kpc_anonymizer *a, struct kpc_row *row)
{
	if (!*row->cgroup_path)
		return;
	kpc_token_text(&a->key, row->cgroup_path, strlen(row->cgroup_path),
		       a->cgroup);
	row->cgroup_path = a->cgroup;
}

/* @info is the trace's own. */
static int replace_address(struct kpc_anonymizer *a, const struct kpc_row *row,
			   const struct kpc_trace_info *info, uint64_t *v)
{
	if (kpc_content_is_kernel(*v))
		return kpc_places_kernel(&a->places, info, *v, row->time_ns, v);
	return kpc_places_user(&a->places, info, row->pid, *v, row->time_ns, v);
}

/* Room for it was made before. */
static void replace_blob(struct kpc_anonymizer *a, enum kpc_content content,
			 struct kpc_value *value)
{
	uint8_t *text = a->texts.data + a->texts.used;
	uint64_t hash;

	if (value->fault || !value->blob_bytes)
		return;
	if (content == KPC_CONTENT_STRING) {
		kpc_token_text(&a->key, value->blob, value->blob_bytes,
			       (char *)text);
		value->blob_bytes = KPC_TOKEN_BYTES - 1;
	} else {
		hash = kpc_token_hash(&a->key, value->blob, value->blob_bytes);
		memcpy(text, &hash, sizeof(hash));
		value->blob_bytes = sizeof(hash);
	}
	value->blob = text;
	a->texts.used += KPC_TOKEN_BYTES;
}

/* The elements of an array of bytes, or a character, which is @nr 0; room as above. */
static void replace_bytes(struct kpc_anonymizer *a,
			  const struct kpc_field *fields,
			  struct kpc_value *values, uint32_t nr)
{
	uint8_t *bytes = a->texts.data + a->texts.used;

	nr += !nr;
	for (uint32_t i = 0; i < nr; i++)
		bytes[i] = values[i].u;
	kpc_token_bytes(&a->key, bytes, nr);
	for (uint32_t i = 0; i < nr; i++)
		values[i].u = kpc_content_byte(&fields[i], bytes[i]);
}

static int replace_value(struct kpc_anonymizer *a, const struct kpc_row *row,
			 enum kpc_content content,
			 const struct kpc_trace_info *info,
			 struct kpc_value *value)
{
	if (content == KPC_CONTENT_STRING || content == KPC_CONTENT_BYTES)
		replace_blob(a, content, value);
	else if (content == KPC_CONTENT_IP4)
		value->u = (uint32_t)kpc_token_hash(&a->key, &value->u,
						    sizeof(value->u));
	else if (kpc_content_is_address(content, value->u))
		return replace_address(a, row, info, &value->u);
	return 0;
}

static int replace_values(struct kpc_anonymizer *a, struct kpc_row *row,
			  const struct event *event,
			  const struct kpc_trace_info *info)
{
	const struct kpc_field *fields = event->event.fields;
	uint32_t nr = event->event.nr_fields, array;
	struct kpc_value *values;
	int err = 0;

	kpc_buf_reset(&a->values);
	kpc_buf_reset(&a->texts);
	kpc_buf_add(&a->values, row->values, nr * sizeof(*values));
	kpc_buf_reserve(&a->texts, (size_t)nr * KPC_TOKEN_BYTES + 1);
	if (a->values.error || a->texts.error)
		return -ENOMEM;
	values = (struct kpc_value *)a->values.data;
	for (uint32_t i = 0; !err && i < nr; i++) {
		if (event->content[i] != KPC_CONTENT_BYTE) {
			err = replace_value(a, row, event->content[i], info,
					    &values[i]);
			continue;
		}
		array = kpc_content_array(&fields[i]);
		replace_bytes(a, &fields[i], &values[i], array);
		i += array ? array - 1 : 0;
	}
	if (err)
		return err;
	row->values = values;
	return 0;
}

/* Of callers the byte before, as it is looked up: see callframe.c. */
static int replace_frame(struct kpc_anonymizer *a, const struct kpc_row *row,
			 const struct kpc_trace_info *info, bool kernel,
			 bool caller, uint64_t *v)
{
	uint64_t back = caller && *v;
	int err = kernel ? kpc_places_kernel(&a->places, info, *v - back,
					     row->time_ns, v) :
			   kpc_places_user(&a->places, info, row->pid,
					   *v - back, row->time_ns, v);

	*v += back;
	return err;
}

static int replace_stack(struct kpc_anonymizer *a, struct kpc_row *row,
			 const struct kpc_trace_info *info)
{
	uint64_t *stack;
	bool kernel = false, caller = false;
	int err = 0;

	kpc_buf_reset(&a->stack);
	kpc_buf_add(&a->stack, row->stack, row->stack_depth * sizeof(*stack));
	if (a->stack.error)
		return -ENOMEM;
	stack = (uint64_t *)a->stack.data;
	for (uint32_t i = 0; !err && i < row->stack_depth; i++) {
		bool is_context = stack[i] >= (uint64_t)PERF_CONTEXT_MAX;

		if (is_context)
			kernel = stack[i] == (uint64_t)PERF_CONTEXT_KERNEL;
		else
			err = replace_frame(a, row, info, kernel, caller,
					    &stack[i]);
		caller = !is_context;
	}
	row->stack = stack;
	return err;
}

int kpc_anonymizer_row(struct kpc_anonymizer *a, struct kpc_row *row)
{
	const struct kpc_trace_info *info = row->info;
	const struct kpc_event *event = kpc_anonymizer_event(a, row->event);
	uint64_t hash;
	int err = 0;

	row->info = kpc_anonymizer_info(a, info);
	if (!row->info || !event)
		return -ENOMEM;
	row->event = event;
	if (*row->comm) {
		kpc_token_text(&a->key, row->comm, strlen(row->comm), a->comm);
		row->comm = a->comm;
	}
	replace_cgroup(a, row);
	if (row->payload) {
		hash = kpc_token_hash(&a->key, row->payload,
				      row->payload_bytes);
		memcpy(a->payload, &hash, sizeof(hash));
		row->payload = a->payload;
		row->payload_bytes = sizeof(hash);
	} else if (event->nr_fields) {
		err = replace_values(a, row, (const struct event *)event, info);
	}
	if (!err && row->stack_depth)
		err = replace_stack(a, row, info);
	return err;
}

/* ---- new ----------------------------------------------------------------- */

int kpc_anonymizer_new(struct kpc_anonymizer **result)
{
	struct kpc_anonymizer *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	err = kpc_token_key_draw(&a->key);
	if (err) {
		free(a);
		return err;
	}
	kpc_places_init(&a->places, &a->key);
	*result = a;
	return 0;
}

void kpc_anonymizer_free(struct kpc_anonymizer *a)
{
	if (!a)
		return;
	kpc_places_uninit(&a->places);
	kpc_ptrmap_uninit(&a->infos, free);
	kpc_ptrmap_uninit(&a->events, event_free);
	kpc_buf_uninit(&a->values);
	kpc_buf_uninit(&a->stack);
	kpc_buf_uninit(&a->texts);
	explicit_bzero(&a->key, sizeof(a->key));
	free(a);
}
