/*
 * Secrets in what is shown to people: passwords in URLs, values of variables
 * and options whose name says that they are secret.  What is taken away is
 * replaced by MASKED, so that it stays what it was for a parser.  Pure.
 */

#ifndef LAVAVISORD_MASKING_H
#define LAVAVISORD_MASKING_H

#include <stddef.h>

#define MASKED	"MASKED"

/*
 * 1 if a value of this name (of a variable, an option, a part of a query) is
 * likely to be secret: one of its words is key, token, password or the like.
 * `keyring-backend` and `from` are none.
 */
int	 masking_is_secret(const char *name);

/*
 * A copy of text, to be freed, in which each URL has lost what stands before
 * the @ of its host and the values of secret names in its query.  Allocation
 * failure is fatal.
 */
char	*masking_text(const char *text);

/*
 * The same for the i-th word of a command line: also NAME=VALUE, --name=value
 * and the word behind --name are masked when the name is secret.
 */
char	*masking_word(char *const *words, size_t i);

#endif
