// SPDX-License-Identifier: GPL-2.0-only
/* Expressions over rows: those that come are those that a plain reading lets in. */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>

#include "fixture.h"

#define CHUNKS 20
#define ROWS   50
#define ALL    (CHUNKS * ROWS)

static char *path;

static struct kpc_reader *open_reader(void)
{
	struct kpc_reader *reader;
	char error[512];

	if (kpc_reader_open(&reader, path, error, sizeof(error)))
		fail_msg("%s", error);
	kpc_reader_set_threads(reader, 1);
	return reader;
}

static int group_setup(void **state)
{
	(void)state;
	path = fixture_path();
	fixture_write(path, CHUNKS, ROWS);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return 0;
}

/* How many rows a filter lets in. */
static uint32_t count(const char *text)
{
	struct kpc_reader *reader = open_reader();
	struct kpc_row row;
	uint32_t nr = 0;

	if (kpc_reader_filter(reader, text))
		fail_msg("%s", kpc_reader_error(reader));
	while (kpc_reader_next(reader, &row) > 0)
		nr++;
	kpc_reader_close(reader);
	return nr;
}

/* ---- the oracle ---------------------------------------------------------- */

enum truth {
	FALSE,
	TRUE,
	UNKNOWN,
};

enum kind {
	AND,
	OR,
	NOT,
	COMPARE,
};

struct node {
	enum kind kind;
	struct node *left, *right;
	const char *name;
	const char *sign;
	int64_t number;
	const char *text; /* of a string, else NULL */
	bool is_event;	  /* a field of this event only: */
	uint32_t event;
	uint32_t field;
};

struct pool {
	struct node nodes[128];
	uint32_t nr;
	uint64_t seed;
	uint32_t compares;
};

static uint32_t draw(struct pool *pool, uint32_t below)
{
	return unit_random(&pool->seed) % below;
}

static void draw_number(struct pool *pool, struct node *node)
{
	static const char *const signs[] = { "==", "!=", "<", "<=",
					     ">",  ">=", "&" };
	static const struct {
		const char *name;
		int64_t from, range;
	} own[] = {
		{ "pid", 99, 5 }, { "tid", 99, 5 },	   { "cpu", -1, 6 },
		{ "ring", 0, 3 }, { "stack_depth", 0, 5 }, { "time", 1, 2 },
	};
	uint32_t i = draw(pool, 9);

	node->sign = signs[draw(pool, 7)];
	if (i < 6) {
		node->name = own[i].name;
		node->number = own[i].from + draw(pool, own[i].range);
		/* As a mask it would have to be one that the type has. */
		if (node->number < 0 && *node->sign == '&')
			node->number = 3;
		return;
	}
	node->is_event = true;
	node->event = i == 8;
	node->name = i == 6 ? "value" : i == 7 ? "common_pid" : "count";
	node->field = i == 6 ? 3 : 1;
	node->number = i == 6 ? (int64_t)draw(pool, 1100) - 20 :
		       i == 7 ? 99 + draw(pool, 5) :
				0xffff88810 + draw(pool, 99);
}

static void draw_text(struct pool *pool, struct node *node)
{
	static const char *const comms[] = { "dd", "odd name", "renamed", "",
					     "none" };
	static const char *const comm_globs[] = { "*d*", "[!r]*", "d?" };
	static const char *const events[] = { "vfs_write", "sys:other" };
	static const char *const names[] = { "n0", "n1", "n2", "n3" };
	static const char *const paths[] = { "p\"0", "p\"3", "p" };
	uint32_t i = draw(pool, 4);

	node->sign = draw(pool, 2) ? "==" : "!=";
	node->name = i == 0 ? "comm" :
		     i == 1 ? "event" :
		     i == 2 ? "name" :
			      "args.path";
	node->text = i == 0 ? comms[draw(pool, 5)] :
		     i == 1 ? events[draw(pool, 2)] :
		     i == 2 ? names[draw(pool, 4)] :
			      paths[draw(pool, 3)];
	node->is_event = i > 1;
	node->field = i == 2 ? 4 : 5;
	if (!i && draw(pool, 2)) {
		node->sign = "~";
		node->text = comm_globs[draw(pool, 3)];
	}
}

static struct node *draw_node(struct pool *pool, int depth)
{
	struct node *node = &pool->nodes[pool->nr++];

	*node = (struct node){ .kind = COMPARE };
	if (depth && draw(pool, 4))
		node->kind = draw(pool, 3);
	if (node->kind == COMPARE) {
		if (draw(pool, 2))
			draw_number(pool, node);
		else
			draw_text(pool, node);
		return node;
	}
	node->left = draw_node(pool, depth - 1);
	if (node->kind != NOT)
		node->right = draw_node(pool, depth - 1);
	return node;
}

__attribute__((format(printf, 2, 3))) static void add(char *text,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsprintf(text + strlen(text), format, args);
	va_end(args);
}

static void print(const struct node *node, char *text)
{
	switch (node->kind) {
	case COMPARE:
		add(text, "%s%s", node->name, node->sign);
		if (!node->text) {
			add(text, "%lld", (long long)node->number);
			break;
		}
		add(text, "\"");
		for (const char *c = node->text; *c; c++)
			add(text, "%s%c", *c == '"' ? "\\" : "", *c);
		add(text, "\"");
		break;
	case NOT:
		add(text, "!(");
		print(node->left, text);
		add(text, ")");
		break;
	default:
		add(text, "(");
		print(node->left, text);
		add(text, node->kind == AND ? ") && (" : ")||(");
		print(node->right, text);
		add(text, ")");
	}
}

static enum truth truth_of(bool is)
{
	return is ? TRUE : FALSE;
}

static enum truth compare_text(const struct node *node, const char *is)
{
	if (*node->sign == '~')
		return truth_of(!fnmatch(node->text, is, 0));
	return truth_of(!strcmp(is, node->text) == (*node->sign == '='));
}

static enum truth compare_number(const struct node *node, __int128 is)
{
	__int128 with = node->number;
	bool or_equal = node->sign[1] == '=';

	switch (*node->sign) {
	case '=':
		return truth_of(is == with);
	case '!':
		return truth_of(is != with);
	case '<':
		return truth_of(is < with || (or_equal && is == with));
	case '>':
		return truth_of(is > with || (or_equal && is == with));
	default:
		return truth_of((uint64_t)is & (uint64_t)with);
	}
}

static enum truth compare_field(const struct node *node,
				const struct kpc_row *row)
{
	const struct kpc_value *value = &row->values[node->field];
	const struct kpc_field *field;
	char text[64];

	if (row->event->id != node->event || row->payload)
		return UNKNOWN;
	field = &row->event->fields[node->field];
	if (field->kind == KPC_FIELD_STRING) {
		snprintf(text, sizeof(text), "%.*s", (int)value->blob_bytes,
			 (const char *)value->blob);
		return compare_text(node, text);
	}
	return compare_number(node, field->kind == KPC_FIELD_SIGNED ?
					    (__int128)(int64_t)value->u :
					    (__int128)value->u);
}

static enum truth compare(const struct node *node, const struct kpc_row *row)
{
	if (node->is_event)
		return compare_field(node, row);
	if (!strcmp(node->name, "comm"))
		return compare_text(node, row->comm);
	if (!strcmp(node->name, "event"))
		return compare_text(node, row->event->name);
	if (!strcmp(node->name, "time")) {
		struct node ns = *node;

		ns.number *= 1000000000;
		return compare_number(&ns, row->time_ns);
	}
	return compare_number(
		node, !strcmp(node->name, "pid")  ? (__int128)row->pid :
		      !strcmp(node->name, "tid")  ? (__int128)row->tid :
		      !strcmp(node->name, "cpu")  ? (__int128)row->cpu :
		      !strcmp(node->name, "ring") ? (__int128)row->ring :
						    (__int128)row->stack_depth);
}

static enum truth judge(const struct node *node, const struct kpc_row *row)
{
	enum truth left, right;

	if (node->kind == COMPARE)
		return compare(node, row);
	left = judge(node->left, row);
	if (node->kind == NOT)
		return left == UNKNOWN ? UNKNOWN : truth_of(left == FALSE);
	right = judge(node->right, row);
	if (node->kind == AND)
		return left == FALSE || right == FALSE ? FALSE :
		       left == TRUE && right == TRUE   ? TRUE :
							 UNKNOWN;
	return left == TRUE || right == TRUE   ? TRUE :
	       left == FALSE && right == FALSE ? FALSE :
						 UNKNOWN;
}

static void test_oracle(void **state)
{
	struct pool *pool = malloc(sizeof(*pool));
	struct kpc_reader *reader = open_reader();
	uint32_t some = 0;

	(void)state;
	pool->seed = 3;
	for (int round = 0; round < 600; round++) {
		const struct node *root;
		struct kpc_row row;
		char text[16384] = "";
		uint32_t want = 0, got = 0, wrong = 0;

		pool->nr = 0;
		root = draw_node(pool, 4);
		print(root, text);
		assert_int_equal(kpc_reader_filter(reader, NULL), 0);
		while (kpc_reader_next(reader, &row) > 0)
			want += judge(root, &row) == TRUE;
		if (kpc_reader_filter(reader, text))
			fail_msg("%s", kpc_reader_error(reader));
		while (kpc_reader_next(reader, &row) > 0) {
			got++;
			wrong += judge(root, &row) != TRUE;
		}
		if (got != want || wrong)
			fail_msg("%s: %u rows, %u of them wrong, not %u", text,
				 got, wrong, want);
		some += want && want != ALL;
	}
	/* They aren't all the same. */
	assert_in_range(some, 200, 600);
	kpc_reader_close(reader);
	free(pool);
}

/* ---- what it is used for ------------------------------------------------- */

static void test_counts(void **state)
{
	(void)state;
	assert_int_equal(count(NULL), ALL);
	assert_int_equal(count("event == 'vfs_write'"), ALL * 3 / 4);
	assert_int_equal(count("event ~ \"*:*\""), ALL / 4);
	assert_int_equal(count("time < +0.0001"), 100);
	assert_int_equal(count("time >= 1.0001 && time < 100us"), 0);
	assert_int_equal(count("time >= 1000100us && time < 1.0002"), 100);
	/* Of a record that couldn't be split nothing is known. */
	assert_int_equal(count("value >= -10 || !(value >= -10)") +
				 count("count & -0 || !(count & 0)"),
			 ALL - ALL / 11);
	assert_int_equal(count("args.value == value"), count("value >= -10"));
	assert_int_equal(count("tid == common_pid"), count("value >= -10"));
}

/* How many damaged chunks were met on the way. */
static uint64_t damaged(const char *name, const char *text)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct kpc_reader *reader;
	struct kpc_row row;
	char error[512];

	assert_int_equal(kpc_reader_open(&reader, name, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_filter(reader, text), 0);
	while (kpc_reader_next(reader, &row) > 0)
		;
	assert_int_equal(kpc_reader_health(reader, &health), 0);
	kpc_reader_close(reader);
	return health.damaged_packets;
}

/* A chunk that can have no such row isn't looked at: damage in it isn't found. */
static void test_chunks_passed(void **state)
{
	char *name = fixture_path();
	size_t bytes;
	uint8_t *data = fixture_load(path, &bytes);

	(void)state;
	data[bytes / 2] ^= 4;
	fixture_store(name, data, bytes);
	assert_int_equal(damaged(name, "value > 5 || count > 5"), 1);
	assert_int_equal(damaged(name, "time < +0.0001"), 0);
	assert_int_equal(damaged(name, "!(time >= +0.0001 || value == 3)"), 0);
	assert_int_equal(damaged(name, "event == 'sys:other' && value == 3"),
			 0);
	assert_int_equal(damaged(name, "cpu == 0 || cpu == 1") +
				 damaged(name, "cpu == 3"),
			 1);
	assert_int_equal(damaged(name, "!(ring != 0)") +
				 damaged(name, "value != 3 && ring >= 1"),
			 1);
	free(data);
	unlink(name);
	free(name);
}

static void assert_refused(const char *text, int err, int at, const char *why)
{
	struct kpc_reader *reader = open_reader();
	const char *error, *caret;

	assert_int_equal(kpc_reader_filter(reader, text), err);
	error = kpc_reader_error(reader);
	if (!strstr(error, why))
		fail_msg("%s: %s", text, error);
	caret = strrchr(error, '\n') + 1;
	assert_int_equal(strspn(caret, " "), at + 2);
	kpc_reader_close(reader);
}

static void test_errors(void **state)
{
	struct kpc_reader *reader = open_reader();
	struct kpc_table table;
	struct kpc_row row;
	uint32_t nr = 0;

	(void)state;
	assert_refused("", -EINVAL, 0, "bad filter: the name of a field");
	assert_refused("coumt > 1", -ENOENT, 0, "did you mean count?");
	assert_refused("xyzzy > 1", -ENOENT, 0,
		       "there are event, comm, pid, tid, cpu, time, ring, "
		       "stack_depth, cgroup, file, value, name, path, tail, "
		       "count");
	assert_refused("event == vfs_wrote", -ENOENT, 9,
		       "did you mean vfs_write?");
	assert_refused("event ~ 'x*' || cpu == 0", -ENOENT, 8,
		       "there are vfs_write, sys:other");
	assert_refused("pid == -ENOENTX", -EINVAL, 7, "number");
	assert_refused("comm == 5 && pid > comm", -EINVAL, 19, "number");
	assert_refused("tail == 5", -EINVAL, 0, "neither");
	assert_refused("count == -1", -EINVAL, 9, "no negative");
	assert_refused("time > soon", -EINVAL, 7, "seconds");
	assert_refused("time > 99999999999999", -EINVAL, 7, "seconds");
	assert_refused("cpu[0] == 1", -EINVAL, 3, "isn't an array");
	/* What was filtered before stays. */
	assert_int_equal(kpc_reader_filter(reader, "event == vfs_write"), 0);
	assert_int_equal(kpc_reader_filter(reader, "nix"), -EINVAL);
	while (kpc_reader_next(reader, &row) > 0)
		nr++;
	assert_int_equal(nr, ALL * 3 / 4);
	assert_int_equal(kpc_reader_rewind(reader), 0);
	assert_int_equal(kpc_reader_next_table(reader, 0, &table), -EINVAL);
	assert_int_equal(kpc_reader_filter(reader, NULL), 0);
	assert_int_equal(kpc_reader_next_table(reader, 0, &table), 1);
	kpc_reader_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_chunks_passed),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
