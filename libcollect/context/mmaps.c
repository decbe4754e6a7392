// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body_fields.h"
#include "mmaps.h"
#include "wire.h"
#include "pseudofile.h"
#include "trace_clock.h"

#define SLOTS_FIRST 256u
#define WRITE_MAX   32768u     /* mappings in a packet */
#define PATHS_MAX   (4u << 20) /* bytes of their paths, about */
#define LINE_BYTES  8192u

/* Shared by parent and child until one of them changes it. */
struct space_maps {
	uint32_t refs;
	uint32_t nr;
	uint32_t room;
	struct kpc_mmap map[];
};

struct kpc_mmaps_space {
	uint32_t pid;
	struct space_maps *maps; /* or NULL */
};

/* ---- what a process has now ---------------------------------------------- */

static void put_maps(struct kpc_mmaps *m, struct space_maps *maps)
{
	if (!maps || --maps->refs)
		return;
	for (uint32_t i = 0; i < maps->nr; i++)
		kpc_mapfile_put(&m->files, maps->map[i].file);
	m->nr_live -= maps->nr;
	free(maps);
}

/* One that only this process has, with room for another mapping. */
static struct space_maps *own_maps(struct kpc_mmaps *m,
				   struct kpc_mmaps_space *space)
{
	struct space_maps *maps = space->maps, *own;
	uint32_t nr = maps ? maps->nr : 0;
	uint32_t room = nr < 8 ? 8 : nr * 2;

	if (maps && maps->refs == 1 && nr < maps->room)
		return maps;
	own = malloc(sizeof(*own) + room * sizeof(own->map[0]));
	if (!own)
		return NULL;
	*own = (struct space_maps){ .refs = 1, .nr = nr, .room = room };
	for (uint32_t i = 0; i < nr; i++) {
		own->map[i] = maps->map[i];
		own->map[i].pid = space->pid;
		kpc_mapfile_ref(own->map[i].file);
	}
	m->nr_live += nr;
	put_maps(m, maps);
	space->maps = own;
	return own;
}

static uint32_t home(const struct kpc_mmaps *m, uint32_t pid)
{
	return pid * 0x9e3779b1u & (m->nr_slots - 1);
}

/* Its slot, or the free one where it would be. */
static struct kpc_mmaps_space *find_slot(const struct kpc_mmaps *m,
					 uint32_t pid)
{
	uint32_t i = home(m, pid);

	while (m->space[i].pid && m->space[i].pid != pid)
		i = (i + 1) & (m->nr_slots - 1);
	return &m->space[i];
}

/* At most half of the slots are in use, so that probing ends. */
static int grow_spaces(struct kpc_mmaps *m)
{
	struct kpc_mmaps old = *m;
	uint32_t nr = old.nr_slots ? old.nr_slots * 2 : SLOTS_FIRST;

	m->space = calloc(nr, sizeof(*m->space));
	if (!m->space) {
		*m = old;
		return -ENOMEM;
	}
	m->nr_slots = nr;
	for (uint32_t i = 0; i < old.nr_slots; i++)
		if (old.space[i].pid)
			*find_slot(m, old.space[i].pid) = old.space[i];
	free(old.space);
	return 0;
}

static struct kpc_mmaps_space *get_space(struct kpc_mmaps *m, uint32_t pid)
{
	struct kpc_mmaps_space *space;

	if ((m->nr_spaces + 1) * 2 > m->nr_slots && grow_spaces(m))
		return NULL;
	space = find_slot(m, pid);
	m->nr_spaces += !space->pid;
	space->pid = pid;
	return space;
}

static struct space_maps *maps_of(const struct kpc_mmaps *m, uint32_t pid)
{
	return m->nr_slots ? find_slot(m, pid)->maps : NULL;
}

/* Moves those behind the gap that could not be found across it. */
static void remove_space(struct kpc_mmaps *m, uint32_t pid)
{
	uint32_t mask = m->nr_slots - 1, gap;
	struct kpc_mmaps_space *space;

	if (!m->nr_slots || !(space = find_slot(m, pid))->pid)
		return;
	put_maps(m, space->maps);
	gap = space - m->space;
	for (uint32_t i = (gap + 1) & mask; m->space[i].pid;
	     i = (i + 1) & mask) {
		uint32_t at = home(m, m->space[i].pid);

		if (((i - at) & mask) < ((i - gap) & mask))
			continue;
		m->space[gap] = m->space[i];
		gap = i;
	}
	m->space[gap] = (struct kpc_mmaps_space){ 0 };
	m->nr_spaces--;
}

void kpc_mmaps_uninit(struct kpc_mmaps *m)
{
	for (uint32_t i = 0; i < m->nr_slots; i++)
		put_maps(m, m->space[i].maps);
	for (uint32_t i = 0; i < m->nr; i++)
		kpc_mapfile_put(&m->files, m->pending[i].file);
	kpc_mapfiles_uninit(&m->files);
	free(m->space);
	free(m->pending);
	*m = (struct kpc_mmaps){ 0 };
}

/* ---- noting -------------------------------------------------------------- */

/* Takes over map->file, which may be NULL: no memory. */
static int note(struct kpc_mmaps *m, const struct kpc_mmap *map)
{
	uint32_t room = m->room ? m->room * 2 : 256;
	struct kpc_mmap *pending;

	if (!map->file)
		return -ENOMEM;
	if (m->nr == m->room) {
		pending = realloc(m->pending, room * sizeof(*pending));
		if (!pending) {
			kpc_mapfile_put(&m->files, map->file);
			return -ENOMEM;
		}
		m->pending = pending;
		m->room = room;
	}
	m->pending[m->nr++] = *map;
	return 0;
}

int kpc_mmaps_note(struct kpc_mmaps *m, const struct kpc_mmap *map,
		   const struct kpc_mapfile *like, const char *path)
{
	struct kpc_mmap copy = *map;

	copy.file = kpc_mapfile_get(&m->files, like, path);
	return note(m, &copy);
}

struct mmap2_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, bytes, offset;
	/* Never a build-id, whatever misc says: see fill_attr() in side.c. */
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[]; /* padded to 8, then the time */
};

int kpc_mmaps_record(struct kpc_mmaps *m,
		     const struct perf_event_header *header)
{
	const struct mmap2_record *r = (const void *)header;
	struct kpc_mapfile like = { 0 };
	struct kpc_mmap map = { 0 };
	char path[PATH_MAX];
	size_t bytes;

	if (header->size < sizeof(*r) + sizeof(map.time_ns))
		return -EBADMSG;
	bytes = header->size - sizeof(*r) - sizeof(map.time_ns);
	memcpy(&map.time_ns, r->path + bytes, sizeof(map.time_ns));
	bytes = strnlen(r->path,
			bytes < sizeof(path) - 1 ? bytes : sizeof(path) - 1);
	memcpy(path, r->path, bytes);
	path[bytes] = '\0';
	map.pid = r->pid;
	map.start = r->start;
	map.bytes = r->bytes;
	map.offset = r->offset;
	if (!map.bytes || map.start + map.bytes < map.start)
		return -EBADMSG;
	like.major = r->major;
	like.minor = r->minor;
	like.inode = r->inode;
	like.generation = r->generation;
	map.file = kpc_mapfile_get(&m->files, &like, path);
	return note(m, &map);
}

/* START-END PERMISSIONS OFFSET MAJOR:MINOR INODE [PATH] */
int kpc_mmaps_line(struct kpc_mmaps *m, pid_t pid, uint64_t time_ns,
		   const char *line)
{
	struct kpc_mmap map = { .time_ns = time_ns,
				.pid = pid,
				.exists = true };
	unsigned long long start, end, offset, inode;
	struct kpc_mapfile like = { 0 };
	char permissions[5];
	const char *path;
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end,
		   permissions, &offset, &like.major, &like.minor, &inode,
		   &at) != 7 ||
	    !at || strlen(permissions) < 3 || permissions[2] != 'x' ||
	    end <= start)
		return 0;
	path = line + at;
	like.inode = inode;
	map.start = start;
	map.bytes = end - start;
	map.offset = offset;
	map.file = kpc_mapfile_get(&m->files, &like, *path ? path : "//anon");
	return note(m, &map);
}

int kpc_mmaps_scan(struct kpc_mmaps *m, pid_t pid)
{
	char path[64], *text, *line, *next;
	uint64_t now = kpc_trace_clock();
	size_t bytes;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	err = kpc_pseudofile_load(path, &text, &bytes);
	if (err) {
		/* It has ended, or isn't ours to look at. */
		m->lost += err != -ENOENT && err != -ESRCH;
		return err == -ENOMEM ? err : 0;
	}
	for (line = text; !err && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		err = kpc_mmaps_line(m, pid, now, line);
	}
	free(text);
	return err;
}

void kpc_mmaps_look(struct kpc_mmaps *m)
{
	for (; m->looked < m->nr; m->looked++) {
		struct kpc_mmap *map = &m->pending[m->looked];

		const struct kpc_mapid_place at = {
			.pid = map->pid,
			.start = map->start,
			.bytes = map->bytes,
			.time_ns = map->time_ns,
		};

		map->file = kpc_mapfile_look(&m->files, map->file, &at);
	}
}

/* ---- following ----------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
	const struct kpc_mmap *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

void kpc_mmaps_sort(struct kpc_mmaps *m)
{
	if (m->nr)
		qsort(m->pending, m->nr, sizeof(*m->pending), by_time);
	m->at = 0;
}

/* Those that it covers wholly are gone; nothing tells of others. */
static void drop_covered(struct kpc_mmaps *m, struct space_maps *maps,
			 const struct kpc_mmap *by)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < maps->nr; i++) {
		const struct kpc_mmap *map = &maps->map[i];

		if (map->start >= by->start &&
		    map->start + map->bytes <= by->start + by->bytes)
			kpc_mapfile_put(&m->files, map->file);
		else
			maps->map[kept++] = *map;
	}
	m->nr_live -= maps->nr - kept;
	maps->nr = kept;
}

static int follow_map(struct kpc_mmaps *m, const struct kpc_mmap *map)
{
	struct kpc_mmaps_space *space;
	struct space_maps *maps;

	if (!map->pid)
		return 0; /* it isn't in our pid namespace */
	space = get_space(m, map->pid);
	maps = space ? own_maps(m, space) : NULL;
	if (!maps)
		return -ENOMEM;
	drop_covered(m, maps, map);
	if (m->nr_live >= KPC_MMAPS_MAX) {
		m->lost++;
		return 0;
	}
	maps->map[maps->nr] = *map;
	kpc_mapfile_ref(maps->map[maps->nr++].file);
	m->nr_live++;
	return 0;
}

int kpc_mmaps_follow(struct kpc_mmaps *m, uint64_t time_ns)
{
	int err = 0;

	while (!err && m->at < m->nr && m->pending[m->at].time_ns < time_ns)
		err = follow_map(m, &m->pending[m->at++]);
	return err;
}

int kpc_mmaps_task(struct kpc_mmaps *m, const struct kpc_task_event *task)
{
	struct kpc_mmaps_space *space;
	struct space_maps *maps;

	switch (task->what) {
	case KPC_TASK_FORK:
		maps = task->parent_pid ? maps_of(m, task->parent_pid) : NULL;
		if (!maps || !task->pid)
			return 0;
		maps->refs++; /* first: the table may move */
		remove_space(m, task->pid);
		space = get_space(m, task->pid);
		if (!space) {
			put_maps(m, maps);
			return -ENOMEM;
		}
		space->maps = maps;
		return 0;
	case KPC_TASK_NAME:
		if (task->exec)
			remove_space(m, task->pid);
		return 0;
	case KPC_TASK_EXIT:
		/* Its first thread's end is nearly always the process'. */
		if (task->pid == task->tid)
			remove_space(m, task->pid);
		return 0;
	default:
		return 0;
	}
}

/* ---- writing ------------------------------------------------------------- */

static void add_file(struct kpc_buf *body, const struct kpc_mapfile *file)
{
	size_t begin = kpc_wire_begin(body, MAPS_FILE);

	kpc_wire_add_bytes(body, FILE_PATH, file->path, strlen(file->path));
	if (file->build_id_bytes)
		kpc_wire_add_bytes(body, FILE_BUILD_ID, file->build_id,
				   file->build_id_bytes);
	if (file->inode) {
		kpc_wire_add_varint(body, FILE_MAJOR, file->major);
		kpc_wire_add_varint(body, FILE_MINOR, file->minor);
		kpc_wire_add_varint(body, FILE_INODE, file->inode);
	}
	kpc_wire_end(body, begin);
}

/* Numbers the files that these mappings are of, and adds them. */
static void add_files(struct kpc_buf *body, const struct kpc_mmap *maps,
		      uint32_t nr)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < nr; i++)
		maps[i].file->number = UINT32_MAX;
	for (uint32_t i = 0; i < nr; i++) {
		if (maps[i].file->number != UINT32_MAX)
			continue;
		maps[i].file->number = number++;
		add_file(body, maps[i].file);
	}
}

#define ADD_VARINTS(field_number, value)                             \
	do {                                                         \
		size_t begin = kpc_wire_begin(body, (field_number)); \
                                                                     \
		for (uint32_t i = 0; i < nr; i++)                    \
			kpc_wire_put_varint(body, (value));          \
		kpc_wire_end(body, begin);                           \
	} while (0)

static void add_maps(struct kpc_buf *body, const struct kpc_mmap *maps,
		     uint32_t nr)
{
	size_t begin;

	add_files(body, maps, nr);
	ADD_VARINTS(MAPS_WHAT, maps[i].exists);
	ADD_VARINTS(MAPS_TIME, maps[i].time_ns);
	ADD_VARINTS(MAPS_PID, maps[i].pid);
	begin = kpc_wire_begin(body, MAPS_START);
	for (uint32_t i = 0; i < nr; i++)
		kpc_buf_add(body, &maps[i].start, sizeof(maps[i].start));
	kpc_wire_end(body, begin);
	ADD_VARINTS(MAPS_BYTES, maps[i].bytes);
	ADD_VARINTS(MAPS_OFFSET, maps[i].offset);
	ADD_VARINTS(MAPS_FILE_INDEX, maps[i].file->number);
}

/* How many of them a packet has room for, however long their paths are. */
static uint32_t fitting(const struct kpc_mmap *maps, uint32_t nr)
{
	size_t bytes = 0;
	uint32_t n;

	if (nr > WRITE_MAX)
		nr = WRITE_MAX;
	for (n = 0; n < nr; n++)
		maps[n].file->number = UINT32_MAX;
	for (n = 0; n < nr && bytes < PATHS_MAX; n++) {
		if (maps[n].file->number != UINT32_MAX)
			continue;
		maps[n].file->number = 0;
		bytes += strlen(maps[n].file->path);
	}
	return n;
}

static int write_maps(struct kpc_mmaps *m, struct kpc_writer *writer,
		      const struct kpc_mmap *maps, uint32_t nr)
{
	struct kpc_context_head head = { .lost = m->lost };
	struct kpc_buf body = { 0 };
	int err = 0;

	for (; !err && nr; maps += head.entries, nr -= head.entries) {
		head.entries = fitting(maps, nr);
		kpc_buf_reset(&body);
		add_maps(&body, maps, head.entries);
		err = kpc_writer_context(writer, KPC_CONTEXT_MAPS, &head,
					 &body);
	}
	kpc_buf_uninit(&body);
	return err;
}

int kpc_mmaps_write(struct kpc_mmaps *m, struct kpc_writer *writer)
{
	int err = write_maps(m, writer, m->pending, m->nr);

	for (uint32_t i = 0; i < m->nr; i++)
		kpc_mapfile_put(&m->files, m->pending[i].file);
	m->nr = 0;
	m->at = 0;
	m->looked = 0;
	return err;
}

int kpc_mmaps_snapshot(struct kpc_mmaps *m, struct kpc_writer *writer,
		       uint64_t now_ns)
{
	struct kpc_mmap *all = calloc(WRITE_MAX, sizeof(*all));
	uint32_t nr = 0;
	int err = all ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < m->nr_slots; i++) {
		const struct space_maps *maps = m->space[i].maps;

		for (uint32_t j = 0; !err && maps && j < maps->nr; j++) {
			all[nr] = maps->map[j];
			all[nr].pid = m->space[i].pid;
			all[nr].time_ns = now_ns;
			all[nr++].exists = true;
			if (nr < WRITE_MAX)
				continue;
			err = write_maps(m, writer, all, nr);
			nr = 0;
		}
	}
	if (!err)
		err = write_maps(m, writer, all, nr);
	free(all);
	return err;
}
