/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * taskevent - what a thread did, as a packet of context has it, in a serialised Tasks
 */
#ifndef KPC_TASKEVENT_H
#define KPC_TASKEVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

#define KPC_COMM_BYTES 16

enum kpc_task_what { /* as TaskEvent.What */
	KPC_TASK_EXISTS,
	KPC_TASK_FORK,
	KPC_TASK_NAME,
	KPC_TASK_EXIT,
};

struct kpc_task_event {
	enum kpc_task_what what;
	uint64_t time_ns;
	uint32_t pid;
	uint32_t tid;
	uint32_t parent_tid;
	char comm[KPC_COMM_BYTES]; /* NUL-padded; all may be used */
	uint32_t parent_pid;	   /* FORK of a process, not of a thread */
	bool exec;		   /* NAME: by execve(2) */
};

/*
 * The next one of @body, which moves on: 1, 0 at the end, or -EBADMSG. What a later
 * version says of a thread is taken for EXISTS.
 */
int kpc_task_event_next(struct kpc_wire *body, struct kpc_task_event *event);

#endif /* KPC_TASKEVENT_H */
