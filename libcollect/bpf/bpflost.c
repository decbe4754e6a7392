// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "bpflost.h"

#define NAME_BYTES 128
#define KEYS_MAX   4096 /* a call of the kernel each, whenever they are read */

/* ---- a map --------------------------------------------------------------- */

static bool find_map(struct kpc_bpflost *lost, const struct bpf_object *object,
		     const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	int cpus = libbpf_num_possible_cpus();
	bool per_cpu;
	uint32_t bytes;

	if (!map || cpus < 1)
		return false;
	per_cpu = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
	bytes = bpf_map__value_size(map);
	if ((!per_cpu && bpf_map__type(map) != BPF_MAP_TYPE_ARRAY) ||
	    (bytes != 4 && bytes != 8) || bpf_map__max_entries(map) > KEYS_MAX)
		return false;
	*lost = (struct kpc_bpflost){
		.fd = bpf_map__fd(map),
		.nr = bpf_map__max_entries(map),
		/* The kernel gives each CPU's in units of 8. */
		.bytes = per_cpu ? 8 : bytes,
		.cpus = per_cpu ? cpus : 1,
		.counter = bytes,
		.counters = 1,
	};
	return true;
}

/* ---- a global variable --------------------------------------------------- */

/* An integer of 4 or 8 bytes, or an array of such. */
static bool set_counters(struct kpc_bpflost *lost, const struct btf *btf,
			 uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	int64_t bytes = btf__resolve_size(btf, id), one;

	for (int i = 0; type && i < 16; i++) {
		if (btf_is_array(type))
			id = btf_array(type)->type;
		else if (btf_is_mod(type) || btf_is_typedef(type))
			id = type->type;
		else
			break;
		type = btf__type_by_id(btf, id);
	}
	one = type && btf_is_int(type) ? type->size : 0;
	if ((one != 4 && one != 8) || bytes < one)
		return false;
	lost->counter = one;
	lost->counters = bytes / one;
	return true;
}

static bool find_in_section(struct kpc_bpflost *lost,
			    const struct bpf_object *object,
			    const struct btf_type *section, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	const char *in = btf__name_by_offset(btf, section->name_off);
	struct bpf_map *map = in ? bpf_object__find_map_by_name(object, in) :
				   NULL;

	for (uint32_t i = 0; map && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *at =
			&btf_var_secinfos(section)[i];
		const struct btf_type *var = btf__type_by_id(btf, at->type);
		const char *is = var ? btf__name_by_offset(btf, var->name_off) :
				       NULL;

		if (!is || strcmp(is, name) || !btf_is_var(var))
			continue;
		lost->fd = bpf_map__fd(map);
		lost->nr = 1;
		lost->bytes = bpf_map__value_size(map);
		lost->cpus = 1;
		lost->offset = at->offset;
		return set_counters(lost, btf, var->type) &&
		       at->offset + (uint64_t)lost->counter * lost->counters <=
			       lost->bytes;
	}
	return false;
}

static bool find_variable(struct kpc_bpflost *lost,
			  const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	uint32_t nr = btf ? btf__type_cnt(btf) : 0;

	for (uint32_t id = 1; id < nr; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_datasec(type) &&
		    find_in_section(lost, object, type, name))
			return true;
	}
	return false;
}

void kpc_bpflost_find(struct kpc_bpflost *lost, const struct bpf_object *object,
		      const char *map, bool only)
{
	char name[NAME_BYTES];

	*lost = (struct kpc_bpflost){ .fd = -1 };
	snprintf(name, sizeof(name), "%s_lost", map);
	if (find_variable(lost, object, name) || find_map(lost, object, name))
		return;
	if (only && (find_variable(lost, object, "lost") ||
		     find_map(lost, object, "lost")))
		return;
	*lost = (struct kpc_bpflost){ .fd = -1 };
}

/* ---- reading ------------------------------------------------------------- */

static uint64_t add_up(const struct kpc_bpflost *lost, const uint8_t *value)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < lost->counters; i++) {
		const uint8_t *at = value + lost->offset + i * lost->counter;
		uint32_t small;
		uint64_t large;

		memcpy(&small, at, sizeof(small));
		if (lost->counter == sizeof(large))
			memcpy(&large, at, sizeof(large));
		else
			large = small;
		sum += large;
	}
	return sum;
}

static int read_all(const struct kpc_bpflost *lost, uint64_t *sum)
{
	uint8_t *values = calloc(lost->cpus, lost->bytes);
	int err = values ? 0 : -ENOMEM;

	*sum = 0;
	for (uint32_t key = 0; !err && key < lost->nr; key++) {
		err = bpf_map_lookup_elem(lost->fd, &key, values);
		for (uint32_t cpu = 0; !err && cpu < lost->cpus; cpu++)
			*sum += add_up(lost, values + cpu * lost->bytes);
	}
	free(values);
	return err;
}

void kpc_bpflost_start(struct kpc_bpflost *lost)
{
	if (lost->fd >= 0 && read_all(lost, &lost->before))
		lost->fd = -1;
}

bool kpc_bpflost_read(const struct kpc_bpflost *lost, uint64_t *count)
{
	/* One that went back, or around, says nothing. */
	if (lost->fd < 0 || read_all(lost, count) || *count < lost->before)
		return false;
	*count -= lost->before;
	return true;
}
