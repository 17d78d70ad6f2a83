/*
 * Matching what people type against a list of words: exact, a prefix that
 * fits only one, else the nearest as a suggestion.  Pure.
 */

#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

#include <stddef.h>

#define WORD_UNKNOWN	(-1)
#define WORD_AMBIGUOUS	(-2)

/*
 * The index of the word that is meant, in a list of n (the same word may
 * stand there more than once: the first is meant), or WORD_UNKNOWN or
 * WORD_AMBIGUOUS.  Of a word and its plural, cut short before they differ, the
 * first in the list is meant.
 */
int	 word_find(const char *const *words, size_t n, const char *typed);

/*
 * The index of the word that is nearest to what was typed, counting typos
 * (a letter wrong, missing, too many, or two swapped), or -1 when none is
 * near enough to be worth a guess.
 */
int	 word_nearest(const char *const *words, size_t n, const char *typed);

/* Typos between two words; the first 31 bytes of each count. */
size_t	 word_distance(const char *, const char *);

/* 1 if word is one of a list that ends with NULL. */
int	 word_is_listed(const char *word, const char *const *list);

#endif
