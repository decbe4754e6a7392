/* SPDX-License-Identifier: GPL-2.0-only */
/* series - the files of a recording that is written in parts, NAME.000001.EXT and so on */
#ifndef SERIES_H
#define SERIES_H

#include <stdbool.h>

/* Is that what a part is called? */
bool series_is_part(const char *path);
/*
 * The file with the next larger number that is there now, allocated; NULL: there is
 * none. Whose it is, it says itself.
 */
char *series_next(const char *path);

#endif /* SERIES_H */
