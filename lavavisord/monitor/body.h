/*
 * The body of an answer, taken up to a limit while it comes in.
 */

#ifndef MONITOR_BODY_H
#define MONITOR_BODY_H

#include <stddef.h>

#include <curl/curl.h>

/* All header lines of an answer together, bytes */
#define BODY_HEADERS_MAX	(32 * 1024)

struct body {
	char	*bytes;		/* malloc'd, not NUL-terminated, NULL none */
	size_t	 len;
	size_t	 size;		/* allocated */
	size_t	 max;
	size_t	 headers;	/* bytes of header lines seen */
	int	 over;		/* the limit was hit */
};

/* Makes curl deliver to b, which must not move.  0, or -1. */
int	 body_collect(struct body *, CURL *);

/* Empties it for an answer of at most max bytes. */
void	 body_start(struct body *, size_t max);

/* 1 and why when the transfer was ended because of a limit. */
int	 body_fault(const struct body *, char *why, size_t);

/* Gives the memory back. */
void	 body_free(struct body *);

#endif
