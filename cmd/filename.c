// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filename.h"

#define MOUNTS_MAX 4096u
#define CACHED	   1024u /* descriptors, a power of two */

struct mount {
	uint64_t dev; /* as the kernel has it */
	char *root;   /* what of the filesystem is there; "": all */
	char *point;  /* "": the root directory; both NULL without memory */
};

struct descriptor {
	uint32_t pid;
	uint32_t fd;
	bool known;
	char path[256];
};

struct filename {
	struct mount *mounts;
	uint32_t nr_mounts;
	struct descriptor *cache;
};

/* ---- fields -------------------------------------------------------------- */

static int find(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!event->fields[i].common &&
		    !strcmp(event->fields[i].name, name))
			return i;
	return -1;
}

bool filename_find(struct filename_fields *f, const struct kpc_event *event)
{
	bool all;

	*f = (struct filename_fields){
		.name = find(event, "name"),
		.ino = find(event, "ino"),
		.dev = find(event, "dev"),
		.mode = find(event, "mode"),
		.fd = find(event, "fd"),
	};
	if (f->fd < 0)
		f->fd = find(event, "fd_out");
	all = f->name >= 0 && f->ino >= 0 && f->dev >= 0 && f->mode >= 0;
	for (int i = 0; i < FILENAME_UPS; i++) {
		char name[] = { 'u', 'p', '1' + i, '\0' };

		f->up[i] = find(event, name);
		all &= f->up[i] >= 0;
	}
	if (all)
		return true;
	f->name = -1;
	return f->fd >= 0;
}

/* ---- mounts -------------------------------------------------------------- */

/* A blank in a mount point is \040 there, and so on. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned int byte;

		if (*text == '\\' && sscanf(text + 1, "%3o", &byte) == 1) {
			*to++ = byte;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* "" for "/", so that what is below it begins with "/". */
static char *copy_path(char *path)
{
	unescape(path);
	return strdup(strcmp(path, "/") ? path : "");
}

/*
 * "36 35 98:0 /sub /mnt …": what is below /sub in the filesystem is below /mnt.
 * Some have roots of their own kind there: "net:[4026531840]".
 */
static void add_mount(struct filename *f, const char *line)
{
	struct mount *grown, *m;
	unsigned int major, minor;
	char root[4096], point[4096];

	if (sscanf(line, "%*d %*d %u:%u %4095s %4095s", &major, &minor, root,
		   point) != 4 ||
	    *root != '/' || f->nr_mounts == MOUNTS_MAX)
		return;
	grown = realloc(f->mounts, (f->nr_mounts + 1) * sizeof(*grown));
	if (!grown)
		return;
	f->mounts = grown;
	m = &grown[f->nr_mounts++];
	m->dev = (uint64_t)major << 20 | minor;
	m->root = copy_path(root);
	m->point = copy_path(point);
}

static void read_mounts(struct filename *f, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	while (in && getline(&line, &room, in) > 0)
		add_mount(f, line);
	free(line);
	if (in)
		fclose(in);
}

/* What of @path is below the mount's root; NULL: it isn't there. */
static const char *below(const struct mount *m, uint64_t dev, const char *path)
{
	size_t n = m->root ? strlen(m->root) : 0;

	if (m->dev != dev || !m->root || !m->point || strncmp(path, m->root, n))
		return NULL;
	return path[n] == '/' || !path[n] ? path + n : NULL;
}

struct filename *filename_new(const char *mountinfo)
{
	struct filename *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->cache = calloc(CACHED, sizeof(*f->cache));
	if (!f->cache) {
		free(f);
		return NULL;
	}
	read_mounts(f, mountinfo ? mountinfo : "/proc/self/mountinfo");
	return f;
}

void filename_free(struct filename *f)
{
	if (!f)
		return;
	for (uint32_t i = 0; i < f->nr_mounts; i++) {
		free(f->mounts[i].root);
		free(f->mounts[i].point);
	}
	free(f->mounts);
	free(f->cache);
	free(f);
}

/* ---- by its directories -------------------------------------------------- */

struct piece {
	char *at;
	size_t left;
};

static void put(struct piece *p, const void *bytes, size_t n)
{
	if (n > p->left)
		n = p->left;
	if (!n)
		return;
	memcpy(p->at, bytes, n);
	p->at += n;
	p->left -= n;
}

static bool is(const struct kpc_value *value, const char *text)
{
	size_t n = strlen(text);

	return value->blob_bytes == n && (!n || !memcmp(value->blob, text, n));
}

static bool same(const struct kpc_value *a, const struct kpc_value *b)
{
	return a->blob_bytes == b->blob_bytes &&
	       (!a->blob_bytes || !memcmp(a->blob, b->blob, a->blob_bytes));
}

/* What no directory has, a memfd or an eventfd, say, is above itself. */
static bool is_nowhere(const struct filename_fields *fields,
		       const struct kpc_value *v)
{
	const struct kpc_value *name = &v[fields->name];

	if (is(name, "/"))
		return false;
	for (int i = 0; i < FILENAME_UPS; i++)
		if (!same(name, &v[fields->up[i]]))
			return false;
	return true;
}

/* Where it is seen: by the first mount that has it. */
static void put_mounted(const struct filename *f, uint64_t dev,
			const char *path, struct piece *p)
{
	const char *point = "", *rest = NULL;

	for (uint32_t i = 0; !rest && i < f->nr_mounts; i++) {
		rest = below(&f->mounts[i], dev, path);
		if (rest)
			point = f->mounts[i].point;
	}
	if (!rest)
		rest = path;
	put(p, point, strlen(point));
	/* The mount point itself has no "/" behind it, but the root directory. */
	if (rest[0] && rest[1])
		put(p, rest, strlen(rest));
	else if (!*point)
		put(p, "/", 1);
}

/* Above the filesystem's topmost directory is itself. */
static void put_path(struct filename *f, const struct filename_fields *fields,
		     const struct kpc_row *row, struct piece *p)
{
	const struct kpc_value *v = row->values;
	char path[FILENAME_BYTES];
	struct piece inside = { path, sizeof(path) - 1 };
	int known = 0;

	while (known < FILENAME_UPS && !is(&v[fields->up[known]], "/"))
		known++;
	for (int i = known - 1; i >= 0; i--) {
		put(&inside, "/", 1);
		put(&inside, v[fields->up[i]].blob,
		    v[fields->up[i]].blob_bytes);
	}
	if (!is(&v[fields->name], "/"))
		put(&inside, "/", 1);
	put(&inside, v[fields->name].blob, v[fields->name].blob_bytes);
	*inside.at = '\0';
	if (known < FILENAME_UPS) {
		put_mounted(f, v[fields->dev].u, path, p);
		return;
	}
	put(p, "...", 3);
	put(p, path, inside.at - path);
}

static void put_special(const char *kind, uint64_t ino, struct piece *p)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s:[%" PRIu64 "]", kind, ino);

	put(p, text, n);
}

static void put_file(struct filename *f, const struct filename_fields *fields,
		     const struct kpc_row *row, struct piece *p)
{
	const struct kpc_value *v = row->values;
	const struct kpc_value *name = &v[fields->name];
	uint32_t mode = v[fields->mode].u & S_IFMT;

	if (mode == S_IFSOCK && !name->blob_bytes)
		put_special("socket", v[fields->ino].u, p);
	else if (mode == S_IFIFO && !name->blob_bytes)
		put_special("pipe", v[fields->ino].u, p);
	else if (name->fault)
		put(p, "(unreadable)", 12);
	else if (is_nowhere(fields, v))
		put(p, name->blob, name->blob_bytes);
	else
		put_path(f, fields, row, p);
}

/* ---- by its descriptor --------------------------------------------------- */

void filename_forget(struct filename *f)
{
	for (uint32_t i = 0; i < CACHED; i++)
		f->cache[i].known = false;
}

static void look_up(struct descriptor *d)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%" PRIu32 "/fd/%" PRIu32, d->pid,
		 d->fd);
	n = readlink(link, d->path, sizeof(d->path) - 1);
	if (n < 0)
		n = snprintf(d->path, sizeof(d->path),
			     "(descriptor %" PRIu32 ", gone)", d->fd);
	d->path[n] = '\0';
	d->known = true;
}

static void put_descriptor(struct filename *f, uint32_t pid, uint32_t fd,
			   struct piece *p)
{
	uint32_t at = (pid * 0x9e3779b1u ^ fd * 0x85ebca6bu) & (CACHED - 1);
	struct descriptor *d = &f->cache[at];

	if (!d->known || d->pid != pid || d->fd != fd) {
		d->pid = pid;
		d->fd = fd;
		look_up(d);
	}
	put(p, d->path, strlen(d->path));
}

size_t filename_get(struct filename *f, const struct filename_fields *fields,
		    const struct kpc_row *row, char out[FILENAME_BYTES])
{
	struct piece p = { out, FILENAME_BYTES - 32 };
	const struct kpc_value *v = row->values;

	if (fields->name < 0) {
		put_descriptor(f, row->pid, v[fields->fd].u, &p);
		return p.at - out;
	}
	put_file(f, fields, row, &p);
	p.left = 32;
	put(&p, "", 1);
	put(&p, &v[fields->dev].u, sizeof(v->u));
	put(&p, &v[fields->ino].u, sizeof(v->u));
	return p.at - out;
}
