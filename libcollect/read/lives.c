// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "lives.h"
#include "taskevent.h"

static int append(struct kpc_lives *lives, const struct kpc_life *life)
{
	uint32_t room = lives->room ? lives->room * 2 : 64;
	struct kpc_life *grown;

	if (lives->nr == KPC_LIVES_MAX)
		return -E2BIG;
	if (lives->nr == lives->room) {
		grown = reallocarray(lives->life, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		lives->life = grown;
		lives->room = room;
	}
	lives->life[lives->nr] = *life;
	lives->life[lives->nr].order = lives->nr;
	lives->nr++;
	return 0;
}

int kpc_lives_add(struct kpc_lives *lives, struct kpc_wire body)
{
	uint32_t before = lives->nr;
	struct kpc_task_event event;
	int ret;

	while ((ret = kpc_task_event_next(&body, &event)) > 0) {
		struct kpc_life life = {
			.time_ns = event.time_ns,
			.pid = event.pid,
			.tid = event.tid,
			.parent_pid = event.parent_pid,
			.parent_tid = event.parent_tid,
			.ends = event.what == KPC_TASK_EXIT,
		};

		if (!life.ends && event.what != KPC_TASK_FORK)
			continue;
		/* Of a thread it isn't said. */
		if (!life.ends && !life.parent_pid)
			life.parent_pid = life.pid;
		ret = append(lives, &life);
		if (ret)
			break;
	}
	if (ret)
		lives->nr = before;
	return ret;
}

static int compare(const void *left, const void *right)
{
	const struct kpc_life *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void kpc_lives_finish(struct kpc_lives *lives)
{
	if (lives->nr)
		qsort(lives->life, lives->nr, sizeof(*lives->life), compare);
}

void kpc_lives_uninit(struct kpc_lives *lives)
{
	free(lives->life);
	*lives = (struct kpc_lives){ 0 };
}
