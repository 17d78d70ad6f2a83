/*
 * JSON values as the text of one cell.  Pure; the clock is passed in.
 */

#ifndef LAVAVISORCTL_CELLS_H
#define LAVAVISORCTL_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lavavisorctl/table.h"

/* A cell's text with its NUL; more is cut and ends in "..." */
#define CELL_SIZE	1024

/*
 * Writes value into text (CELL_SIZE bytes), "-" for null or none.  key, the
 * member's name, says how: times, exits, hashes and more have their form.
 */
void		 cell_render(const char *key, const json_t *value,
		    int64_t now_s, char *text);

/* The colour of a member's value. */
enum tint	 cell_tint(const char *key, const json_t *value);

/* An RFC 3339 time in UTC as Unix seconds, -1 when it is none. */
int64_t		 time_parse(const char *);

/* A span as 59s, 12m30s, 5h10m or 3d4h. */
void		 span_text(int64_t seconds, char *text, size_t size);

/* Bytes as 512 B, 1.5 KB, 27.0 MB (powers of 1024). */
void		 bytes_text(uint64_t bytes, char *text, size_t size);

#endif
