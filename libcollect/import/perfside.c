// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "perfside.h"
#include "recordend.h"

#define TASKS_MAX    (1u << 20) /* that wait to be written */
#define TIDS_MAX     (1u << 22) /* that the kernel has at once */
#define MAPS_MAX     65536u
#define KSYMBOLS_MAX 4096u
#define CGROUPS_MAX  4096u

#ifndef PERF_RECORD_MISC_MMAP_BUILD_ID
#define PERF_RECORD_MISC_MMAP_BUILD_ID (1 << 14)
#endif

void kpc_perfside_init(struct kpc_perfside *side, struct kpc_writer *writer,
		       const struct kpc_perfmeta *meta, uint64_t start_ns)
{
	*side = (struct kpc_perfside){
		.writer = writer,
		.meta = meta,
		.start_ns = start_ns,
	};
	kpc_modules_init(&side->modules);
}

/* perf's own records of what was there before have no time. */
static bool was_there(const struct kpc_perfsample *where)
{
	return !where->has_time || !where->time_ns;
}

/* ---- threads ------------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
	const struct kpc_task_event *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	/* A thread begins before anything else of it. */
	return (a->what != KPC_TASK_FORK) - (b->what != KPC_TASK_FORK);
}

/* Of a file that has more than there can be, the first ones are known. */
static int set_name(struct kpc_comms *comms, const struct kpc_task_event *task)
{
	if (comms->nr >= TIDS_MAX && !kpc_comms_get(comms, task->tid))
		return 0;
	return kpc_comms_set(comms, task->tid, task->pid, task->comm);
}

/* One that begins has its parent's name, and its memory if it's a process. */
static int name_task(struct kpc_comms *comms, struct kpc_task_event *task)
{
	const char *comm;

	switch (task->what) {
	case KPC_TASK_FORK:
		comm = kpc_comms_get(comms, task->parent_tid);
		if (!comm)
			return 0;
		memcpy(task->comm, comm, sizeof(task->comm));
		return set_name(comms, task);
	case KPC_TASK_EXIT:
		kpc_comms_remove(comms, task->tid);
		return 0;
	default:
		return set_name(comms, task);
	}
}

static int write_tasks(struct kpc_perfside *side)
{
	int err = 0;

	if (!side->nr_tasks)
		return 0;
	qsort(side->tasks, side->nr_tasks, sizeof(*side->tasks), by_time);
	for (uint32_t i = 0; !err && i < side->nr_tasks; i++)
		err = name_task(&side->comms, &side->tasks[i]);
	if (!err)
		err = kpc_writer_tasks(side->writer, side->tasks,
				       side->nr_tasks);
	side->nr_tasks = 0;
	return err;
}

static int add_task(struct kpc_perfside *side,
		    const struct kpc_task_event *task)
{
	uint32_t room = side->tasks_room ? side->tasks_room * 2 : 256;
	struct kpc_task_event *grown;

	if (side->nr_tasks == side->tasks_room) {
		grown = reallocarray(side->tasks, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		side->tasks = grown;
		side->tasks_room = room;
	}
	side->tasks[side->nr_tasks++] = *task;
	if (task->tid && side->tids.nr < TIDS_MAX &&
	    kpc_idmap_add(&side->tids, task->tid, 0))
		return -ENOMEM;
	return side->nr_tasks == TASKS_MAX ? write_tasks(side) : 0;
}

bool kpc_perfside_knows(const struct kpc_perfside *side, uint32_t tid)
{
	return kpc_idmap_find(&side->tids, tid) >= 0;
}

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[]; /* padded to 8 */
};

static int take_comm(struct kpc_perfside *side,
		     const struct perf_event_header *record,
		     const struct kpc_perfsample *where, uint32_t trailer)
{
	const struct comm_record *r = (const void *)record;
	struct kpc_task_event task = { .what = KPC_TASK_NAME };
	size_t bytes;

	if (record->size < sizeof(*r) + trailer)
		return -EBADMSG;
	bytes = record->size - sizeof(*r) - trailer;
	memcpy(task.comm, r->comm,
	       strnlen(r->comm,
		       bytes < sizeof(task.comm) ? bytes : sizeof(task.comm)));
	task.pid = r->pid;
	task.tid = r->tid;
	task.time_ns = where->time_ns;
	task.exec = record->misc & PERF_RECORD_MISC_COMM_EXEC;
	if (was_there(where)) {
		task.what = KPC_TASK_EXISTS;
		task.time_ns = 0; /* before all that has a time */
		task.exec = false;
	}
	return add_task(side, &task);
}

struct fork_record {
	struct perf_event_header header;
	uint32_t pid, ppid, tid, ptid;
	uint64_t time_ns;
};

static int take_fork(struct kpc_perfside *side,
		     const struct perf_event_header *record)
{
	const struct fork_record *r = (const void *)record;
	struct kpc_task_event task = { .what = KPC_TASK_EXIT };

	if (record->size < sizeof(*r))
		return -EBADMSG;
	if (!r->time_ns)
		return 0; /* its name says that it was there */
	task.pid = r->pid;
	task.tid = r->tid;
	task.time_ns = r->time_ns;
	if (record->type == PERF_RECORD_FORK) {
		task.what = KPC_TASK_FORK;
		task.parent_tid = r->ptid;
		task.parent_pid = r->pid == r->ppid ? 0 : r->ppid;
	}
	return add_task(side, &task);
}

/* ---- mappings ------------------------------------------------------------ */

/* What both kinds of records begin with, and what follows in each. */
struct mmap_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, bytes, offset;
};

struct mmap2_record {
	struct mmap_record first;
	union {
		struct {
			uint32_t major, minor;
			uint64_t inode, generation;
		};
		struct {
			uint8_t build_id_bytes, reserved[3];
			uint8_t build_id[20];
		};
	};
	uint32_t protection, flags;
};

struct mapping {
	const struct mmap_record *record;
	char path[PATH_MAX];
	struct kpc_mapfile like; /* a build-id, if it has one */
	bool is_code;
};

static void find_build_id(const struct kpc_perfside *side, struct mapping *map)
{
	const struct kpc_perfmeta_build_id *id =
		kpc_perfmeta_build_id(side->meta, map->path);

	if (map->like.build_id_bytes || !id)
		return;
	map->like.build_id_bytes = id->bytes;
	memcpy(map->like.build_id, id->id, id->bytes);
}

static bool wants_build_ids(const struct kpc_perfmeta *meta)
{
	for (uint32_t i = 0; i < meta->nr_events; i++)
		if (meta->events[i].attr.build_id)
			return true;
	return false;
}

/*
 * Some kernels mark device and inode as a build-id, too, when somebody else asked for
 * build-ids at the same time: see fill_attr() in side.c. Where no event of the file asks
 * for them, as after perf inject, only those of 16 bytes or more are believed: the length
 * is where the major number would be, and no disk in use has one of 16 to 20.
 */
static bool has_build_id(const struct mmap2_record *r,
			 const struct kpc_perfmeta *meta)
{
	static const uint8_t zero[sizeof(r->build_id)];
	uint8_t bytes = r->build_id_bytes;

	return r->first.header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID && bytes &&
	       bytes <= sizeof(r->build_id) &&
	       !memcmp(r->reserved, zero, sizeof(r->reserved)) &&
	       !memcmp(r->build_id + bytes, zero,
		       sizeof(r->build_id) - bytes) &&
	       (bytes >= 16 || wants_build_ids(meta));
}

static int read_mapping(struct mapping *map,
			const struct perf_event_header *record,
			uint32_t trailer, const struct kpc_perfmeta *meta)
{
	bool is_2 = record->type == PERF_RECORD_MMAP2;
	size_t begin = is_2 ? sizeof(struct mmap2_record) :
			      sizeof(struct mmap_record);
	const struct mmap2_record *r = (const void *)record;
	size_t bytes;

	map->record = &r->first;
	map->like = (struct kpc_mapfile){ 0 };
	map->is_code = !(record->misc & PERF_RECORD_MISC_MMAP_DATA);
	if (record->size < begin + trailer)
		return -EBADMSG;
	if (is_2) {
		map->is_code = r->protection & PROT_EXEC;
		if (has_build_id(r, meta)) {
			map->like.build_id_bytes = r->build_id_bytes;
			memcpy(map->like.build_id, r->build_id,
			       r->build_id_bytes);
		}
	}
	bytes = record->size - begin - trailer;
	if (bytes > sizeof(map->path) - 1)
		bytes = sizeof(map->path) - 1;
	bytes = strnlen((const char *)record + begin, bytes);
	memcpy(map->path, (const char *)record + begin, bytes);
	map->path[bytes] = '\0';
	return 0;
}

/* "[kernel.kallsyms]_text", whose offset is that symbol's address; a module. */
static int take_kernel_map(struct kpc_perfside *side, const struct mapping *map)
{
	static const char kernel[] = "[kernel.kallsyms]";
	struct kpc_module_state *grown, module = { .fresh = true };
	const char *name = strrchr(map->path, '/');

	if (!strncmp(map->path, kernel, sizeof(kernel) - 1)) {
		side->kernel_text = map->record->offset;
		snprintf(side->kernel_symbol, sizeof(side->kernel_symbol), "%s",
			 map->path + sizeof(kernel) - 1);
		return 0;
	}
	if (map->record->bytes > UINT64_MAX - map->record->start)
		return -EBADMSG;
	name = name ? name + 1 : map->path + (*map->path == '[');
	if (side->modules.nr == KPC_MODULES_MAX) {
		side->modules.missed++;
		return 0;
	}
	grown = reallocarray(side->modules.module, side->modules.nr + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	snprintf(module.name, sizeof(module.name), "%.*s",
		 (int)strcspn(name, ".]"), name);
	module.start = map->record->start;
	module.bytes = map->record->bytes;
	module.build_id_bytes = map->like.build_id_bytes;
	memcpy(module.build_id, map->like.build_id, module.build_id_bytes);
	side->modules.module = grown;
	grown[side->modules.nr++] = module;
	return 0;
}

static int take_map(struct kpc_perfside *side,
		    const struct perf_event_header *record,
		    const struct kpc_perfsample *where, uint32_t trailer)
{
	struct mapping map;
	struct kpc_mmap note;
	uint16_t mode = record->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	int err = read_mapping(&map, record, trailer, side->meta);

	if (err || !map.is_code)
		return err;
	find_build_id(side, &map);
	if (mode == PERF_RECORD_MISC_KERNEL)
		return take_kernel_map(side, &map);
	note = (struct kpc_mmap){
		.time_ns = was_there(where) ? 0 : where->time_ns,
		.exists = was_there(where),
		.pid = map.record->pid,
		.start = map.record->start,
		.bytes = map.record->bytes,
		.offset = map.record->offset,
	};
	if (!note.bytes || note.start + note.bytes < note.start)
		return -EBADMSG;
	err = kpc_mmaps_note(&side->mmaps, &note, &map.like, map.path);
	if (!err && side->mmaps.nr >= MAPS_MAX)
		err = kpc_mmaps_write(&side->mmaps, side->writer);
	return err;
}

/* ---- the kernel's text --------------------------------------------------- */

/* The kernel's record, with the time where ksymbols.c looks for it. */
static int take_ksymbol(struct kpc_perfside *side,
			const struct perf_event_header *record,
			const struct kpc_perfsample *where, uint32_t trailer)
{
	uint64_t time_ns = was_there(where) ? 0 : where->time_ns;
	struct perf_event_header *copy;
	size_t bytes;
	int err;

	if (record->size < sizeof(*record) + trailer)
		return -EBADMSG;
	bytes = kpc_recordend(record, trailer);
	if (bytes + sizeof(time_ns) > UINT16_MAX)
		return -EBADMSG;
	copy = malloc(bytes + sizeof(time_ns));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, record, bytes);
	memcpy((uint8_t *)copy + bytes, &time_ns, sizeof(time_ns));
	copy->size = bytes + sizeof(time_ns);
	err = kpc_ksymbols_record(&side->ksymbols, copy);
	free(copy);
	if (!err && side->ksymbols.nr >= KSYMBOLS_MAX)
		err = kpc_ksymbols_write(&side->ksymbols, side->writer);
	return err;
}

/* ---- control groups ------------------------------------------------------ */

static int take_cgroup(struct kpc_perfside *side,
		       const struct perf_event_header *record, uint32_t trailer)
{
	int err = kpc_cgroups_record(&side->cgroups, record, trailer);

	if (!err && kpc_cgroups_pending(&side->cgroups) >= CGROUPS_MAX)
		err = kpc_cgroups_write(&side->cgroups, side->writer);
	return err;
}

/* ---- all ----------------------------------------------------------------- */

int kpc_perfside_record(struct kpc_perfside *side,
			const struct perf_event_header *record,
			const struct kpc_perfsample *where, uint32_t trailer)
{
	int err;

	switch (record->type) {
	case PERF_RECORD_COMM:
		err = take_comm(side, record, where, trailer);
		break;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		err = take_fork(side, record);
		break;
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		err = take_map(side, record, where, trailer);
		break;
	case PERF_RECORD_KSYMBOL:
	case PERF_RECORD_TEXT_POKE:
		err = take_ksymbol(side, record, where, trailer);
		break;
	case PERF_RECORD_CGROUP:
		err = take_cgroup(side, record, trailer);
		break;
	default:
		return 0;
	}
	return err ? err : 1;
}

int kpc_perfside_finish(struct kpc_perfside *side)
{
	int err = write_tasks(side);

	if (!err)
		err = kpc_mmaps_write(&side->mmaps, side->writer);
	if (!err)
		err = kpc_ksymbols_write(&side->ksymbols, side->writer);
	if (!err)
		err = kpc_cgroups_write(&side->cgroups, side->writer);
	if (!err && side->modules.nr)
		err = kpc_modules_write(&side->modules, side->writer,
					side->start_ns, true);
	return err;
}

void kpc_perfside_uninit(struct kpc_perfside *side)
{
	free(side->tasks);
	kpc_comms_uninit(&side->comms);
	kpc_idmap_uninit(&side->tids);
	kpc_mmaps_uninit(&side->mmaps);
	kpc_modules_uninit(&side->modules);
	kpc_ksymbols_close(&side->ksymbols);
	kpc_cgroups_uninit(&side->cgroups);
}
