/*
 * Where a download may go on to.  The rules of one chain of redirects: at
 * most REDIRECTS_MAX, never from https to http, http only on the host of an
 * http source, no URL twice, no credentials, only hosts that are names
 * or whole addresses.  Whether a host may be connected to at all is the
 * dialer's word, not ours.
 */

#ifndef DOWNLOADER_REDIRECT_H
#define DOWNLOADER_REDIRECT_H

#define REDIRECTS_MAX	5

/* Release hosts redirect to signed URLs far longer than one in a config. */
#define LOCATION_SIZE	8192

struct redirects {
	int	 allow_http;
	int	 count;			/* redirects taken */
	char	*urls[REDIRECTS_MAX + 1];	/* all so far, in order */
};

/*
 * Begins with the URL of the config, which may have credentials.  0, or -1
 * with *why, a static text.
 */
int	 redirects_begin(struct redirects *, const char *url, int allow_http,
	    const char **why);

/* Takes the absolute URL of a redirect, or refuses it as above. */
int	 redirects_follow(struct redirects *, const char *url,
	    const char **why);

/* The URL to ask now; valid until redirects_end(). */
const char	*redirects_url(const struct redirects *);

/* Frees the URLs. */
void	 redirects_end(struct redirects *);

/*
 * Host of a URL for people: "host" or "host:port", at most size bytes; "?"
 * when there is none.  Never credentials.
 */
void	 url_host_text(const char *url, char *to, unsigned long size);

/* The last part of the path, without a query; "?" when there is none. */
void	 url_file_text(const char *url, char *to, unsigned long size);

#endif
