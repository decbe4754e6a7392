// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_memory.h"

#include "../core/expr.h"
#include "../core/fetch.h"
#include "../core/spec.h"

#define RECORD_BYTES 512

/* The fields that conditions are about, and what they hold. */
#define HEAD                                                           \
	"p:n f u=%di:u8 s=%si:s32 x=%dx:x64 l=%cx:s64 b=%di:b4@2/8 "   \
	"c=%r8:char name=$comm path=+0(%r9):string no=+0(%ax):string " \
	"a=+0(%r9):u8[4] sym=%dx:symbol "

static struct kpx_spec *parse(struct kunit *test, const char *condition,
			      int want, struct kpx_error *err)
{
	char *text = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);
	struct kpx_spec *spec = NULL;
	size_t len;

	len = snprintf(text, KPX_DEFINITION_SIZE, "%sif%s%s", HEAD,
		       condition[0] ? " " : "", condition);
	memset(err, 0, sizeof(*err));
	KUNIT_EXPECT_EQ_MSG(test,
			    kpx_spec_parse(kpx_slice(text, len), 0, &spec, err),
			    want, "'%s': %s", condition, err->text);
	return spec;
}

static void fetch(const struct kpx_spec *spec, void *record)
{
	struct pt_regs regs = {
		.di = 200, /* u; b is 2 */
		.si = (unsigned long)-7,
		.dx = 0xffffffff81000000UL,
		.cx = (unsigned long)-1,
		.r8 = 'q',
		.r9 = FAKE_KERNEL,
		.ax = 0x10,
	};
	struct kpx_fetch_source source = { .regs = &regs,
					   .ip = 0xffffffff81234560ULL };
	bool truncated = false;

	memcpy(fake.comm, "kworker/0:1", 12);
	memcpy(fake.kernel, "/etc/[motd]\\\"", 14);
	kpx_fetch_record(&spec->fetch, &source, 0, RECORD_BYTES, record,
			 &truncated);
}

static bool is_true(struct kunit *test, const char *condition)
{
	void *record = kunit_kzalloc(test, RECORD_BYTES, GFP_KERNEL);
	struct kpx_error err;
	struct kpx_spec *spec = parse(test, condition, 0, &err);
	bool truth;

	if (!spec)
		return false;
	fetch(spec, record);
	truth = kpx_expr_eval(spec->condition, record);
	kpx_spec_free(spec);
	return truth;
}

static void check(struct kunit *test, const char *condition, bool want)
{
	KUNIT_EXPECT_EQ_MSG(test, is_true(test, condition), want, "of '%s'",
			    condition);
}

static void test_numbers(struct kunit *test)
{
	check(test, "u == 200", true);
	check(test, "u == 0xc8", true);
	check(test, "u == 0310", true);
	check(test, "u != 200", false);
	check(test, "u < 200", false);
	check(test, "u <= 200", true);
	check(test, "u > 199", true);
	check(test, "u >= 201", false);
	check(test, "u & 8", true);
	check(test, "u & 0x37", false);
	check(test, "s == -7", true);
	check(test, "s < 0", true);
	check(test, "s > -8", true);
	check(test, "s >= -7", true);
	check(test, "s & 0x80000000", true);
	check(test, "s & -8", true);
	check(test, "l & 0x8000000000000000", true);
	check(test, "s == -0x7", true);
	check(test, "x > 0xffffffff80ffffff", true);
	check(test, "x == 18446744071578845184", true);
	check(test, "l == -1", true);
	check(test, "l < 0", true);
	check(test, "b == 2", true);
	check(test, "b <= 15", true);
	check(test, "c == 'q'", true);
	check(test, "c > 'p' && c < 'r'", true);
	check(test, "c == '\\n' || c == '\\t' || c == '\\0'", false);
	check(test, "c != '\\'' && c != '\\\\' && c != '\"' && c != ' '", true);
	check(test, "sym == 0xffffffff81000000", true);
	check(test, "__probe_ip == 0xffffffff81234560", true);
}

/* Fields with each other, as numbers are and not as their bits are. */
static void test_two_fields(struct kunit *test)
{
	check(test, "u == u", true);
	check(test, "s < u", true);
	check(test, "u > s", true);
	check(test, "l != x", true);
	check(test, "l < x", true);
	check(test, "x < l", false);
	check(test, "x >= l", true);
	check(test, "s < l", true);
	check(test, "l <= s", false);
	check(test, "x == sym", true);
	check(test, "u & b", false);
	check(test, "u & c", true);
}

static void test_strings(struct kunit *test)
{
	check(test, "name == \"kworker/0:1\"", true);
	check(test, "name == \"kworker/0:\"", false);
	check(test, "name == \"kworker/0:10\"", false);
	check(test, "name != \"kworker/0:1\"", false);
	check(test, "name != \"\"", true);
	check(test, "name ~ \"kworker*\"", true);
	check(test, "!name ~ \"kworker*\"", false);
	check(test, "path == \"/etc/[motd]\\\\\\\"\"", true);
	check(test, "path ~ \"*[[]motd]*\"", true);
	/* one that faults is no text at all */
	check(test, "no == \"\"", false);
	check(test, "no != \"\"", true);
	check(test, "no ~ \"*\"", false);
}

static void test_logic(struct kunit *test)
{
	check(test, "u==200&&s==-7", true);
	check(test, "u == 1 || s == -7", true);
	check(test, "u == 1 || s == 7 || b == 2", true);
	check(test, "u == 1 && s == -7 || b == 2", true);
	check(test, "b == 2 || u == 1 && s == 1", true);
	check(test, "(b == 2 || u == 1) && s == 1", false);
	check(test, "!(u == 200)", false);
	check(test, "!u == 200", false);
	check(test, "!!(u == 200)", true);
	check(test, "!(u == 1 || s == 1) && !(b == 3 && c == 'q')", true);
	check(test, "((((((((u == 200))))))))", true);
	check(test, "!!!!!!!!u == 200", true);
}

/*
 * Every tree over three comparisons with && || and ! in all places, all three
 * truths: against C's own evaluation.
 */
static void test_logic_oracle(struct kunit *test)
{
	unsigned int form, truths;
	char text[128];

	for (form = 0; form < 64; form++) {
		for (truths = 0; truths < 8; truths++) {
			bool a = truths & 1, b = truths & 2, c = truths & 4;
			bool x = form & 1 ? !a : a, y = form & 2 ? !b : b;
			bool z = form & 4 ? !c : c, want;
			const char *one = form & 8 ? "&&" : "||";
			const char *two = form & 16 ? "&&" : "||";
			bool left = form & 32;

			if (left) {
				bool inner = form & 8 ? x && y : x || y;

				want = form & 16 ? inner && z : inner || z;
			} else {
				bool inner = form & 16 ? y && z : y || z;

				want = form & 8 ? x && inner : x || inner;
			}
			snprintf(text, sizeof(text),
				 "%s%su == %d %s %s%sb == %d%s %s %sc == %d%s",
				 left ? "(" : "", form & 1 ? "!" : "",
				 a ? 200 : 1, one, left ? "" : "(",
				 form & 2 ? "!" : "", b ? 2 : 1,
				 left ? ")" : "", two, form & 4 ? "!" : "",
				 c ? 'q' : 1, left ? "" : ")");
			check(test, text, want);
		}
	}
}

/* The dumb oracle: recursion, over all patterns and strings of an alphabet. */
static bool glob_oracle(const char *pattern, const char *s)
{
	if (!*pattern)
		return !*s;
	if (*pattern == '*')
		return glob_oracle(pattern + 1, s) ||
		       (*s && glob_oracle(pattern, s + 1));
	return *s && (*pattern == '?' || *pattern == *s) &&
	       glob_oracle(pattern + 1, s + 1);
}

/* The @n-th string of @letters; its length goes up with @n. */
static void nth_string(unsigned int n, const char *letters, char *to)
{
	unsigned int base = strlen(letters);

	for (; n; n = (n - 1) / base)
		*to++ = letters[(n - 1) % base];
	*to = '\0';
}

static void test_glob_oracle(struct kunit *test)
{
	char pattern[16], s[16];
	unsigned int i, j, bad = 0;

	for (i = 0; i < 341; i++) {
		nth_string(i, "ab*?", pattern);
		for (j = 0; j < 63; j++) {
			nth_string(j, "ab", s);
			bad += kpx_expr_glob(pattern, strlen(pattern), s,
					     strlen(s)) !=
			       glob_oracle(pattern, s);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static void test_glob_classes(struct kunit *test)
{
	static const struct {
		const char *pattern, *s;
		bool want;
	} table[] = {
		{ "[abc]", "b", true },	     { "[abc]", "d", false },
		{ "[a-c]x", "bx", true },    { "[a-c]", "d", false },
		{ "[!a-c]", "d", true },     { "[!a-c]", "a", false },
		{ "[]]", "]", true },	     { "[!]]", "]", false },
		{ "[!]]", "a", true },	     { "[]-a]", "_", true },
		{ "[a-]", "-", true },	     { "[a-]", "b", false },
		{ "[-a]", "-", true },	     { "*[0-9]", "ab7", true },
		{ "*[0-9]", "ab7c", false }, { "*[0-9]*", "ab7c", true },
		{ "[[]*", "[x", true },	     { "[*]", "*", true },
		{ "[*]", "x", false },	     { "a[?]", "a?", true },
		{ "[a-b-c]", "-", true },    { "\\*", "\\x", true },
		{ "[a]", "", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kpx_expr_glob(table[i].pattern,
						  strlen(table[i].pattern),
						  table[i].s,
						  strlen(table[i].s)),
				    table[i].want, "'%s' and '%s'",
				    table[i].pattern, table[i].s);
}

/* Comparisons of all widths and signs at their ends, against 128 bits. */
static void test_number_oracle(struct kunit *test)
{
	static const u64 values[] = {
		0,	    1,		0x7f,	    0x80,
		0xff,	    0x7fff,	0x8000,	    0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff,
		1ULL << 63, ~0ULL,
	};
	static const enum kpx_expr_kind kinds[] = {
		KPX_EXPR_EQ, KPX_EXPR_NE, KPX_EXPR_LT,
		KPX_EXPR_LE, KPX_EXPR_GT, KPX_EXPR_GE,
	};
	unsigned int i, j, form, k, bad = 0;
	u64 record[2];

	for (i = 0; i < ARRAY_SIZE(values); i++)
		for (j = 0; j < ARRAY_SIZE(values); j++)
			for (form = 0; form < 64; form++)
				for (k = 0; k < ARRAY_SIZE(kinds); k++) {
					struct kpx_expr_op op = {
						.kind = kinds[k],
						.has_field = true,
						.left = { 0, 1 << (form & 3),
							  form & 4 },
						.right = { 8,
							   1 << (form >> 3 & 3),
							   form & 32 },
					};
					struct kpx_expr expr = { &op, 1 };
					unsigned int ls =
						64 - 8 * op.left.bytes;
					unsigned int rs =
						64 - 8 * op.right.bytes;
					/* below zero, and the value's distance from there */
					bool ln = op.left.is_signed &&
						  (s64)(values[i] << ls) < 0;
					bool rn = op.right.is_signed &&
						  (s64)(values[j] << rs) < 0;
					u64 l = ln ? (u64)((s64)(values[i]
								 << ls) >>
							   ls) :
						     values[i] << ls >> ls;
					u64 r = rn ? (u64)((s64)(values[j]
								 << rs) >>
							   rs) :
						     values[j] << rs >> rs;
					int order = ln != rn ?
							    (ln ? -1 : 1) :
							    (l > r) - (l < r);
					bool want[] = {
						!order, order != 0,
						order<0, order <= 0, order> 0,
						order >= 0
					};

					record[0] = values[i];
					record[1] = values[j];
					bad += kpx_expr_eval(&expr, record) !=
					       want[k];
				}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static const struct {
	const char *text;
	enum kpx_error_code code;
	int offset; /* in the text behind "if "; -1: the "if"'s end */
} bad[] = {
	{ "", KPX_ERR_NO_EXPR, -1 },
	{ " ", KPX_ERR_NO_EXPR, 1 },
	{ "nosuch == 1", KPX_ERR_EXPR_FIELD, 0 },
	{ "1 == u", KPX_ERR_EXPR_FIELD, 0 },
	{ "== 1", KPX_ERR_EXPR_FIELD, 0 },
	{ "\"x\" == name", KPX_ERR_EXPR_FIELD, 0 },
	{ "()", KPX_ERR_EXPR_FIELD, 1 },
	{ "(u == 1) && ", KPX_ERR_EXPR_FIELD, 12 },
	{ "u == nosuch", KPX_ERR_EXPR_FIELD, 5 },
	{ "common_pid == 1", KPX_ERR_EXPR_COMMON, 0 },
	{ "common_type == 1", KPX_ERR_EXPR_COMMON, 0 },
	{ "u", KPX_ERR_EXPR_OPERATOR, 1 },
	{ "u = 1", KPX_ERR_EXPR_OPERATOR, 2 },
	{ "u ~ \"x\"", KPX_ERR_EXPR_OPERATOR, 2 },
	{ "u && 1", KPX_ERR_EXPR_OPERATOR, 2 },
	{ "u 1", KPX_ERR_EXPR_OPERATOR, 2 },
	{ "name < \"x\"", KPX_ERR_EXPR_OPERATOR, 5 },
	{ "name & 1", KPX_ERR_EXPR_OPERATOR, 5 },
	{ "u ==", KPX_ERR_EXPR_VALUE, 4 },
	{ "u == ==", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == -", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == 1x", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == -1x", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == ''", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == 'ab'", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == '\\x'", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == '\t'", KPX_ERR_EXPR_VALUE, 5 },
	{ "u == 99999999999999999999", KPX_ERR_EXPR_VALUE, 5 },
	{ "name == \"a\tb\"", KPX_ERR_EXPR_VALUE, 8 },
	{ "u == 256", KPX_ERR_EXPR_RANGE, 5 },
	{ "u == -1", KPX_ERR_EXPR_RANGE, 5 },
	{ "x != -1", KPX_ERR_EXPR_RANGE, 5 },
	{ "b < 16", KPX_ERR_EXPR_RANGE, 4 },
	{ "s == 2147483648", KPX_ERR_EXPR_RANGE, 5 },
	{ "s > -2147483649", KPX_ERR_EXPR_RANGE, 4 },
	{ "l == 9223372036854775808", KPX_ERR_EXPR_RANGE, 5 },
	{ "u == \"x\"", KPX_ERR_EXPR_KIND, 5 },
	{ "u == name", KPX_ERR_EXPR_KIND, 5 },
	{ "name == 1", KPX_ERR_EXPR_KIND, 8 },
	{ "name == 'x'", KPX_ERR_EXPR_KIND, 8 },
	{ "name == path", KPX_ERR_EXPR_KIND, 8 },
	{ "a == 1", KPX_ERR_EXPR_ARRAY, 0 },
	{ "u == a", KPX_ERR_EXPR_ARRAY, 5 },
	{ "name == \"x", KPX_ERR_EXPR_QUOTE, 8 },
	{ "name == \"x\\\"", KPX_ERR_EXPR_QUOTE, 8 },
	{ "name == \"x\\", KPX_ERR_EXPR_QUOTE, 8 },
	{ "u == '", KPX_ERR_EXPR_QUOTE, 5 },
	{ "(u == 1", KPX_ERR_EXPR_PAREN, 7 },
	{ "(u == 1 u", KPX_ERR_EXPR_PAREN, 8 },
	{ "u == 1)", KPX_ERR_EXPR_TRAILING, 6 },
	{ "u == 1 u == 2", KPX_ERR_EXPR_TRAILING, 7 },
	{ "u == 1 | u == 2", KPX_ERR_EXPR_TRAILING, 7 },
	{ "(((((((((u == 1)))))))))", KPX_ERR_EXPR_DEEP, 8 },
	{ "!!!!!!!!!u == 1", KPX_ERR_EXPR_DEEP, 8 },
	{ "name ~ \"a[\"", KPX_ERR_EXPR_GLOB, 7 },
	{ "name ~ \"a[b\"", KPX_ERR_EXPR_GLOB, 7 },
	{ "name ~ \"[]\"", KPX_ERR_EXPR_GLOB, 7 },
	{ "name ~ \"[!]\"", KPX_ERR_EXPR_GLOB, 7 },
	{ "name ~ \"[a-\"", KPX_ERR_EXPR_GLOB, 7 },
};

static void test_bad(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kpx_error err;

		KUNIT_EXPECT_NULL(test,
				  parse(test, bad[i].text, -EINVAL, &err));
		KUNIT_EXPECT_EQ_MSG(test, (int)err.code, (int)bad[i].code,
				    "of '%s': %s", bad[i].text, err.text);
		KUNIT_EXPECT_EQ_MSG(test, (int)err.offset,
				    (int)strlen(HEAD "if ") + bad[i].offset,
				    "of '%s': %s", bad[i].text, err.text);
	}
}

/* @n comparisons: 2 n - 1 ops. */
static void check_length(struct kunit *test, unsigned int n, int want)
{
	char *text = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);
	struct kpx_spec *spec;
	struct kpx_error err;
	unsigned int i;
	size_t len = 0;

	for (i = 0; i < n; i++)
		len += snprintf(text + len, KPX_DEFINITION_SIZE - len,
				"%su == 7", i ? " || " : "");
	spec = parse(test, text, want, &err);
	if (want)
		KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_EXPR_LONG);
	else
		KUNIT_EXPECT_EQ(test, (unsigned int)spec->condition->nr_ops,
				2 * n - 1);
	kpx_spec_free(spec);
}

static void check_text_length(struct kunit *test, unsigned int n, int want)
{
	char text[256] = "name != \"";
	struct kpx_spec *spec;
	struct kpx_error err;
	size_t len = strlen(text);

	memset(text + len, 'x', n);
	memcpy(text + len + n, "\"", 2);
	spec = parse(test, text, want, &err);
	if (want)
		KUNIT_EXPECT_EQ(test, (int)err.code,
				(int)KPX_ERR_EXPR_TEXT_LONG);
	kpx_spec_free(spec);
}

static void test_limits(struct kunit *test)
{
	check_length(test, 1, 0);
	check_length(test, KPX_EXPR_OPS_MAX / 2, 0);
	check_length(test, KPX_EXPR_OPS_MAX / 2 + 1, -EINVAL);
	check_text_length(test, KPX_EXPR_STRING_MAX, 0);
	check_text_length(test, KPX_EXPR_STRING_MAX + 1, -EINVAL);
}

/* Jumps go forward and nowhere else, whatever was compiled. */
static void test_program_ends(struct kunit *test)
{
	static const char *const texts[] = {
		"u == 1 && s == 1 && x == 1",
		"u == 1 || s == 1 || x == 1",
		"(u == 1 || s == 1) && (x == 1 || !(u == 2 && s == 2))",
		"!(u == 1 && (s == 1 || x == 1) && u == 2) || s == 3",
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct kpx_error err;
		struct kpx_spec *spec = parse(test, texts[i], 0, &err);
		const struct kpx_expr *expr = spec->condition;

		for (j = 0; j < expr->nr_ops; j++) {
			if (expr->ops[j].kind < KPX_EXPR_JUMP_TRUE)
				continue;
			KUNIT_EXPECT_LT(test, j,
					(unsigned int)expr->ops[j].target);
			KUNIT_EXPECT_LE(test, (int)expr->ops[j].target,
					(int)expr->nr_ops);
		}
		kpx_spec_free(spec);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_numbers),      KUNIT_CASE(test_two_fields),
	KUNIT_CASE(test_strings),      KUNIT_CASE(test_logic),
	KUNIT_CASE(test_logic_oracle), KUNIT_CASE(test_glob_oracle),
	KUNIT_CASE(test_glob_classes), KUNIT_CASE(test_number_oracle),
	KUNIT_CASE(test_bad),	       KUNIT_CASE(test_limits),
	KUNIT_CASE(test_program_ends), {}
};

static struct kunit_suite expr_suite = {
	.name = "kpx_expr",
	.test_cases = cases,
};
kunit_test_suite(expr_suite);
