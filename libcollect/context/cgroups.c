// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "body_fields.h"
#include "cgroups.h"
#include "wire.h"

#define DEPTH_MAX 128 /* of folders: each takes a descriptor */

static const char *path_of(const struct kpc_cgroups *c,
			   const struct kpc_cgroups_name *name)
{
	return (const char *)c->paths.data + name->path;
}

/* ---- noting -------------------------------------------------------------- */

static int append(struct kpc_cgroups *c, const struct kpc_cgroups_name *name)
{
	uint32_t room = c->room ? c->room * 2 : 64;
	struct kpc_cgroups_name *grown;

	if (c->nr == c->room) {
		grown = realloc(c->name, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->name = grown;
		c->room = room;
	}
	c->name[c->nr++] = *name;
	return kpc_idmap_add(&c->ids, name->id, c->nr - 1);
}

/* One that is known already has the name that it was first seen with. */
static int note(struct kpc_cgroups *c, uint64_t id, const char *path,
		size_t bytes)
{
	struct kpc_cgroups_name name = {
		.id = id,
		.path = c->paths.used,
		.seen = true,
	};
	int64_t at = kpc_idmap_find(&c->ids, id);

	if (at >= 0)
		c->name[at].seen = true;
	if (at >= 0 || !id)
		return 0;
	if (c->nr == KPC_CGROUPS_MAX ||
	    c->paths.used + bytes >= KPC_CGROUPS_BYTES) {
		c->lost++;
		return 0;
	}
	kpc_buf_add(&c->paths, path, bytes);
	kpc_buf_add(&c->paths, "", 1);
	return c->paths.error ? c->paths.error : append(c, &name);
}

struct cgroup_record {
	struct perf_event_header header;
	uint64_t id;
	char path[]; /* padded to 8 */
};

struct lost_record {
	struct perf_event_header header;
	uint64_t id;
	uint64_t lost;
};

int kpc_cgroups_record(struct kpc_cgroups *c,
		       const struct perf_event_header *header, uint32_t trailer)
{
	const struct cgroup_record *r = (const void *)header;
	const struct lost_record *lost = (const void *)header;
	size_t bytes;

	if (header->type == PERF_RECORD_LOST) {
		if (header->size < sizeof(*lost))
			return -EBADMSG;
		c->lost += lost->lost;
		return 0;
	}
	if (header->size < sizeof(*r) + trailer)
		return -EBADMSG;
	bytes = header->size - sizeof(*r) - trailer;
	if (bytes > PATH_MAX)
		bytes = PATH_MAX;
	return note(c, r->id, r->path, strnlen(r->path, bytes));
}

const char *kpc_cgroups_path(const struct kpc_cgroups *c, uint64_t id)
{
	int64_t at = kpc_idmap_find(&c->ids, id);

	return at < 0 ? NULL : path_of(c, &c->name[at]);
}

/* ---- folders ------------------------------------------------------------- */

struct walk {
	struct kpc_cgroups *cgroups;
	dev_t device;
	char path[PATH_MAX];
};

static int walk(struct walk *w, int fd, size_t length, int depth);

/* A cgroup that goes meanwhile is passed over, as is what is mounted in it. */
static int walk_into(struct walk *w, int parent, const char *name,
		     size_t length, int depth)
{
	size_t bytes = strlen(name);
	int fd;

	if (length + bytes + 2 > sizeof(w->path) || depth == DEPTH_MAX) {
		w->cgroups->lost++;
		return 0;
	}
	fd = openat(parent, name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	w->path[length] = '/';
	memcpy(w->path + length + 1, name, bytes);
	return walk(w, fd, length + 1 + bytes, depth + 1);
}

static bool is_folder(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
	       strcmp(entry->d_name, "..");
}

/* Takes over @fd. A folder's inode number is the cgroup's id, where it has 64 bits. */
static int walk(struct walk *w, int fd, size_t length, int depth)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;
	int err;

	_Static_assert(sizeof(st.st_ino) == sizeof(uint64_t),
		       "the id is the inode number");
	if (fstat(fd, &st) || st.st_dev != w->device) {
		close(fd);
		return 0;
	}
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	err = note(w->cgroups, st.st_ino, length ? w->path : "/",
		   length ? length : 1);
	while (!err && (entry = readdir(dir)) != NULL)
		if (is_folder(entry))
			err = walk_into(w, fd, entry->d_name, length, depth);
	closedir(dir);
	return err;
}

int kpc_cgroups_look(struct kpc_cgroups *c, const char *point, uint64_t now_ns)
{
	int fd = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk w = { .cgroups = c };
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	w.device = st.st_dev;
	for (uint32_t i = 0; i < c->nr; i++)
		c->name[i].seen = false;
	c->looked = c->lost;
	err = walk(&w, fd, 0, 0);
	for (uint32_t i = 0; i < c->nr; i++)
		if (c->name[i].seen)
			c->name[i].gone_ns = 0;
		else if (!c->name[i].gone_ns)
			c->name[i].gone_ns = now_ns;
	return err;
}

/* ---- writing ------------------------------------------------------------- */

static int write_names(struct kpc_cgroups *c, struct kpc_writer *writer,
		       uint32_t from, uint32_t to)
{
	struct kpc_context_head head = {
		.entries = to - from,
		.lost = c->lost,
	};
	struct kpc_buf body = { 0 };
	int err;

	if (from == to)
		return 0;
	for (uint32_t i = from; i < to; i++) {
		const char *path = path_of(c, &c->name[i]);
		size_t begin = kpc_wire_begin(&body, CGROUPS_CGROUP);

		kpc_wire_add_varint(&body, CGROUP_ID, c->name[i].id);
		kpc_wire_add_bytes(&body, CGROUP_PATH, path, strlen(path));
		kpc_wire_end(&body, begin);
	}
	err = kpc_writer_context(writer, KPC_CONTEXT_CGROUPS, &head, &body);
	kpc_buf_uninit(&body);
	return err;
}

int kpc_cgroups_write(struct kpc_cgroups *c, struct kpc_writer *writer)
{
	int err = write_names(c, writer, c->written, c->nr);

	c->written = c->nr;
	return err;
}

/* Keeps the order, and so what is written and what isn't. */
static int forget_gone(struct kpc_cgroups *c, uint64_t now_ns)
{
	struct kpc_cgroups kept = {
		.lost = c->lost,
		.looked = c->looked,
		.keep_ns = c->keep_ns,
	};
	int err = 0;

	for (uint32_t i = 0; !err && i < c->nr; i++) {
		const char *path = path_of(c, &c->name[i]);
		uint64_t gone_ns = c->name[i].gone_ns;
		bool stays = i >= c->written || !gone_ns ||
			     now_ns - gone_ns < c->keep_ns;

		if (stays)
			err = note(&kept, c->name[i].id, path, strlen(path));
		if (stays && !err) {
			kept.name[kept.nr - 1].seen = c->name[i].seen;
			kept.name[kept.nr - 1].gone_ns = gone_ns;
		}
		if (i < c->written)
			kept.written = kept.nr;
	}
	if (err) {
		kpc_cgroups_uninit(&kept);
		return err;
	}
	kpc_cgroups_uninit(c);
	*c = kept;
	return 0;
}

int kpc_cgroups_snapshot(struct kpc_cgroups *c, struct kpc_writer *writer,
			 uint64_t now_ns)
{
	int err = forget_gone(c, now_ns);

	return err ? err : write_names(c, writer, 0, c->written);
}

void kpc_cgroups_uninit(struct kpc_cgroups *c)
{
	free(c->name);
	kpc_idmap_uninit(&c->ids);
	kpc_buf_uninit(&c->paths);
	*c = (struct kpc_cgroups){ 0 };
}
