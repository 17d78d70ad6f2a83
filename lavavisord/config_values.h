/*
 * What may stand for one value in the configuration.  Pure: text in, number
 * out.  Each returns 0, or -1 with *why: a reason without the text itself.
 */

#ifndef LAVAVISORD_CONFIG_VALUES_H
#define LAVAVISORD_CONFIG_VALUES_H

#include <sys/types.h>

#include <stdint.h>

/* "500ms", "90s", "10m", "24h", "7d" in ms; at most 30 days. */
int	 value_duration(const char *, uint32_t *ms, const char **why);

/* "65536", "64K", "512M", "2G" in bytes (powers of 1024); at most 2^50. */
int	 value_size(const char *, uint64_t *bytes, const char **why);

/* Digits only, without sign. */
int	 value_count(const char *, uint64_t *, const char **why);

/* "INT" or "SIGINT": a signal that may end or wake a program. */
int	 value_signal(const char *, int *, const char **why);

/* Three or four octal digits, at most 0777. */
int	 value_umask(const char *, mode_t *, const char **why);

/* "6.2.5": three numbers below 2^32 without leading zeros. */
int	 value_version(const char *, const char **why);

/* Name of a limit as in setrlimit(2), without RLIMIT_, in lower case. */
int	 value_rlimit(const char *, int *resource, const char **why);

/* "unless-exit 0 75": the codes after the word, into a bitmap of 256 bits. */
int	 value_exit_codes(const char *, uint8_t bitmap[32], const char **why);

/* 1 for a and b within two typing mistakes of each other (a third for short
 * words). */
int	 value_resembles(const char *a, const char *b, size_t *distance);

#endif
