/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * processes - which processes something happened in, and how often
 */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#define PROCESSES_TOP  5
#define PROCESSES_MAX  65536u /* that are told apart */
#define PROCESSES_COMM 17

struct process {
	uint32_t pid;		   /* 0: idle; UINT32_MAX: not known */
	char comm[PROCESSES_COMM]; /* its last name that was seen */
	uint64_t count;
};

/* Zeroed is empty. */
struct processes {
	struct process *process; /* in the order of their coming */
	uint32_t nr;
	uint32_t room;
	uint32_t *slots; /* a hash table: 0, or a position + 1 */
	uint64_t others; /* of those there was no room for */
	uint32_t last;	 /* that was counted */
	struct process top[PROCESSES_TOP]; /* when it's finished */
	uint32_t nr_top;
};

void processes_add(struct processes *processes, uint32_t pid, const char *comm,
		   uint64_t count);
/* Nothing is added any more: only those with most are kept, most first. */
void processes_finish(struct processes *processes);
void processes_uninit(struct processes *processes);
/*
 * "tar (17)", "(idle)", "(unknown)", of printable ASCII, escaped; into @text of
 * @size bytes. Returns @text.
 */
const char *process_text(const struct process *process, char *text,
			 unsigned int size);

#endif /* PROCESSES_H */
