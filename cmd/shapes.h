/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shapes - what doesn't change from row to row of an event, such as " NAME=", made
 * once: for lines.c and jsonlines.c
 */
#ifndef SHAPES_H
#define SHAPES_H

#include "collect.h"

/* A field, or an element of an array: what stands before and after it. */
struct item {
	const char *before;
	uint32_t before_bytes;
	uint32_t field;
	enum kpc_field_kind kind;
	bool closes;   /* an array */
	bool is_errno; /* below 0 it has a name */
	bool is_ip4;
};

/* All that is known of an event's line beforehand. */
struct shape {
	const struct kpc_event *event; /* NULL: a free slot */
	char *texts;		       /* the event's, and those before items */
	uint32_t name_bytes;
	struct item *items;
	uint32_t nr_items;
	size_t texts_bytes;
};

#define SHAPES_NAME_BYTES 6  /* a byte of a name may become so many, */
#define SHAPES_MORE_BYTES 32 /* and around it there may be so many */

/* How its texts are written: all return where they ended. */
struct shapes_style {
	char *(*event)(char *p, const char *name);
	/* Before the field @name that is the first one, or not. */
	char *(*field)(char *p, const char *name, bool first);
	char array; /* what opens an array; elements have commas between */
};

struct shapes;

/* NULL without memory. @style is borrowed. */
struct shapes *shapes_new(const struct shapes_style *style, bool with_errno);
void shapes_free(struct shapes *shapes); /* NULL ok */
/* NULL without memory. */
const struct shape *shapes_of(struct shapes *shapes,
			      const struct kpc_event *event);

#endif /* SHAPES_H */
