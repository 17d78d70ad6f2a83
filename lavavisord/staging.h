/*
 * The files of a download in flight, in the directory `staging`:
 *	vX.Y.Z			the binary
 *	vX.Y.Z.list		the checksum list
 *	vX.Y.Z.signature	its signature
 *	vX.Y.Z.from		whence the binary comes: URL and entity tag, a
 *				line each; with them it can be resumed
 */

#ifndef LAVAVISORD_STAGING_H
#define LAVAVISORD_STAGING_H

#include <stddef.h>
#include <stdint.h>

#define ETAG_SIZE	128	/* as in the messages */

enum staging_file {
	STAGING_LIST,
	STAGING_SIGNATURE,
	STAGING_BINARY
};

/* An opened file; both fds are the caller's to close. */
struct staged {
	int		 write;		/* read-write, for the downloader */
	int		 read;		/* read-only, of the same file */
	uint64_t	 offset;	/* bytes to go on after, 0 none */
	char		 etag[ETAG_SIZE];	/* of those bytes, "" none */
};

/* The path of the directory, which must stay. */
void	 staging_init(const char *directory);

const char	*staging_directory(void);

/*
 * Opens a file for what comes from url, making the directory when it has gone.
 * A binary that came from there before is kept as far as it got, any other
 * file is emptied.  0, or -1 with one line that names the file.
 */
int	 staging_open(const char *version, enum staging_file, const char *url,
	    struct staged *, char *error, size_t size);

/*
 * Notes whence the binary comes.  etag "": it cannot be resumed.  Failure only
 * costs the resumption.
 */
void	 staging_note(const char *version, const char *url, const char *etag);

/*
 * Whether total bytes of a binary, of which fd (in staging) has some, fit there
 * and once more in `other`, the directory where it is installed.  0, or -1 with
 * one line that names the directory, the bytes needed and those free.
 */
int	 staging_room(int fd, uint64_t total, const char *other, char *error,
	    size_t size);

/* Whether bytes more fit into the directory.  0, or -1 as above. */
int	 staging_room_for(const char *directory, uint64_t bytes, char *error,
	    size_t size);

/* Removes the files of a version, or of every version but it. */
void	 staging_clean(const char *version);
void	 staging_clean_others(const char *version);

#endif
