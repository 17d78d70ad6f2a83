/*
 * Values of the configuration in the form in which they are written there.
 * Allocation failure is fatal.
 */

#ifndef LAVAVISORD_SHOWN_H
#define LAVAVISORD_SHOWN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* o[key] = value, which is taken. */
void	 shown_put(json_t *o, const char *key, json_t *value);

/* Nothing for NULL.  _masked: without the secrets in it. */
void	 shown_text(json_t *o, const char *key, const char *);
void	 shown_masked(json_t *o, const char *key, const char *);
void	 shown_count(json_t *o, const char *key, uint64_t);
void	 shown_bool(json_t *o, const char *key, int);

/* 90s, 10m: the largest unit that it is a whole number of */
void	 shown_duration(json_t *o, const char *key, uint32_t ms);

/* 64M, 65536 */
void	 shown_size(json_t *o, const char *key, uint64_t bytes);

/* A command without its secrets, nothing when it has no word. */
void	 shown_words(json_t *o, const char *key, char *const *, size_t n);

json_t	*shown_object(void);
json_t	*shown_list(void);
void	 shown_add(json_t *l, json_t *value);

#endif
