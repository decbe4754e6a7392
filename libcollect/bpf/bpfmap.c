// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "bpfmap.h"
#include "btflayout.h"
#include "desc.h"
#include "fail.h"

/* ---- description --------------------------------------------------------- */

static bool has_name(const struct kpc_bpfmaps *maps, const char *name)
{
	for (uint32_t i = 0; i < maps->nr; i++)
		if (!strcmp(maps->map[i].event.name, name))
			return true;
	return false;
}

static int name_event(const struct kpc_bpfmaps *maps, struct kpc_bpfmap *m)
{
	const char *object = bpf_object__name(m->object);
	const char *map = bpf_map__name(m->map);
	char *name = NULL;
	int n = asprintf(&name, "bpf:%s", map);

	/* Objects may have one name, too. */
	for (int i = 1; n >= 0 && has_name(maps, name); i++) {
		free(name);
		if (i == 1)
			n = asprintf(&name, "bpf:%s.%s", object, map);
		else
			n = asprintf(&name, "bpf:%s.%d.%s", object, i, map);
	}
	if (n < 0)
		return -ENOMEM;
	m->event.name = name;
	return 0;
}

/* An array's value may be declared as what the kernel has in it: a descriptor. */
static bool is_descriptor(const struct btf *btf, uint32_t id)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *type =
		resolved < 0 ? NULL : btf__type_by_id(btf, resolved);

	return type && btf_is_int(type) && type->size == sizeof(int);
}

/* The type of its records; 0: nothing says it. */
static uint32_t record_type(const struct kpc_bpfmap *m, const struct btf *btf)
{
	uint32_t type = bpf_map__btf_value_type_id(m->map);
	int32_t same;

	if (type && (m->ring || !is_descriptor(btf, type)))
		return type;
	same = btf__find_by_name_kind(btf, bpf_map__name(m->map),
				      BTF_KIND_STRUCT);
	return same > 0 ? same : 0;
}

/* A number of @bytes called @name, on its own; its offset + 1, or 0. */
static uint32_t find_number(const struct kpc_event *event, const char *name,
			    uint32_t bytes)
{
	const struct kpc_field *field;

	/* All but the first element of an array look like numbers. */
	for (uint32_t i = 0; i < event->nr_fields;
	     i += field->elements ? field->elements : 1) {
		field = &event->fields[i];

		if (!strcmp(field->name, name) && field->bytes == bytes &&
		    !field->bits && !field->elements &&
		    !kpc_field_is_blob(field))
			return field->offset + 1;
	}
	return 0;
}

/* 0 or -ENOMEM. */
static int describe(struct kpc_bpfmap *m)
{
	const struct btf *btf = bpf_object__btf(m->object);
	uint32_t type = btf ? record_type(m, btf) : 0;
	int err = type ? kpc_btflayout_fields(&m->event, btf, type) : 0;

	if (err == -ENOMEM)
		return err;
	if (err) { /* then they are kept as they are */
		m->odd = true;
		kpc_event_drop_fields(&m->event);
	}
	if (!m->ring)
		return 0;
	m->time_at = find_number(&m->event, "time_ns", sizeof(uint64_t));
	m->tid_at = find_number(&m->event, "tid", sizeof(uint32_t));
	m->event.time = m->time_at ? KPC_TIME_FIELD : KPC_TIME_READ;
	return 0;
}

/* As the kernel wants it to be. */
static int resize(const struct kpc_bpfmap *m)
{
	int err = bpf_map__set_value_size(m->map, m->ring ? 0 : sizeof(int));

	return err ? err :
		     bpf_map__set_key_size(m->map, m->ring ? 0 : sizeof(int));
}

/* ---- all of an object ---------------------------------------------------- */

/* Arrays come before rings. Takes over @m. */
static int append(struct kpc_bpfmaps *maps, const struct kpc_bpfmap *m)
{
	uint32_t at = m->ring ? maps->nr : maps->nr_arrays;
	struct kpc_bpfmap *map;

	map = realloc(maps->map, (maps->nr + 1) * sizeof(*map));
	if (!map)
		return -ENOMEM;
	maps->map = map;
	memmove(map + at + 1, map + at, (maps->nr - at) * sizeof(*map));
	map[at] = *m;
	maps->nr++;
	maps->nr_arrays += !m->ring;
	return 0;
}

static int add_map(struct kpc_bpfmaps *maps, struct bpf_object *object,
		   struct bpf_map *map, char *error, size_t error_size)
{
	struct kpc_bpfmap m = {
		.object = object,
		.map = map,
		.ring = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF,
		.event.source = KPC_SOURCE_BPF,
		.lost.fd = -1,
	};
	int err = name_event(maps, &m);

	if (!err)
		err = describe(&m);
	if (!err)
		err = resize(&m);
	if (!err)
		err = append(maps, &m);
	if (!err)
		return 0;
	kpc_event_uninit(&m.event);
	return kpc_fail(error, error_size, err, "%s: the map %s: %s",
			bpf_object__name(object), bpf_map__name(map),
			strerror(-err));
}

int kpc_bpfmaps_add(struct kpc_bpfmaps *maps, struct bpf_object *object,
		    char *error, size_t error_size)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF &&
		    bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			continue;
		err = add_map(maps, object, map, error, error_size);
		if (err)
			break;
	}
	return err;
}

void kpc_bpfmaps_loaded(struct kpc_bpfmaps *maps)
{
	for (uint32_t i = 0; i < maps->nr; i++) {
		struct kpc_bpfmap *m = &maps->map[i];
		uint32_t siblings = 0;

		for (uint32_t j = 0; j < maps->nr; j++)
			siblings += maps->map[j].object == m->object;
		kpc_bpflost_find(&m->lost, m->object, bpf_map__name(m->map),
				 siblings == 1);
	}
}

void kpc_bpfmaps_uninit(struct kpc_bpfmaps *maps)
{
	for (uint32_t i = 0; i < maps->nr; i++)
		kpc_event_uninit(&maps->map[i].event);
	free(maps->map);
	*maps = (struct kpc_bpfmaps){ 0 };
}
