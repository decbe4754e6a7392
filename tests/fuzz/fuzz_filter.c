// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as an expression over rows and over raw records. A row that an expression
 * lets in its negation doesn't; a short record has no more of them than the whole.
 * Before the first NUL is the text, behind it the record.
 */
#include "condition.h"
#include "exprrun.h"
#include "fuzz.h"

#define RECORD_BYTES 64
#define OWN_NAMES    4

static struct kpc_symbol symbols[] = {
	{ 1, (char *)"ONE" },
	{ UINT64_MAX, (char *)"LAST ONE" },
};

#define FIELD(_name, _offset, _bytes, _kind, ...)                              \
	{                                                                      \
		.name = (char *)_name, .type = (char *)"t", .offset = _offset, \
		.bytes = _bytes, .kind = _kind, __VA_ARGS__                    \
	}

static struct kpc_field fields[] = {
	FIELD("count", 0, 8, KPC_FIELD_UNSIGNED),
	FIELD("ret", 8, 4, KPC_FIELD_SIGNED, .symbols = symbols,
	      .nr_symbols = 2),
	FIELD("bits", 12, 4, KPC_FIELD_SIGNED, .bit_offset = 3, .bits = 7),
	FIELD("args", 16, 2, KPC_FIELD_HEX, .elements = 2),
	FIELD("args", 18, 2, KPC_FIELD_HEX),
	FIELD("name", 20, 8, KPC_FIELD_STRING),
	FIELD("path", 28, 4, KPC_FIELD_STRING, .dynamic = true),
	FIELD("blob", 32, 8, KPC_FIELD_BYTES),
	FIELD("n7", 40, 1, KPC_FIELD_UNSIGNED),
};

static const struct kpc_event event = {
	.name = (char *)"sys:event",
	.fields = fields,
	.nr_fields = sizeof(fields) / sizeof(*fields),
};

static const struct kpc_expr_own own[OWN_NAMES] = {
	{ "event", .is_text = true, .is_event = true },
	{ "comm", .is_text = true },
	{ "pid", .is_signed = true },
	{ "time", .is_time = true },
};

/* What there is of a record depends on @ctx, so that much is unknown. */
static bool load(void *ctx, const struct kpc_expr_operand *operand,
		 struct kpc_expr_value *value)
{
	uint64_t known = *(const uint64_t *)ctx;
	uint32_t i = operand->field & 31;

	if (!(operand->field & KPC_EXPR_OWN))
		CHECK(operand->field < event.nr_fields);
	else
		CHECK((operand->field & ~KPC_EXPR_OWN) < OWN_NAMES);
	if (known >> i & 1)
		return false;
	value->u = (int64_t)known >> i % 7 * 9;
	value->text = (const uint8_t *)ctx;
	value->text_bytes = known % (sizeof(known) + 1);
	return true;
}

static void check_program(const struct kpc_expr_program *program)
{
	for (uint32_t i = 0; i < program->nr; i++) {
		const uint16_t to[] = { program->steps[i].yes,
					program->steps[i].no,
					program->steps[i].unknown };

		for (int t = 0; t < 3; t++)
			CHECK(to[t] >= KPC_EXPR_FALSE ||
			      (to[t] > i && to[t] < program->nr));
	}
}

static struct kpc_expr_program *bind(const struct kpc_expr *expr)
{
	const struct kpc_expr_scope scope = { own, OWN_NAMES, 1000 };
	struct kpc_expr_findings findings = { 0 };
	struct kpc_expr_program *program;

	CHECK(!kpc_expr_bind(expr, &event, &scope, &findings, &program));
	for (uint32_t i = 0; i < expr->nr; i++)
		CHECK(findings.compare[i].is_good ||
		      (*findings.compare[i].reason && findings.compare[i].at));
	check_program(program);
	return program;
}

static void check_rows(const char *text, uint64_t seed)
{
	struct kpc_expr *expr, *opposite;
	struct kpc_expr_program *is, *is_not;
	char error[1024] = "";
	char *not_text;

	if (kpc_expr_new(&expr, "filter", text, 0, error, sizeof(error))) {
		CHECK(strchr(error, '\n'));
		return;
	}
	not_text = malloc(strlen(text) + 4);
	sprintf(not_text, "!(%s)", text);
	/* Two levels more may be too many. */
	if (!kpc_expr_new(&opposite, "filter", not_text, 0, error,
			  sizeof(error))) {
		is = bind(expr);
		is_not = bind(opposite);
		for (int i = 0; i < 16; i++) {
			CHECK(!kpc_expr_run(is, load, &seed) ||
			      !kpc_expr_run(is_not, load, &seed));
			seed = seed * 6364136223846793005 + 1442695040888963407;
		}
		free(is);
		free(is_not);
		kpc_expr_free(opposite);
	}
	free(not_text);
	kpc_expr_free(expr);
}

static void check_records(const char *text, const uint8_t *raw, size_t bytes)
{
	struct kpc_condition *condition;
	char error[1024];

	if (kpc_condition_new(&condition, &event, text, text, error,
			      sizeof(error)))
		return;
	for (size_t n = 0; n <= bytes; n++) {
		/* Exactly as many, for the sanitizer. */
		uint8_t *copy = malloc(n + !n);

		memcpy(copy, raw, n);
		kpc_condition_holds(condition, copy, n);
		free(copy);
	}
	kpc_condition_free(condition);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t used = strnlen((const char *)data, size);
	size_t left = size - used - (used < size);
	uint64_t seed = 0x123456789abcdef;

	memcpy(text, data, used);
	text[used] = '\0';
	data += size - left;
	memcpy(&seed, data, left < sizeof(seed) ? left : sizeof(seed));
	check_rows(text, seed);
	check_records(text, data, left < RECORD_BYTES ? left : RECORD_BYTES);
	free(text);
	return 0;
}
