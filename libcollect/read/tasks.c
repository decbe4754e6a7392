// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

#include "tasks.h"

struct kpc_task_range {
	uint32_t tid;
	uint32_t start;
	uint32_t nr;   /* 0: a free slot */
	uint32_t last; /* found last, from start */
};

static int tasks_append(struct kpc_tasks *tasks, const struct kpc_task *task)
{
	uint32_t room = tasks->room ? tasks->room * 2 : 256;
	struct kpc_task *grown;

	if (tasks->nr == KPC_TASKS_MAX)
		return -E2BIG;
	if (tasks->nr == tasks->room) {
		grown = realloc(tasks->tasks, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		tasks->tasks = grown;
		tasks->room = room;
	}
	tasks->tasks[tasks->nr] = *task;
	tasks->tasks[tasks->nr].order = tasks->nr;
	tasks->nr++;
	return 0;
}

int kpc_tasks_add(struct kpc_tasks *tasks, struct kpc_wire body)
{
	uint32_t before = tasks->nr;
	struct kpc_task_event event;
	struct kpc_task task;
	int ret;

	while ((ret = kpc_task_event_next(&body, &event)) > 0) {
		/* A thread keeps its name after its end. */
		if (event.what == KPC_TASK_EXIT)
			continue;
		task = (struct kpc_task){
			.time_ns = event.time_ns,
			.tid = event.tid,
			.pid = event.pid,
		};
		memcpy(task.comm, event.comm, sizeof(event.comm));
		ret = tasks_append(tasks, &task);
		if (ret)
			break;
	}
	if (ret)
		tasks->nr = before;
	return ret;
}

static int compare(const void *left, const void *right)
{
	const struct kpc_task *a = left;
	const struct kpc_task *b = right;

	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static struct kpc_task_range *range_of(const struct kpc_tasks *tasks,
				       uint32_t tid)
{
	uint32_t mask = tasks->nr_ranges - 1;
	uint32_t slot = (tid + 1ull) * tasks->seed >> 32 & mask;

	while (tasks->ranges[slot].nr && tasks->ranges[slot].tid != tid)
		slot = (slot + 1) & mask;
	return &tasks->ranges[slot];
}

int kpc_tasks_finish(struct kpc_tasks *tasks)
{
	uint32_t threads = 0;
	uint32_t slots = 16;

	if (!tasks->nr)
		return 0;
	qsort(tasks->tasks, tasks->nr, sizeof(*tasks->tasks), compare);
	for (uint32_t i = 0; i < tasks->nr; i++)
		threads += !i || tasks->tasks[i].tid != tasks->tasks[i - 1].tid;
	while (slots < threads * 2)
		slots *= 2;
	free(tasks->ranges);
	tasks->ranges = calloc(slots, sizeof(*tasks->ranges));
	if (!tasks->ranges)
		return -ENOMEM;
	tasks->nr_ranges = slots;
	/* Without randomness it's only a hash. */
	if (getrandom(&tasks->seed, sizeof(tasks->seed), GRND_NONBLOCK) !=
	    sizeof(tasks->seed))
		tasks->seed = 0x9e3779b97f4a7c15ull;
	tasks->seed |= 1;
	for (uint32_t i = 0; i < tasks->nr; i++) {
		struct kpc_task_range *range =
			range_of(tasks, tasks->tasks[i].tid);

		if (!range->nr++) {
			range->tid = tasks->tasks[i].tid;
			range->start = i;
		}
	}
	return 0;
}

/* The last of @n sorted tasks at or before the time; the first if none is. */
static uint32_t search(const struct kpc_task *tasks, uint32_t n,
		       uint64_t time_ns)
{
	uint32_t low = 0;

	while (n > 1) {
		uint32_t half = n / 2;

		if (tasks[low + half].time_ns <= time_ns)
			low += half;
		n -= half;
	}
	return low;
}

const struct kpc_task *kpc_tasks_find(struct kpc_tasks *tasks, uint32_t tid,
				      uint64_t time_ns)
{
	struct kpc_task_range *range;
	const struct kpc_task *first;
	uint32_t at;

	if (!tasks->nr_ranges)
		return NULL;
	range = range_of(tasks, tid);
	if (!range->nr)
		return NULL;
	first = tasks->tasks + range->start;
	at = range->last;
	if (first[at].time_ns > time_ns ||
	    (at + 1 < range->nr && first[at + 1].time_ns <= time_ns))
		at = search(first, range->nr, time_ns);
	range->last = at;
	return &first[at];
}

void kpc_tasks_uninit(struct kpc_tasks *tasks)
{
	free(tasks->tasks);
	free(tasks->ranges);
	*tasks = (struct kpc_tasks){ 0 };
}
