// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>

#include "keyhash.h"
#include "perftell.h"

#define SYMBOL_MAX 511u	      /* bytes of a name */
#define KERNEL_PID UINT32_MAX /* whose ranges the kernel's symbols are */
#define NO_ADDRESS 0xffffffffff000000ull /* of the kernel, in no symbol */

#ifndef PERF_RECORD_MISC_MMAP_BUILD_ID
#define PERF_RECORD_MISC_MMAP_BUILD_ID (1 << 14)
#endif

static int tell_end(struct kpc_perftell *t,
		    const struct kpc_perfrecord_trailer *trailer)
{
	return kpc_perfrecord_end(&t->record, trailer, t->file->out);
}

static int tell_thread(struct kpc_perftell *t, const struct kpc_row *row,
		       const struct kpc_perfrecord_trailer *trailer)
{
	int ret;

	/* perf has a name for the idle task of its own. */
	if (!row->tid || row->tid == KPC_TID_UNKNOWN || !*row->comm)
		return 0;
	ret = kpc_perfknown_thread(&t->known, row->pid, row->tid, row->comm);
	if (ret <= 0)
		return ret;
	kpc_perfrecord_begin(&t->record, PERF_RECORD_COMM, 0);
	kpc_perfrecord_u32(&t->record, row->pid);
	kpc_perfrecord_u32(&t->record, row->tid);
	kpc_perfrecord_text(&t->record, row->comm,
			    strnlen(row->comm, KPC_COMM_BYTES));
	return tell_end(t, trailer);
}

struct forget {
	struct kpc_perftell *t;
	const struct kpc_perfrecord_trailer *trailer;
};

/* A symbol's record, by which it comes or goes. */
static int write_symbol(struct kpc_perftell *t, uint64_t start, uint64_t bytes,
			bool gone, const char *name,
			const struct kpc_perfrecord_trailer *trailer)
{
	uint32_t type_flags =
		gone ? PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER << 16 : 0;

	kpc_perfrecord_begin(&t->record, PERF_RECORD_KSYMBOL, 0);
	kpc_perfrecord_u64(&t->record, start);
	kpc_perfrecord_u32(&t->record, bytes > UINT32_MAX ? UINT32_MAX : bytes);
	kpc_perfrecord_u32(&t->record, type_flags);
	kpc_perfrecord_text(&t->record, name, strnlen(name, SYMBOL_MAX));
	return tell_end(t, trailer);
}

static void forget_symbol(void *ctx, const struct kpc_perfknown_range *gone)
{
	const struct forget *forget = ctx;

	write_symbol(forget->t, gone->start, gone->end - gone->start, true, "",
		     forget->trailer);
}

/* What @address is called, if it may be one of the kernel. */
static int tell_symbol(struct kpc_perftell *t, struct kpc_export *x,
		       const struct kpc_row *row, uint64_t address,
		       const struct kpc_perfrecord_trailer *trailer)
{
	struct forget forget = { t, trailer };
	struct kpc_perfknown_range range;
	struct kpc_kernel_symbol symbol;
	int ret;

	if (!(address >> 63) || address >= KPC_PERF_CONTEXTS ||
	    kpc_export_symbol(x, row->info, address, row->time_ns, &symbol) ||
	    !*symbol.name)
		return 0;
	range = (struct kpc_perfknown_range){
		.pid = KERNEL_PID,
		.start = symbol.start,
		.end = symbol.start + (symbol.bytes ? symbol.bytes : 1),
		.hash = kpc_keyhash_bytes(kpc_keyhash_key(), symbol.name,
					  strlen(symbol.name)),
	};
	ret = kpc_perfknown_range(&t->known, &range, forget_symbol, &forget);
	if (ret <= 0)
		return ret;
	return write_symbol(t, range.start, range.end - range.start, false,
			    symbol.name, trailer);
}

static int write_map(struct kpc_perftell *t, uint32_t pid, uint64_t pgoff,
		     const struct kpc_mapping *map,
		     const struct kpc_perfrecord_trailer *trailer)
{
	bool has_id = map->build_id_bytes && map->build_id_bytes <= 20;
	uint8_t id[24] = { 0 };

	if (has_id) {
		id[0] = map->build_id_bytes;
		memcpy(id + 4, map->build_id, map->build_id_bytes);
	}
	kpc_perfrecord_begin(&t->record, PERF_RECORD_MMAP2,
			     PERF_RECORD_MISC_USER |
				     (has_id ? PERF_RECORD_MISC_MMAP_BUILD_ID :
					       0));
	kpc_perfrecord_u32(&t->record, pid);
	kpc_perfrecord_u32(&t->record, pid);
	kpc_perfrecord_u64(&t->record, map->start);
	kpc_perfrecord_u64(&t->record, map->bytes);
	kpc_perfrecord_u64(&t->record, pgoff);
	kpc_perfrecord_bytes(&t->record, id, sizeof(id));
	kpc_perfrecord_u32(&t->record, PROT_READ | PROT_EXEC);
	kpc_perfrecord_u32(&t->record, MAP_PRIVATE);
	kpc_perfrecord_text(&t->record, map->path, strnlen(map->path, 4095));
	return tell_end(t, trailer);
}

static int note_build_id(struct kpc_perftell *t, const struct kpc_mapping *map,
			 uint64_t hash)
{
	int ret;

	if (!map->build_id_bytes)
		return 0;
	ret = kpc_perfknown_build_id(&t->known, hash);
	if (ret > 0)
		kpc_perffile_build_id(t->file, PERF_RECORD_MISC_USER, map->path,
				      map->build_id, map->build_id_bytes);
	return ret < 0 ? ret : 0;
}

static int tell_map(struct kpc_perftell *t, struct kpc_export *x,
		    const struct kpc_row *row, uint64_t address,
		    const struct kpc_perfrecord_trailer *trailer)
{
	struct kpc_perfknown_range range;
	struct kpc_mapping map;
	uint64_t hash, pgoff;
	int ret;

	if (!address || row->tid == KPC_TID_UNKNOWN ||
	    kpc_export_map(x, row->info, row->pid, address, row->time_ns, &map))
		return 0;
	pgoff = map.offset - (address - map.start);
	hash = kpc_keyhash_bytes(kpc_keyhash_key(), map.path, strlen(map.path));
	hash ^= kpc_keyhash_bytes(kpc_keyhash_key(), map.build_id,
				  map.build_id_bytes);
	range = (struct kpc_perfknown_range){
		.pid = row->pid,
		.start = map.start,
		.end = map.start + map.bytes,
		.hash = kpc_keyhash_mix(kpc_keyhash_key(), hash, pgoff),
	};
	ret = kpc_perfknown_range(&t->known, &range, NULL, NULL);
	if (ret > 0)
		ret = write_map(t, row->pid, pgoff, &map, trailer);
	return ret ? ret : note_build_id(t, &map, hash);
}

/* Addresses of a call chain; the marks in it say of which space they are. */
static int tell_chain(struct kpc_perftell *t, struct kpc_export *x,
		      const struct kpc_row *row,
		      const struct kpc_perfrecord_trailer *trailer)
{
	bool user = false;
	int err = 0;

	for (uint32_t i = 0; !err && i < row->stack_depth; i++) {
		uint64_t ip = row->stack[i];

		if (ip >= KPC_PERF_CONTEXTS)
			user = ip == (uint64_t)PERF_CONTEXT_USER;
		else if (user)
			err = tell_map(t, x, row, ip, trailer);
		else
			err = tell_symbol(t, x, row, ip, trailer);
	}
	return err;
}

/* Functions in fields, which print formats name. */
static int tell_fields(struct kpc_perftell *t, struct kpc_export *x,
		       const struct kpc_row *row,
		       const struct kpc_perfrecord_trailer *trailer)
{
	const struct kpc_event *event = row->event;
	int err = 0;

	for (uint32_t i = 0; !err && !row->payload && i < event->nr_fields; i++)
		if (event->fields[i].kind == KPC_FIELD_HEX &&
		    event->fields[i].bytes == 8)
			err = tell_symbol(t, x, row, row->values[i].u, trailer);
	return err;
}

int kpc_perftell_row(struct kpc_perftell *t, struct kpc_export *x,
		     const struct kpc_row *row, uint64_t ip, bool user,
		     const struct kpc_perfrecord_trailer *trailer)
{
	int err = tell_thread(t, row, trailer);

	if (!err && row->stack)
		err = tell_chain(t, x, row, trailer);
	else if (!err && user)
		err = tell_map(t, x, row, ip, trailer);
	else if (!err)
		err = tell_symbol(t, x, row, ip, trailer);
	return err ? err : tell_fields(t, x, row, trailer);
}

int kpc_perftell_kernel(struct kpc_perftell *t)
{
	static const char name[] = "[kernel.kallsyms]_text";
	const struct kpc_perfrecord_trailer trailer = { .id = 1 };

	kpc_perfrecord_begin(&t->record, PERF_RECORD_MMAP,
			     PERF_RECORD_MISC_KERNEL);
	kpc_perfrecord_u32(&t->record, UINT32_MAX);
	kpc_perfrecord_u32(&t->record, 0);
	kpc_perfrecord_u64(&t->record, NO_ADDRESS);
	kpc_perfrecord_u64(&t->record, 1);
	kpc_perfrecord_u64(&t->record, NO_ADDRESS);
	kpc_perfrecord_text(&t->record, name, sizeof(name) - 1);
	return tell_end(t, &trailer);
}

int64_t kpc_perftell_cgroup(struct kpc_perftell *t, const struct kpc_row *row,
			    const struct kpc_perfrecord_trailer *trailer)
{
	uint32_t known = kpc_names_nr(&t->cgroups);
	int64_t number;
	int err;

	if (!*row->cgroup_path)
		return 0;
	number = kpc_names_add(&t->cgroups, row->cgroup_path);
	if (number < known)
		return number < 0 ? number : number + 1;
	kpc_perfrecord_begin(&t->record, PERF_RECORD_CGROUP, 0);
	kpc_perfrecord_u64(&t->record, number + 1);
	kpc_perfrecord_text(&t->record, row->cgroup_path,
			    strlen(row->cgroup_path));
	err = tell_end(t, trailer);
	return err ? err : number + 1;
}

int kpc_perftell_life(struct kpc_perftell *t, const struct kpc_life *life,
		      uint64_t time_ns)
{
	const struct kpc_perfrecord_trailer trailer = {
		.pid = life->ends ? life->pid : life->parent_pid,
		.tid = life->ends ? life->tid : life->parent_tid,
		.time_ns = time_ns,
		.cpu = -1,
		.id = 1,
	};

	kpc_perfknown_forget(&t->known, life->pid, life->tid,
			     life->pid == life->tid);
	kpc_perfrecord_begin(&t->record,
			     life->ends ? PERF_RECORD_EXIT : PERF_RECORD_FORK,
			     0);
	kpc_perfrecord_u32(&t->record, life->pid);
	kpc_perfrecord_u32(&t->record, life->parent_pid);
	kpc_perfrecord_u32(&t->record, life->tid);
	kpc_perfrecord_u32(&t->record, life->parent_tid);
	kpc_perfrecord_u64(&t->record, time_ns);
	return tell_end(t, &trailer);
}

void kpc_perftell_uninit(struct kpc_perftell *t)
{
	kpc_perfrecord_uninit(&t->record);
	kpc_perfknown_uninit(&t->known);
	kpc_names_uninit(&t->cgroups);
}
