/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filename - the file that a row is about
 *
 * Of a probe with the arguments of FILENAME_ARGS, by the names of the file and of
 * the directories above it, the mount point of its device before them; of a system
 * call's tracepoint by its descriptor, as /proc has it a moment later.
 */
#ifndef FILENAME_H
#define FILENAME_H

#include <stddef.h>
#include <stdint.h>

#include "collect.h"

#define FILENAME_BYTES 4096

#define FILENAME_UPS 5 /* directories above it that are recorded */

/* Of a probe's definition, where FILE is the argument that is a struct file *. */
#define FILENAME_UP(FILE, UP) FILE "->f_path.dentry->" UP "d_name.name "
#define FILENAME_ARGS(FILE)                                                                                                                                \
	"name=" FILENAME_UP(FILE, "") "up1=" FILENAME_UP(FILE, "d_parent->") "up2=" FILENAME_UP(FILE, "d_parent->d_parent->") "up3=" FILENAME_UP(          \
		FILE,                                                                                                                                      \
		"d_parent->d_parent->d_parent->") "up4=" FILENAME_UP(FILE,                                                                                 \
								     "d_parent->d_parent->d_parent->"                                                      \
								     "d_parent->") "up5=" FILENAME_UP(FILE,                                                \
												      "d_parent->d_parent->d_parent->"                     \
												      "d_parent->d_parent->") "ino=" FILE                  \
															      "->f_inode->i_ino dev=" FILE \
															      "->f_inode->i_sb->s_dev "    \
															      "mode=" FILE                 \
															      "->f_inode->i_mode"

/* Where an event has what it takes; -1: it hasn't. */
struct filename_fields {
	int name, up[FILENAME_UPS], ino, dev, mode;
	int fd;
};

struct filename;

/* False: the event isn't about a file. */
bool filename_find(struct filename_fields *fields,
		   const struct kpc_event *event);
/* @mountinfo: a file as proc(5) has it; NULL: of this process. NULL without memory. */
struct filename *filename_new(const char *mountinfo);
void filename_free(struct filename *names); /* NULL ok */
/* Descriptors may be other files from now on. */
void filename_forget(struct filename *names);
/*
 * Writes the name, and behind it a NUL and what tells the file from others of that
 * name. Returns how many bytes that is.
 */
size_t filename_get(struct filename *names,
		    const struct filename_fields *fields,
		    const struct kpc_row *row, char out[FILENAME_BYTES]);

#endif /* FILENAME_H */
