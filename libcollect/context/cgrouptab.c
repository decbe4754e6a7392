// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "body_fields.h"
#include "cgrouptab.h"

#define PATH_BYTES_MAX 4096u
#define TEXTS_MAX      (256u << 20)

/* ---- adding -------------------------------------------------------------- */

static int append(struct kpc_cgrouptab *t,
		  const struct kpc_cgrouptab_entry *entry)
{
	uint32_t room = t->room ? t->room * 2 : 64;
	struct kpc_cgrouptab_entry *grown;

	if (t->nr == KPC_CGROUPTAB_MAX)
		return -E2BIG;
	if (t->nr == t->room) {
		grown = realloc(t->entry, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		t->entry = grown;
		t->room = room;
	}
	t->entry[t->nr++] = *entry;
	return 0;
}

/* A C string: what is behind a NUL isn't a path's. */
static int take_path(struct kpc_cgrouptab *t, struct kpc_wire bytes,
		     uint32_t *path)
{
	if (kpc_wire_left(&bytes) > PATH_BYTES_MAX)
		return -EBADMSG;
	if (t->texts.used > TEXTS_MAX)
		return -E2BIG;
	*path = t->texts.used;
	kpc_buf_add(&t->texts, bytes.at, kpc_wire_left(&bytes));
	kpc_buf_add(&t->texts, "", 1);
	return t->texts.error;
}

static int add_cgroup(struct kpc_cgrouptab *t, struct kpc_wire wire)
{
	struct kpc_cgrouptab_entry entry = { .order = t->added++ };
	struct kpc_wire path = { 0 };
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number == CGROUP_ID) {
			if (field.type != KPC_WIRE_VARINT)
				return -EBADMSG;
			entry.id = field.value;
		} else if (field.number == CGROUP_PATH) {
			if (field.type != KPC_WIRE_BYTES)
				return -EBADMSG;
			path = field.bytes;
		}
	}
	if (!ret)
		ret = take_path(t, path, &entry.path);
	return ret ? ret : append(t, &entry);
}

int kpc_cgrouptab_add(struct kpc_cgrouptab *t, struct kpc_wire body)
{
	size_t texts = t->texts.used;
	uint32_t nr = t->nr;
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&body, &field)) > 0) {
		if (field.number != CGROUPS_CGROUP)
			continue;
		ret = field.type == KPC_WIRE_BYTES ?
			      add_cgroup(t, field.bytes) :
			      -EBADMSG;
		if (ret)
			break;
	}
	if (ret) {
		t->nr = nr;
		t->texts.used = texts;
	}
	return ret;
}

static int compare(const void *left, const void *right)
{
	const struct kpc_cgrouptab_entry *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Of several with one id the last stays. */
void kpc_cgrouptab_finish(struct kpc_cgrouptab *t)
{
	uint32_t kept = 0;

	if (t->nr)
		qsort(t->entry, t->nr, sizeof(*t->entry), compare);
	for (uint32_t i = 0; i < t->nr; i++) {
		if (kept && t->entry[kept - 1].id == t->entry[i].id)
			kept--;
		t->entry[kept++] = t->entry[i];
	}
	t->nr = kept;
	t->last = 0;
}

void kpc_cgrouptab_uninit(struct kpc_cgrouptab *t)
{
	free(t->entry);
	kpc_buf_uninit(&t->texts);
	*t = (struct kpc_cgrouptab){ 0 };
}

/* ---- finding ------------------------------------------------------------- */

const char *kpc_cgroup_unnamed(char text[KPC_CGROUP_UNNAMED], uint64_t id)
{
	snprintf(text, KPC_CGROUP_UNNAMED, "#%" PRIu64, id);
	return text;
}

static const char *text_of(const struct kpc_cgrouptab *t, uint32_t i)
{
	return (const char *)t->texts.data + t->entry[i].path;
}

const char *kpc_cgrouptab_find(struct kpc_cgrouptab *t, uint64_t id)
{
	uint32_t low = 0, n = t->nr;

	if (!id)
		return "";
	if (t->last < t->nr && t->entry[t->last].id == id)
		return text_of(t, t->last);
	while (n) {
		uint32_t half = n / 2;

		if (t->entry[low + half].id < id) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	if (low < t->nr && t->entry[low].id == id) {
		t->last = low;
		return text_of(t, low);
	}
	return kpc_cgroup_unnamed(t->unnamed, id);
}
