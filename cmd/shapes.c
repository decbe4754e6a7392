// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "errnoname.h"
#include "ip4.h"
#include "shapes.h"

#define SLOTS_LEAST 64

struct shapes {
	const struct shapes_style *style;
	bool with_errno;
	struct shape *shapes; /* a hash table by event */
	uint32_t nr_slots;
	uint32_t nr;
};

struct shapes *shapes_new(const struct shapes_style *style, bool with_errno)
{
	struct shapes *shapes = calloc(1, sizeof(*shapes));

	if (!shapes)
		return NULL;
	shapes->style = style;
	shapes->with_errno = with_errno;
	shapes->nr_slots = SLOTS_LEAST;
	shapes->shapes = calloc(shapes->nr_slots, sizeof(*shapes->shapes));
	if (!shapes->shapes) {
		free(shapes);
		return NULL;
	}
	return shapes;
}

void shapes_free(struct shapes *shapes)
{
	if (!shapes)
		return;
	for (uint32_t i = 0; i < shapes->nr_slots; i++) {
		free(shapes->shapes[i].texts);
		free(shapes->shapes[i].items);
	}
	free(shapes->shapes);
	free(shapes);
}

/* ---- an event's ---------------------------------------------------------- */

static size_t texts_bound(const struct kpc_event *event)
{
	size_t bytes =
		strlen(event->name) * SHAPES_NAME_BYTES + SHAPES_MORE_BYTES;

	for (uint32_t i = 0; i < event->nr_fields; i++)
		bytes += strlen(event->fields[i].name) * SHAPES_NAME_BYTES +
			 SHAPES_MORE_BYTES;
	return bytes;
}

static void add_item(const struct shapes_style *style, struct shape *shape,
		     uint32_t f, char **at, uint32_t left)
{
	const struct kpc_field *field = &shape->event->fields[f];
	bool first = !shape->nr_items;
	struct item *item = &shape->items[shape->nr_items++];

	*item = (struct item){
		.before = *at,
		.field = f,
		.kind = field->kind,
		.closes = left == 1,
		.is_ip4 = ip4_applies(field),
	};
	if (field->elements || !left) {
		*at = style->field(*at, field->name, first);
		if (field->elements)
			*(*at)++ = style->array;
	} else {
		*(*at)++ = ',';
	}
	item->before_bytes = *at - item->before;
}

/* Elements of an array follow each other; @left counts those to come. */
static void add_items(const struct shapes_style *style, struct shape *shape,
		      char *at)
{
	const struct kpc_event *event = shape->event;
	uint32_t left = 0;

	for (uint32_t f = 0; f < event->nr_fields; f++) {
		const struct kpc_field *field = &event->fields[f];

		if (field->elements)
			left = field->elements;
		if (!field->common)
			add_item(style, shape, f, &at, left);
		if (left)
			left--;
	}
	shape->texts_bytes = at - shape->texts;
}

static void mark_errno(struct shape *shape)
{
	for (uint32_t i = 0; i < shape->nr_items; i++) {
		struct item *item = &shape->items[i];

		item->is_errno = errnoname_applies(shape->event, item->field);
	}
}

static bool shape_init(struct shape *shape, const struct kpc_event *event,
		       const struct shapes *shapes)
{
	char *at = malloc(texts_bound(event));

	*shape = (struct shape){ .texts = at };
	shape->items = calloc(event->nr_fields + 1, sizeof(*shape->items));
	if (!shape->texts || !shape->items) {
		free(shape->texts);
		free(shape->items);
		*shape = (struct shape){ 0 };
		return false;
	}
	shape->event = event;
	at = shapes->style->event(at, event->name);
	shape->name_bytes = at - shape->texts;
	add_items(shapes->style, shape, at);
	if (shapes->with_errno)
		mark_errno(shape);
	return true;
}

/* ---- the table ----------------------------------------------------------- */

static struct shape *slot_of(const struct shapes *shapes,
			     const struct kpc_event *event)
{
	uint32_t mask = shapes->nr_slots - 1;
	uint32_t slot = ((uintptr_t)event * 0x9e3779b97f4a7c15ull >> 40) & mask;

	while (shapes->shapes[slot].event &&
	       shapes->shapes[slot].event != event)
		slot = (slot + 1) & mask;
	return &shapes->shapes[slot];
}

static bool grow(struct shapes *shapes)
{
	struct shapes grown = *shapes;

	grown.nr_slots *= 2;
	grown.shapes = calloc(grown.nr_slots, sizeof(*grown.shapes));
	if (!grown.shapes)
		return false;
	for (uint32_t i = 0; i < shapes->nr_slots; i++)
		if (shapes->shapes[i].event)
			*slot_of(&grown, shapes->shapes[i].event) =
				shapes->shapes[i];
	free(shapes->shapes);
	*shapes = grown;
	return true;
}

const struct shape *shapes_of(struct shapes *shapes,
			      const struct kpc_event *event)
{
	struct shape *shape = slot_of(shapes, event);

	if (shape->event)
		return shape;
	if (shapes->nr * 2 >= shapes->nr_slots) {
		if (!grow(shapes))
			return NULL;
		shape = slot_of(shapes, event);
	}
	shapes->nr++;
	return shape_init(shape, event, shapes) ? shape : NULL;
}
