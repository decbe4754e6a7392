// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exprvalue.h"

#define SECOND_NS 1000000000ull

static const char too_large[] = "this number is too large";
static const char no_number[] = "this isn't a number";

/* A whole part, and a fraction of which nine digits count. */
struct decimal {
	uint64_t whole;
	uint64_t nanos;
	bool has_point;
};

static bool is_digit(char c)
{
	return isdigit((unsigned char)c);
}

/* Moves @at behind it. */
static const char *take_decimal(const char **at, struct decimal *number)
{
	uint64_t worth = SECOND_NS;
	char *end;

	*number = (struct decimal){ 0 };
	if (!is_digit(**at))
		return no_number;
	errno = 0;
	number->whole = strtoull(*at, &end, 10);
	*at = end;
	if (errno)
		return too_large;
	if (**at != '.')
		return NULL;
	number->has_point = true;
	if (!is_digit(*++*at))
		return no_number;
	for (; is_digit(**at); ++*at) {
		worth /= 10;
		number->nanos += (**at - '0') * worth;
	}
	return NULL;
}

static uint64_t size_factor(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *letter = strchr(letters, *unit == 'k' ? 'K' : *unit);
	uint64_t factor = 1;

	if (!letter ||
	    (unit[1] && strcmp(unit + 1, "B") && strcmp(unit + 1, "iB")))
		return 0;
	for (const char *at = letters; at <= letter; at++)
		factor *= 1024;
	return factor;
}

static uint64_t time_factor(const char *unit)
{
	return !strcmp(unit, "ns") ? 1 :
	       !strcmp(unit, "us") ? 1000 :
	       !strcmp(unit, "ms") ? 1000000 :
	       !strcmp(unit, "s")  ? SECOND_NS :
				     0;
}

static const char *scale(const struct decimal *number, uint64_t factor,
			 uint64_t *value)
{
	/* Both factors are below 2^50: 128 bits are enough. */
	unsigned __int128 rest =
		(unsigned __int128)number->nanos * factor / SECOND_NS;

	return __builtin_mul_overflow(number->whole, factor, value) ||
			       __builtin_add_overflow(*value, (uint64_t)rest,
						      value) ?
		       too_large :
		       NULL;
}

static const char *take_hex(const char *text, uint64_t *value)
{
	char *end;

	if (!isxdigit((unsigned char)*text))
		return no_number;
	errno = 0;
	*value = strtoull(text, &end, 16);
	return errno ? too_large : *end ? no_number : NULL;
}

static const char *take_scaled(const char *text, uint64_t *value)
{
	struct decimal number;
	const char *wrong = take_decimal(&text, &number);
	uint64_t factor = 1;

	if (wrong)
		return wrong;
	if (*text)
		factor = size_factor(text);
	if (!factor)
		factor = time_factor(text);
	if (!factor || (number.has_point && factor == 1))
		return no_number;
	return scale(&number, factor, value);
}

const char *kpc_expr_number(const char *text, struct kpc_expr_number *number)
{
	const char *wrong;

	*number = (struct kpc_expr_number){ .is_negative = *text == '-' };
	text += number->is_negative;
	/* Without a prefix it is decimal, also behind a 0. */
	wrong = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ?
			take_hex(text + 2, &number->value) :
			take_scaled(text, &number->value);
	if (wrong || !number->is_negative)
		return wrong;
	if (number->value > (uint64_t)INT64_MAX + 1)
		return too_large;
	number->is_negative = number->value;
	number->value = -number->value;
	return NULL;
}

const char *kpc_expr_time(const char *text, uint64_t *ns)
{
	struct decimal number;
	const char *wrong = take_decimal(&text, &number);
	uint64_t factor = *text ? time_factor(text) : SECOND_NS;

	if (!wrong && !factor)
		wrong = no_number;
	return wrong ? wrong : scale(&number, factor, ns);
}

bool kpc_expr_ip4(const char *text, uint64_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*address = ntohl(in.s_addr);
	return true;
}
