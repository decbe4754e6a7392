// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "clockmap.h"

#define POINTS_MAX (1u << 20)
#define SLEW_SHARE 1000 /* clocks that drift by more than 1/1000 were set */

int kpc_clockmap_add(struct kpc_clockmap *map,
		     const struct kpc_clock_point *point)
{
	uint32_t room = map->room ? map->room * 2 : 16;
	struct kpc_clock_point *points;

	if (map->nr == POINTS_MAX)
		return 0;
	if (map->nr == map->room) {
		points = realloc(map->points, room * sizeof(*points));
		if (!points)
			return -ENOMEM;
		map->points = points;
		map->room = room;
	}
	map->points[map->nr++] = *point;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct kpc_clock_point *a = left;
	const struct kpc_clock_point *b = right;

	if (a->trace_ns != b->trace_ns)
		return a->trace_ns < b->trace_ns ? -1 : 1;
	return a->offset_ns < b->offset_ns ? -1 : a->offset_ns > b->offset_ns;
}

void kpc_clockmap_finish(struct kpc_clockmap *map)
{
	if (map->nr)
		qsort(map->points, map->nr, sizeof(*map->points), compare);
}

/* How far the offset goes from a point to the next, if it does so smoothly. */
static bool slews(const struct kpc_clock_point *point, int64_t *by)
{
	uint64_t span = point[1].trace_ns - point->trace_ns;
	uint64_t least;

	/* Of a hostile file they may be anything. */
	if (__builtin_sub_overflow(point[1].offset_ns, point->offset_ns, by))
		return false;
	least = *by < 0 ? -(uint64_t)*by : (uint64_t)*by;
	return least <= span / SLEW_SHARE;
}

static uint32_t find(struct kpc_clockmap *map, uint64_t time_ns)
{
	const struct kpc_clock_point *points = map->points;
	uint32_t low = map->last;
	uint32_t n = map->nr;

	if (points[low].trace_ns <= time_ns &&
	    (low + 1 == n || points[low + 1].trace_ns > time_ns))
		return low;
	for (low = 0; n > 1;) {
		uint32_t half = n / 2;

		if (points[low + half].trace_ns <= time_ns)
			low += half;
		n -= half;
	}
	map->last = low;
	return low;
}

int64_t kpc_clockmap_realtime(struct kpc_clockmap *map, uint64_t time_ns)
{
	const struct kpc_clock_point *point;
	uint64_t offset;
	int64_t by;

	if (!map->nr)
		return time_ns;
	point = &map->points[find(map, time_ns)];
	offset = point->offset_ns;
	if (time_ns > point->trace_ns && point + 1 < map->points + map->nr &&
	    slews(point, &by))
		offset += (int64_t)((__int128)by * (time_ns - point->trace_ns) /
				    (point[1].trace_ns - point->trace_ns));
	return time_ns + offset;
}

uint64_t kpc_clockmap_uncertainty(const struct kpc_clockmap *map)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < map->nr; i++)
		if (map->points[i].uncertainty_ns > most)
			most = map->points[i].uncertainty_ns;
	return most;
}

uint32_t kpc_clockmap_steps(const struct kpc_clockmap *map)
{
	uint32_t steps = 0;
	int64_t by;

	for (uint32_t i = 0; i + 1 < map->nr; i++)
		steps += !slews(&map->points[i], &by);
	return steps;
}

void kpc_clockmap_uninit(struct kpc_clockmap *map)
{
	free(map->points);
	*map = (struct kpc_clockmap){ 0 };
}
