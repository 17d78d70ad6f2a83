/*
 * Bytes as hexadecimal text.
 */

#ifndef COMMON_HEX_H
#define COMMON_HEX_H

#include <stddef.h>

/* Writes len bytes as lower case hex and a NUL into to[2 * len + 1]. */
void	 hex_encode(char *to, const void *from, size_t len);

/*
 * Reads exactly 2 * len hex digits, of either case, from the start of text
 * into to[len]; what follows them is the caller's.  0, or -1 when one of
 * them is no digit (a NUL is none, so it reads no further than that).
 */
int	 hex_decode(void *to, size_t len, const char *text);

#endif
