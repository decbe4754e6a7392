/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workload - the command that is recorded
 *
 * It is forked before the events are opened, so that it has none of their
 * descriptors, and held at a pipe until the recording is ready.
 */
#ifndef KPC_WORKLOAD_H
#define KPC_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct kpc_workload {
	pid_t pid;  /* 0: none */
	int pidfd;  /* readable when it has ended */
	int hold;   /* our end: a byte lets it go, closing ends it */
	int failed; /* an errno comes from here if exec fails */
	bool ended;
	int status; /* as waitpid(2) gives it, once ended */
};

/* Zeroed members, no process. */
void kpc_workload_init(struct kpc_workload *workload);
/* Forks; 0 or a negative errno with the reason. */
int kpc_workload_fork(struct kpc_workload *workload, char *const *argv,
		      char *error, size_t error_size);
/* Lets it go. -errno of a failed exec; then it has ended, with 126 or 127. */
int kpc_workload_start(struct kpc_workload *workload);
/* Has it ended? Then it was waited for, and status is valid. */
bool kpc_workload_poll(struct kpc_workload *workload);
/*
 * Without the command having been started, ends it. One that runs is left
 * alone. Closes the descriptors.
 */
void kpc_workload_uninit(struct kpc_workload *workload);

#endif /* KPC_WORKLOAD_H */
