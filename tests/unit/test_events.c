// SPDX-License-Identifier: GPL-2.0-only
/* test_events - with which attributes events are opened */
#include <string.h>

#include "events.h"
#include "unit.h"

static struct kpc_event event;
static struct kpc_opening opening;

/* As @o says, for a source, under -c or -F. */
static const struct perf_event_attr *prepared(enum kpc_source source,
					      struct kpc_opening o,
					      uint64_t period,
					      uint64_t frequency)
{
	struct kpc_sampling sampling = { .period = period,
					 .frequency = frequency };
	struct kpc_events events = { .event = &event,
				     .opening = &opening,
				     .nr = 1 };

	event = (struct kpc_event){ .source = source };
	opening = o;
	kpc_events_prepare(&events, &sampling);
	return &opening.attr;
}

#define PERIOD_OF(...) \
	(!!(prepared(__VA_ARGS__)->sample_type & PERF_SAMPLE_PERIOD))

static void hits(void **state)
{
	const struct kpc_opening probe = { .probe = 1 };
	const struct perf_event_attr *attr;

	(void)state;
	attr = prepared(KPC_SOURCE_KPROBEX, probe, 0, 0);
	assert_int_equal(attr->sample_period, 1);
	assert_false(attr->freq || (attr->sample_type & PERF_SAMPLE_PERIOD));
	assert_true(attr->sample_type & PERF_SAMPLE_RAW);
	attr = prepared(KPC_SOURCE_KPROBEX, probe, 7, 0);
	assert_int_equal(attr->sample_period, 7);
	attr = prepared(KPC_SOURCE_KPROBEX, probe, 0, 99);
	assert_int_equal(attr->sample_freq, 99);
	assert_true(attr->freq && (attr->sample_type & PERF_SAMPLE_PERIOD));
}

/* With PERF_SAMPLE_PERIOD perf would take every hit, whatever the period. */
static void values_never_with_period(void **state)
{
	const struct kpc_opening probe = { .probe = 1, .valued = true };

	(void)state;
	assert_false(PERIOD_OF(KPC_SOURCE_KPROBEX, probe, 0, 0));
	assert_false(PERIOD_OF(KPC_SOURCE_KPROBEX, probe, 1, 0));
	assert_false(PERIOD_OF(KPC_SOURCE_KPROBEX, probe, 1048576, 0));
	assert_false(PERIOD_OF(KPC_SOURCE_KPROBEX, probe, 0, 99));
	assert_true(opening.attr.freq);
}

/* The event's own term is stronger than -c and -F. */
static void own_period(void **state)
{
	const struct kpc_opening probe = { .probe = 1, .period = 5 };

	(void)state;
	assert_int_equal(
		prepared(KPC_SOURCE_KPROBEX, probe, 7, 0)->sample_period, 5);
	assert_int_equal(
		prepared(KPC_SOURCE_KPROBEX, probe, 0, 99)->sample_period, 5);
	assert_false(opening.attr.freq ||
		     (opening.attr.sample_type & PERF_SAMPLE_PERIOD));
}

static void others(void **state)
{
	const struct kpc_opening clock = { .clock = true };
	const struct kpc_opening weighted = { .weighted = true };

	(void)state;
	assert_true(PERIOD_OF(KPC_SOURCE_SOFTWARE, clock, 0, 0));
	assert_int_equal(opening.attr.sample_freq, KPC_CLOCK_HZ);
	assert_false(PERIOD_OF(KPC_SOURCE_SOFTWARE, clock, 1000, 0));
	assert_int_equal(opening.attr.sample_period, 1000);
	assert_true(PERIOD_OF(KPC_SOURCE_TRACEPOINT, weighted, 0, 0));
	assert_true(PERIOD_OF(KPC_SOURCE_TRACEPOINT, weighted, 1, 0));
	assert_false(PERIOD_OF(KPC_SOURCE_TRACEPOINT, weighted, 1000, 0));
}

/* Nobody wants a sample of each cycle. */
static void counters(void **state)
{
	const struct kpc_opening cycles = { .counter = true, .fast = true };
	const struct kpc_opening often = { .counter = true, .frequency = 99 };
	const struct kpc_opening each = { .counter = true, .period = 7 };
	const struct perf_event_attr *attr;

	(void)state;
	attr = prepared(KPC_SOURCE_HARDWARE, cycles, 0, 0);
	assert_true(attr->freq && attr->sample_freq == KPC_CLOCK_HZ);
	assert_true(attr->sample_type & PERF_SAMPLE_IP);
	assert_false(attr->sample_type & PERF_SAMPLE_RAW);
	attr = prepared(KPC_SOURCE_HARDWARE, cycles, 1000, 0);
	assert_false(attr->freq);
	assert_int_equal(attr->sample_period, 1000);
	attr = prepared(KPC_SOURCE_SOFTWARE, often, 1000, 0);
	assert_true(attr->freq && attr->sample_freq == 99);
	attr = prepared(KPC_SOURCE_SOFTWARE, each, 0, 99);
	assert_false(attr->freq);
	assert_int_equal(attr->sample_period, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hits),
		cmocka_unit_test(values_never_with_period),
		cmocka_unit_test(own_period),
		cmocka_unit_test(others),
		cmocka_unit_test(counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
