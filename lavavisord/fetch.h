/*
 * Getting the files of one release through the downloader: checksum list,
 * signature, binary, each into its own staging file.
 */

#ifndef LAVAVISORD_FETCH_H
#define LAVAVISORD_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

struct event_base;

enum fetch_file {
	FETCH_LIST,
	FETCH_SIGNATURE,	/* signify or minisign, whichever there is */
	FETCH_BINARY,
	FETCH_FILES
};

struct fetch_conf {
	char *const		*sources;	/* URL templates */
	size_t			 nsources;
	const char		*ca_file;	/* NULL: the system's */
	uint64_t		 max_size;	/* of the binary, bytes */
	int			 want_list;	/* 0 when the hash is pinned */
	int			 want_signature;
	int			 allow_http;	/* a source is http:// */
};

/* What fetch_release() got; fds are read-only and the caller's to close. */
struct fetched {
	int		 fd[FETCH_FILES];	/* -1: not wanted */
	int		 is_minisig;
	char		 url[URL_SIZE];		/* of the binary */
};

void	 fetch_init(struct event_base *, const char *staging);

/*
 * Fetches everything of `version`; one at a time.  done is called once from
 * the loop: error is NULL and *f filled, or error says what failed (fds
 * -1).  missing is 1 when a server says that the release is not there.
 * conf must stay until then.
 */
void	 fetch_release(const char *version, const struct fetch_conf *,
	    void (*done)(const struct fetched *f, const char *error,
	    int missing, void *), void *);

/* Ends what is going on; done is not called. */
void	 fetch_cancel(void);

/* Removes the staging files of a version, or of every version but it. */
void	 fetch_clean(const char *version);
void	 fetch_clean_others(const char *version);

/* This machine as releases call it: "linux", "amd64" */
void	 fetch_platform(const char **os, const char **arch);

/* "lavap-v6.2.5-linux-amd64" */
void	 fetch_binary_name(const char *version, char *, size_t);

#endif
