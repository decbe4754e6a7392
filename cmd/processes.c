// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "processes.h"
#include "text.h"

#define FIRST 16u

/* Random, so that a file can't be made of ids that collide. */
static uint64_t multiplier(void)
{
	static uint64_t seed;

	if (!seed) {
		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) !=
		    sizeof(seed))
			seed = 0x9e3779b97f4a7c15ull;
		seed |= 1;
	}
	return seed;
}

static uint32_t *find(const struct processes *p, uint32_t pid)
{
	uint32_t mask = p->room * 2 - 1;
	uint32_t at = (pid + 1ull) * multiplier() >> 32 & mask;

	while (p->slots[at] && p->process[p->slots[at] - 1].pid != pid)
		at = (at + 1) & mask;
	return &p->slots[at];
}

/* False without memory, or at the limit. */
static bool grow(struct processes *p)
{
	uint32_t room = p->room ? p->room * 4 : FIRST;
	struct process *process;
	uint32_t *slots;

	if (room > PROCESSES_MAX)
		return false;
	slots = calloc(room * 2, sizeof(*slots));
	if (!slots)
		return false;
	process = realloc(p->process, room * sizeof(*process));
	if (!process) {
		free(slots);
		return false;
	}
	free(p->slots);
	p->process = process;
	p->slots = slots;
	p->room = room;
	for (uint32_t i = 0; i < p->nr; i++)
		*find(p, process[i].pid) = i + 1;
	return true;
}

static bool is_same(const struct processes *p, uint32_t pid)
{
	return p->nr && p->process[p->last].pid == pid;
}

void processes_add(struct processes *p, uint32_t pid, const char *comm,
		   uint64_t count)
{
	struct process *process;
	uint32_t *slot;

	if (!is_same(p, pid)) {
		slot = p->room ? find(p, pid) : NULL;
		if (!slot || !*slot) {
			if (p->nr == p->room && !grow(p)) {
				p->others += count;
				return;
			}
			p->process[p->nr++] = (struct process){ .pid = pid };
			slot = find(p, pid);
			*slot = p->nr;
		}
		p->last = *slot - 1;
	}
	process = &p->process[p->last];
	process->count += count;
	if (*comm && strcmp(process->comm, comm))
		snprintf(process->comm, sizeof(process->comm), "%s", comm);
}

static int compare(const void *left, const void *right)
{
	const struct process *a = left;
	const struct process *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

void processes_finish(struct processes *p)
{
	if (p->nr)
		qsort(p->process, p->nr, sizeof(*p->process), compare);
	p->nr_top = p->nr < PROCESSES_TOP ? p->nr : PROCESSES_TOP;
	if (p->nr_top)
		memcpy(p->top, p->process, p->nr_top * sizeof(*p->top));
	free(p->process);
	free(p->slots);
	p->process = NULL;
	p->slots = NULL;
	p->room = 0;
}

void processes_uninit(struct processes *p)
{
	free(p->process);
	free(p->slots);
	*p = (struct processes){ 0 };
}

const char *process_text(const struct process *process, char *text,
			 unsigned int size)
{
	char comm[4 * PROCESSES_COMM];

	*text_put_word(comm, process->comm) = '\0';
	if (process->pid == UINT32_MAX)
		snprintf(text, size, "(unknown)");
	else if (!process->pid)
		snprintf(text, size, "(idle)");
	else
		snprintf(text, size, "%s%s(%u)", comm, *comm ? " " : "",
			 process->pid);
	return text;
}
