/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpflog - what libbpf says, which has one place to say it for a whole process
 */
#ifndef KPC_BPFLOG_H
#define KPC_BPFLOG_H

#define KPC_BPFLOG_TAIL 400 /* of the verifier's log, with the NUL */

struct kpc_bpflog {
	void (*log)(void *ctx, const char *line); /* NULL: nobody listens */
	void *ctx;
	char first[160];		/* warning, or "" */
	char verifier[KPC_BPFLOG_TAIL]; /* the last whole lines, or "" */
};

/*
 * From begin to end warnings go to @log->log, a line each, but for the log of a
 * program that is refused, of which the tail is kept. One at a time in a process:
 * others wait. Then libbpf prints as it did before.
 */
void kpc_bpflog_begin(struct kpc_bpflog *log);
void kpc_bpflog_end(void);

/* Takes one message of libbpf's; for tests. */
void kpc_bpflog_take(struct kpc_bpflog *log, const char *text);

#endif /* KPC_BPFLOG_H */
