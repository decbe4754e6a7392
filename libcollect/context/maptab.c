// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "body_fields.h"
#include "maptab.h"
#include "packed.h"

#define PATH_BYTES_MAX 4096u
#define TEXTS_MAX      (512u << 20)
#define ANCESTORS_MAX  64 /* forks without an exec */

/* ---- adding -------------------------------------------------------------- */

static int take_path(struct kpc_maptab *m, struct kpc_wire bytes,
		     struct kpc_maptab_file *file)
{
	if (kpc_wire_left(&bytes) > PATH_BYTES_MAX)
		return -EBADMSG;
	if (m->texts.used > TEXTS_MAX)
		return -E2BIG;
	file->path = m->texts.used;
	kpc_buf_add(&m->texts, bytes.at, kpc_wire_left(&bytes));
	kpc_buf_add(&m->texts, "", 1);
	return m->texts.error;
}

static int append_file(struct kpc_maptab *m, const struct kpc_maptab_file *file)
{
	uint32_t room = m->files_room ? m->files_room * 2 : 64;
	struct kpc_maptab_file *grown;

	if (m->nr_files == KPC_RANGES_MAX)
		return -E2BIG;
	if (m->nr_files == m->files_room) {
		grown = realloc(m->file, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		m->file = grown;
		m->files_room = room;
	}
	m->file[m->nr_files++] = *file;
	return 0;
}

static int add_file(struct kpc_maptab *m, struct kpc_wire wire)
{
	struct kpc_maptab_file file = { 0 };
	struct kpc_wire_field field;
	bool has_path = false;
	size_t id;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number > FILE_BUILD_ID)
			continue;
		if (field.type != KPC_WIRE_BYTES)
			return -EBADMSG;
		if (field.number == FILE_PATH) {
			ret = take_path(m, field.bytes, &file);
			has_path = true;
			if (ret)
				return ret;
			continue;
		}
		id = kpc_wire_left(&field.bytes);
		if (id > sizeof(file.build_id))
			return -EBADMSG;
		memcpy(file.build_id, field.bytes.at, id);
		file.build_id_bytes = id;
	}
	if (!ret && !has_path)
		ret = take_path(m, (struct kpc_wire){ 0 }, &file);
	return ret ? ret : append_file(m, &file);
}

static int append_entry(struct kpc_maptab *m,
			const struct kpc_maptab_entry *entry)
{
	uint32_t room = m->room ? m->room * 2 : 256;
	struct kpc_maptab_entry *grown;

	if (m->nr == m->room) {
		grown = realloc(m->entry, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		m->entry = grown;
		m->room = room;
	}
	m->entry[m->nr++] = *entry;
	return 0;
}

/* @files: where those of this packet begin. */
static int add_map(struct kpc_maptab *m, struct kpc_packed *p, uint32_t files)
{
	uint64_t what, time_ns, pid, start, bytes, offset, file;
	struct kpc_maptab_entry entry;
	int err;

	if (kpc_packed_varint(p, MAPS_WHAT, &what) ||
	    kpc_packed_varint(p, MAPS_TIME, &time_ns) ||
	    kpc_packed_varint(p, MAPS_PID, &pid) ||
	    kpc_packed_fixed64(p, MAPS_START, &start) ||
	    kpc_packed_varint(p, MAPS_BYTES, &bytes) ||
	    kpc_packed_varint(p, MAPS_OFFSET, &offset) ||
	    kpc_packed_varint(p, MAPS_FILE_INDEX, &file) || pid > UINT32_MAX ||
	    file >= m->nr_files - files)
		return -EBADMSG;
	entry = (struct kpc_maptab_entry){
		.offset = offset,
		.file = files + file,
		.exists = what == 1,
	};
	err = kpc_ranges_add(&m->ranges, pid, start, bytes, time_ns, m->nr);
	return err ? err : append_entry(m, &entry);
}

static int add_maps(struct kpc_maptab *m, struct kpc_packed *p, uint32_t files)
{
	int err = 0;

	while (!err && !kpc_packed_ended(p, MAPS_START))
		err = add_map(m, p, files);
	for (uint32_t i = MAPS_WHAT; !err && i <= MAPS_FILE_INDEX; i++)
		if (!kpc_packed_ended(p, i))
			err = -EBADMSG;
	return err;
}

int kpc_maptab_add(struct kpc_maptab *m, struct kpc_wire body)
{
	uint32_t ranges = m->ranges.nr, entries = m->nr, files = m->nr_files;
	struct kpc_packed packed = { 0 };
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&body, &field)) > 0) {
		ret = 0;
		if (field.number == MAPS_FILE)
			ret = field.type == KPC_WIRE_BYTES ?
				      add_file(m, field.bytes) :
				      -EBADMSG;
		else if (field.number <= MAPS_FILE_INDEX)
			ret = kpc_packed_take(&packed, &field);
		if (ret)
			break;
	}
	if (!ret)
		ret = add_maps(m, &packed, files);
	if (ret) {
		m->ranges.nr = ranges;
		m->nr = entries;
		m->nr_files = files;
	}
	return ret;
}

static int append_birth(struct kpc_maptab *m,
			const struct kpc_maptab_birth *birth)
{
	uint32_t room = m->births_room ? m->births_room * 2 : 64;
	struct kpc_maptab_birth *grown;

	if (m->nr_births == KPC_RANGES_MAX)
		return -E2BIG;
	if (m->nr_births == m->births_room) {
		grown = realloc(m->birth, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		m->birth = grown;
		m->births_room = room;
	}
	m->birth[m->nr_births++] = *birth;
	return 0;
}

static int add_task(struct kpc_maptab *m, struct kpc_wire wire)
{
	struct kpc_maptab_birth birth = { 0 };
	struct kpc_wire_field field;
	bool exec = false;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		switch (field.number) {
		case TASK_TIME:
			birth.time_ns = field.value;
			break;
		case TASK_PID:
			birth.pid = field.value;
			break;
		case TASK_EXEC:
			exec = field.value;
			break;
		case TASK_PARENT_PID:
			birth.parent_pid = field.value;
			break;
		}
	}
	return ret || (!exec && !birth.parent_pid) ? ret :
						     append_birth(m, &birth);
}

int kpc_maptab_add_tasks(struct kpc_maptab *m, struct kpc_wire body)
{
	uint32_t births = m->nr_births;
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&body, &field)) > 0) {
		if (field.number != TASKS_EVENT)
			continue;
		ret = field.type == KPC_WIRE_BYTES ? add_task(m, field.bytes) :
						     -EBADMSG;
		if (ret)
			break;
	}
	if (ret)
		m->nr_births = births;
	return ret;
}

static int compare(const void *left, const void *right)
{
	const struct kpc_maptab_birth *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	/* A fork, and then an exec. */
	return (a->parent_pid < b->parent_pid) -
	       (a->parent_pid > b->parent_pid);
}

void kpc_maptab_finish(struct kpc_maptab *m)
{
	kpc_ranges_finish(&m->ranges);
	if (m->nr_births)
		qsort(m->birth, m->nr_births, sizeof(*m->birth), compare);
}

void kpc_maptab_uninit(struct kpc_maptab *m)
{
	kpc_ranges_uninit(&m->ranges);
	kpc_buf_uninit(&m->texts);
	free(m->entry);
	free(m->file);
	free(m->birth);
	*m = (struct kpc_maptab){ 0 };
}

/* ---- finding ------------------------------------------------------------- */

/* The process' last birth at or before the time, or NULL. */
static const struct kpc_maptab_birth *find_birth(const struct kpc_maptab *m,
						 uint32_t pid, uint64_t time_ns)
{
	uint32_t low = 0, n = m->nr_births;

	while (n) { /* the first after it */
		const struct kpc_maptab_birth *birth = &m->birth[low + n / 2];

		if (birth->pid < pid ||
		    (birth->pid == pid && birth->time_ns <= time_ns)) {
			low += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return low && m->birth[low - 1].pid == pid ? &m->birth[low - 1] : NULL;
}

/* In that life of the process: the last at or before the time. */
static const struct kpc_range *find_in_life(const struct kpc_maptab *m,
					    uint32_t pid, uint64_t address,
					    uint64_t from_ns, uint64_t time_ns)
{
	const struct kpc_range *r, *best = NULL;

	for (r = kpc_ranges_find(&m->ranges, pid, address); r;
	     r = kpc_ranges_next(&m->ranges, r, address))
		if (r->time_ns <= time_ns && r->time_ns >= from_ns &&
		    (!best || r->time_ns > best->time_ns))
			best = r;
	return best;
}

/* The first of those that were there when somebody looked. */
static const struct kpc_range *find_existing(const struct kpc_maptab *m,
					     uint32_t pid, uint64_t address)
{
	const struct kpc_range *r, *best = NULL;

	for (r = kpc_ranges_find(&m->ranges, pid, address); r;
	     r = kpc_ranges_next(&m->ranges, r, address))
		if (m->entry[r->number].exists &&
		    (!best || r->time_ns < best->time_ns))
			best = r;
	return best;
}

static const struct kpc_range *find(const struct kpc_maptab *m, uint32_t pid,
				    uint64_t address, uint64_t time_ns)
{
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		const struct kpc_maptab_birth *birth =
			find_birth(m, pid, time_ns);
		const struct kpc_range *range = find_in_life(
			m, pid, address, birth ? birth->time_ns : 0, time_ns);

		if (range)
			return range;
		if (!birth)
			return find_existing(m, pid, address);
		if (!birth->parent_pid)
			return NULL;
		pid = birth->parent_pid;
		time_ns = birth->time_ns;
	}
	return NULL;
}

bool kpc_maptab_find(const struct kpc_maptab *m, uint32_t pid, uint64_t address,
		     uint64_t time_ns, struct kpc_mapping *mapping)
{
	const struct kpc_range *range = find(m, pid, address, time_ns);
	const struct kpc_maptab_entry *entry;
	const struct kpc_maptab_file *file;

	if (!range)
		return false;
	entry = &m->entry[range->number];
	file = &m->file[entry->file];
	*mapping = (struct kpc_mapping){
		.path = (const char *)m->texts.data + file->path,
		.start = range->start,
		.bytes = range->end - range->start,
		.offset = address - range->start + entry->offset,
		.build_id = file->build_id,
		.build_id_bytes = file->build_id_bytes,
	};
	return true;
}
