/*
 * Getting the files of one release through the downloader: checksum list,
 * signature, binary, each into its own staging file.
 */

#ifndef LAVAVISORD_FETCH_H
#define LAVAVISORD_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/message.h"

struct event_base;
struct fetched;

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
	const char		*proxy_host;	/* "" none */
	uint16_t		 proxy_port;
	uint32_t		 total_s;	/* for one file */
	uint32_t		 stall_s;	/* too slow for so long */
	const char		*install;	/* where a copy must fit */
	uint64_t		 max_size;	/* of the binary, bytes */
	int			 want_list;	/* 0 when the hash is pinned */
	int			 want_signature;

	/*
	 * The binary begins to come, into the fd of *f, behind the other
	 * files (all of them the fetch's own); it only grows until done is
	 * called, or until this is called again: with another *f, or with
	 * NULL when it is no longer what is fetched.
	 */
	void			(*coming)(const struct fetched *f);
};

/* What fetch_release() got; fds are read-only and the caller's to close. */
struct fetched {
	int		 fd[FETCH_FILES];	/* -1: not wanted */
	int		 is_minisig;
	char		 url[URL_SIZE];		/* of the binary */
};

void	 fetch_init(struct event_base *, const char *staging);

/*
 * Fetches everything of `version`; one at a time.  The sources are asked in
 * order until one has the file; a transfer that is cut off goes on from the
 * same one after a short wait, doubling.  The binary comes from another
 * origin than the list when one has it.  done is called once from
 * the loop: error is NULL and *f filled, or error says what failed (fds
 * -1), source by source.  missing is 1 when all say that the release is not
 * there.  conf must stay until then.
 */
void	 fetch_release(const char *version, const struct fetch_conf *,
	    void (*done)(const struct fetched *f, const char *error,
	    int missing, void *), void *);

/* Ends what is going on; done is not called. */
void	 fetch_cancel(void);

/*
 * What was fetched of this version is not what it should be: the next time
 * the sources change places.
 */
void	 fetch_refused(const char *version);

/*
 * What went wrong with which source in the fetch that is under way or was the
 * last: a new array of {url, error}, NULL when there is nothing to tell.
 */
json_t	*fetch_failures(void);
void	 fetch_forget_failures(void);

/* This machine as releases call it: "linux", "amd64" */
void	 fetch_platform(const char **os, const char **arch);

/* "lavap-v6.2.5-linux-amd64" */
void	 fetch_binary_name(const char *version, char *, size_t);

#endif
