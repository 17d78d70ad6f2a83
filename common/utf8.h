/*
 * Text that came from elsewhere, made fit for JSON and terminals.
 */

#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

/*
 * Replaces by `?` each byte that is not part of well-formed UTF-8 (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF), in place.
 */
void	 utf8_clean(char *text);

#endif
