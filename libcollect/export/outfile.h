/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outfile - a file that is whole, or isn't there
 *
 * What is written goes to OUT.part-PID beside it, which becomes OUT at the end; free
 * without finish removes it. A pipe, a device and standard output are written as they
 * are. A symbolic link is followed to a regular file only. Writes are buffered, and
 * the first failure stays: what is written after it is dropped, so that a chain of
 * writes needs one check at its end.
 */
#ifndef KPC_OUTFILE_H
#define KPC_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fail.h"

#define KPC_OUTFILE_BYTES (256u << 10) /* of the buffer */

enum kpc_outfile_flags {
	/* kpc_outfile_patch() will be used: a pipe gets all of it at the end. */
	KPC_OUTFILE_SEEKS = 1,
	/* Not for a terminal. */
	KPC_OUTFILE_BINARY = 2,
};

struct kpc_outfile {
	int fd;
	int failed;	  /* negative errno of the first failure */
	char *name;	  /* for messages */
	char *path;	  /* where it goes in the end; NULL: it is there */
	char *part;	  /* where it is until then */
	int target;	  /* of a spool: who gets it; else -1 */
	uint64_t written; /* bytes that left the buffer */
	size_t used;
	char error[KPC_ERROR_BYTES];
	char buf[KPC_OUTFILE_BYTES];
};

/* @path "-": standard output. 0 or a negative errno, with the text in @error. */
int kpc_outfile_open(struct kpc_outfile **out, const char *path,
		     unsigned int flags, char *error, size_t error_size);
/* A new file in a directory of the caller's, which is there at once. */
int kpc_outfile_create(struct kpc_outfile **out, int dir, const char *name,
		       char *error, size_t error_size);
/* Writes out all, and gives the file its name. 0 or a negative errno. */
int kpc_outfile_finish(struct kpc_outfile *out);
/* NULL ok. */
void kpc_outfile_free(struct kpc_outfile *out);

/* The text of the first failure; "". */
static inline const char *kpc_outfile_error(const struct kpc_outfile *out)
{
	return out->error;
}

/* Bytes so far: the offset of what is written next. */
static inline uint64_t kpc_outfile_at(const struct kpc_outfile *out)
{
	return out->written + out->used;
}

/* Empties the buffer. 0 or the negative errno of the first failure. */
int kpc_outfile_flush(struct kpc_outfile *out);
/* Writes over what was written at @offset; needs KPC_OUTFILE_SEEKS. */
int kpc_outfile_patch(struct kpc_outfile *out, uint64_t offset,
		      const void *data, size_t bytes);
void kpc_outfile_write_large(struct kpc_outfile *out, const void *data,
			     size_t bytes);

/* Room for @bytes (less than half the buffer), of which commit says what was used. */
static inline char *kpc_outfile_room(struct kpc_outfile *out, size_t bytes)
{
	if (KPC_OUTFILE_BYTES - out->used < bytes)
		kpc_outfile_flush(out);
	return out->buf + out->used;
}

static inline void kpc_outfile_commit(struct kpc_outfile *out, const char *end)
{
	out->used = end - out->buf;
}

static inline void kpc_outfile_write(struct kpc_outfile *out, const void *data,
				     size_t bytes)
{
	if (bytes >= KPC_OUTFILE_BYTES / 2) {
		kpc_outfile_write_large(out, data, bytes);
		return;
	}
	memcpy(kpc_outfile_room(out, bytes), data, bytes);
	out->used += bytes;
}

/* ---- text ---------------------------------------------------------------- */

/* These return where they ended. */
char *kpc_put_u64(char *p, uint64_t v); /* at most 20 bytes */
char *kpc_put_s64(char *p, int64_t v);
char *kpc_put_hex(char *p, uint64_t v); /* with 0x; at most 18 bytes */

void kpc_outfile_char(struct kpc_outfile *out, char c);
void kpc_outfile_text(struct kpc_outfile *out, const char *text);
void kpc_outfile_u64(struct kpc_outfile *out, uint64_t v);
void kpc_outfile_s64(struct kpc_outfile *out, int64_t v);
void kpc_outfile_hex(struct kpc_outfile *out, uint64_t v);
void kpc_outfile_hex_bytes(struct kpc_outfile *out, const uint8_t *bytes,
			   size_t n);
/* A string of JSON. What isn't UTF-8 becomes the characters of its bytes' numbers. */
void kpc_outfile_json(struct kpc_outfile *out, const void *bytes, size_t n);
/* The same without its quotes. */
void kpc_outfile_json_part(struct kpc_outfile *out, const void *bytes,
			   size_t n);

#endif /* KPC_OUTFILE_H */
