// SPDX-License-Identifier: GPL-2.0-only
#include "random.h"

struct tally tally[NR_KINDS] = {
#define KIND_ROW(kind, words, always) { words, always, 0, 0, 0 },
	KINDS(KIND_ROW)
#undef KIND_ROW
};

void note(enum kind kind, int ret, const int *errors, const char *what)
{
	if (ret >= 0) {
		__atomic_add_fetch(&tally[kind].ok, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_add_fetch(&tally[kind].refused, 1, __ATOMIC_RELAXED);
	if (!tally[kind].works &&
	    (ret == -EINVAL || ret == -EOPNOTSUPP || ret == -ENOENT))
		return;
	while (*errors && *errors != -ret)
		errors++;
	CHECK(*errors || failures > 20, "%s: '%s': %s", tally[kind].words, what,
	      strerror(-ret));
}

int all_done(void)
{
	unsigned int i;

	for (i = 0; i < NR_KINDS; i++)
		if (tally[i].works &&
		    !__atomic_load_n(&tally[i].ok, __ATOMIC_RELAXED))
			return 0;
	return 1;
}

void print_tally(int all)
{
	unsigned int i;

	printf("%10s %10s\n", "done", "refused");
	for (i = 0; i < NR_KINDS; i++) {
		printf("%10lu %10lu  %s%s\n", tally[i].ok, tally[i].refused,
		       tally[i].words,
		       tally[i].works ? "" : " (not in this version)");
		CHECK(tally[i].ok || !tally[i].works || !all, "%s: never",
		      tally[i].words);
	}
}
