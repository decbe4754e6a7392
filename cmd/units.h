/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * units - sizes and times as people write them
 *
 * A number in decimal, perhaps with a fraction, and its unit right behind it:
 * "64M", "1.5GiB", "100ms", "2m". What is below a byte or a nanosecond is cut
 * off.
 */
#ifndef UNITS_H
#define UNITS_H

#include <stdint.h>

/*
 * In bytes: K, M, G and T are powers of 1024, in either case, and "B" or "iB"
 * may follow; without a unit it is bytes. 0, -EINVAL if @text isn't a size, or
 * -ERANGE if it is too large for 64 bits.
 */
int units_size(const char *text, uint64_t *bytes);

/*
 * In nanoseconds: ns, us, ms, s, m, h. @bare_ns is what a number without a unit
 * counts, 0: it must have one. As units_size().
 */
int units_time(const char *text, uint64_t bare_ns, uint64_t *ns);

#endif /* UNITS_H */
