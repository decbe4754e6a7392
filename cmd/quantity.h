/* SPDX-License-Identifier: GPL-2.0-only */
/* quantity - numbers as people read them, in few columns */
#ifndef QUANTITY_H
#define QUANTITY_H

#include <stddef.h>
#include <stdint.h>

#define QUANTITY_TEXT 32

/* 1234567 as "1,234,567"; all return @text. */
const char *quantity_count(uint64_t number, char text[QUANTITY_TEXT]);
/* Three figures or four: "950ns", "12.3us", "1.20ms", "2.50s", "1.5h". */
const char *quantity_time(uint64_t ns, char text[QUANTITY_TEXT]);
/* "512B", "1.5KiB", "12.0MiB". */
const char *quantity_bytes(double bytes, char text[QUANTITY_TEXT]);
/* "0.25", "3.4", "12", "1,234". */
const char *quantity_rate(double rate, char text[QUANTITY_TEXT]);

#endif /* QUANTITY_H */
