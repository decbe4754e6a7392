/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch - a session in a thread of its own, whose rows a view adds up, while another
 * thread looks
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "collect.h"
#include "preset.h"
#include "view.h"

struct watch;

/* What it is to look at: the session's options are filled in, but for consume. */
struct watch_opts {
	struct kpc_session_opts session;
	const struct preset *preset; /* whose events are taken; NULL: session's */
	struct view_opts view;
};

/*
 * Opens it; nothing runs yet. 0, or a negative errno with the reason in @error; of
 * what isn't as good as it could be @notice says why, "" of nothing.
 */
int watch_new(struct watch **watch, const struct watch_opts *opts, char *error,
	      size_t error_size, char *notice, size_t notice_size);
int watch_start(struct watch *watch);
/* From any thread or a signal handler. */
void watch_stop(struct watch *watch);
/* Waits so long, or until it has ended, or a signal came. */
void watch_wait(const struct watch *watch, const struct timespec *timeout);
/* Readable when it has ended. */
int watch_fd(const struct watch *watch);
bool watch_ended(const struct watch *watch);

/*
 * The view is the caller's until unlock. Pairs entries with returns as far as all
 * of them are there.
 */
struct view *watch_lock(struct watch *watch);
void watch_unlock(struct watch *watch);

/* What is missing so far, in words: "0 lost". Before and after the end. */
void watch_losses(struct watch *watch, char *text, size_t size);
uint64_t watch_elapsed_ns(const struct watch *watch);

/* Waits for the end. What run returned; 0 or a negative errno. */
int watch_join(struct watch *watch);
const char *watch_error(const struct watch *watch);
/* How it ended, and its books. */
const struct kpc_session *watch_session(const struct watch *watch);
void watch_free(struct watch *watch);

#endif /* WATCH_H */
