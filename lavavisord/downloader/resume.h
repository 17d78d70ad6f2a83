/*
 * Going on with half a download: the fields of RFC 9110 that say whether the
 * server still has the same file and which part of it this is.
 */

#ifndef DOWNLOADER_RESUME_H
#define DOWNLOADER_RESUME_H

#include <stddef.h>
#include <stdint.h>

/*
 * Is it a strong entity tag (section 8.8.3: "..." and no W/) that fits in
 * size bytes with its NUL?
 */
int	 etag_is_strong(const char *, size_t size);

struct content_range {
	int		 unsatisfied;	/* the form with * for the range */
	uint64_t	 first;
	uint64_t	 last;
	int		 has_total;
	uint64_t	 total;
};

/* Reads a Content-Range of bytes (section 14.4).  0, or -1: it is none. */
int	 content_range_parse(const char *, struct content_range *);

#endif
