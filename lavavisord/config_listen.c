/*
 * The listen addresses in lavap's own provider or consumer config, and what a
 * consumer answers there when it is well.
 */

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol_config.h"
#include "common/yaml_tree.h"
#include "lavavisord/config_check.h"
#include "lavavisord/config_main.h"

#define HEALTH_PATH	"/lava/health"

static int			 fail(char *, size_t, const char *, ...)
				    __attribute__((__format__(__printf__,
				    3, 4)));
static void			 endpoint_url(const struct protocol_endpoint *,
				    struct config_address *);
static ssize_t			 own_address(const struct config_service *,
				    const struct config_check *,
				    struct config_address *, char *, size_t);
static int			 to_connect(const char *,
				    struct config_address *, const char **);
static int			 is_listed(const struct config_address *,
				    size_t, const struct config_address *);

static int
fail(char *error, size_t errsize, const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(error, errsize, format, ap);
	va_end(ap);
	return -1;
}

/* What to connect to in order to reach a listener there. */
static int
to_connect(const char *text, struct config_address *a, const char **why)
{
	enum url_host	 kind;
	struct in6_addr	 six;

	a->any = 0;
	if (url_host_port(text, a->host, &a->port, why) == -1)
		return -1;
	if (a->host[0] == '\0' || strcmp(a->host, "0.0.0.0") == 0 ||
	    strcmp(a->host, "localhost") == 0)
		strlcpy(a->host, "127.0.0.1", sizeof(a->host));
	else if (inet_pton(AF_INET6, a->host, &six) == 1 &&
	    IN6_IS_ADDR_UNSPECIFIED(&six)) {
		a->any = 1;
		strlcpy(a->host, "::1", sizeof(a->host));
	}
	if (url_host_kind(a->host, &kind, why) == -1)
		return -1;
	if (kind == URL_NAME) {
		*why = "only a numeric address can be watched";
		return -1;
	}
	return 0;
}

/*
 * lavap answers there with 200 when it is well.  The certificate of one with
 * TLS is for others, so that is only connected to.
 */
static void
endpoint_url(const struct protocol_endpoint *e, struct config_address *a)
{
	const struct yaml_node	*n = e->health_path;
	const char		*path = HEALTH_PATH;
	int			 six = strchr(a->host, ':') != NULL;

	a->url[0] = '\0';
	if (e->tls)
		return;
	if (n != NULL && n->kind == YAML_TEXT && n->text[0] == '/')
		path = n->text;
	if (snprintf(a->url, sizeof(a->url), "http://%s%s%s:%u%s",
	    six ? "[" : "", a->host, six ? "]" : "", a->port, path) >=
	    (int)sizeof(a->url))
		a->url[0] = '\0';
}

static int
is_listed(const struct config_address *list, size_t count,
    const struct config_address *a)
{
	size_t	 i;

	for (i = 0; i < count; i++)
		if (list[i].port == a->port &&
		    strcmp(list[i].host, a->host) == 0)
			return 1;
	return 0;
}

ssize_t
config_listen_memory(const char *file, const void *text, size_t len,
    enum ready_kind kind, struct config_address *list, size_t max, char *error,
    size_t errsize)
{
	struct protocol_config		 protocol;
	const struct protocol_endpoint	*e;
	struct config_address		 a;
	const char			*why;
	size_t				 i, count = 0;
	ssize_t				 result = -1;

	if (protocol_config_read(&protocol, file, text, len, error,
	    errsize) == -1)
		return -1;
	for (i = 0; i < protocol.count; i++) {
		e = &protocol.endpoints[i];
		if (e->address == NULL)
			continue;
		if (to_connect(e->address->text, &a, &why) == -1) {
			fail(error, errsize, "%s:%u:%u: %s", file,
			    e->address->line, e->address->column, why);
			goto out;
		}
		if (is_listed(list, count, &a) || count >= max)
			continue;
		a.url[0] = '\0';
		if (kind == READY_HTTP)
			endpoint_url(e, &a);
		list[count++] = a;
	}
	if (count == 0)
		fail(error, errsize, "%s:%u:%u: no endpoint has a listen "
		    "address", file, protocol.list->line,
		    protocol.list->column);
	else
		result = (ssize_t)count;
out:
	protocol_config_free(&protocol);
	return result;
}

/* Of a check that names it.  1, or -1. */
static ssize_t
own_address(const struct config_service *s, const struct config_check *check,
    struct config_address *a, char *error, size_t errsize)
{
	struct url	 u;
	const char	*why, *where = check->target;

	a->url[0] = '\0';
	if (check->kind == READY_HTTP) {
		if (url_parse(check->target, &u, &why) == -1)
			return fail(error, errsize, "%s: ready: %s", s->file,
			    why);
		snprintf(a->url, sizeof(a->url), "%s", check->target);
		if ((where = check->address) == NULL)
			return config_check_place(&u, a, &why) == -1 ?
			    fail(error, errsize, "%s: ready: %s", s->file,
			    why) : 1;
	}
	if (to_connect(where, a, &why) == -1)
		return fail(error, errsize, "%s: ready: %s", s->file, why);
	return 1;
}

int
config_check_place(const struct url *u, struct config_address *a,
    const char **why)
{
	char	 text[HOST_SIZE + 16];
	int	 six = u->kind == URL_IPV6;

	snprintf(text, sizeof(text), "%s%s%s:%u", six ? "[" : "", u->host,
	    six ? "]" : "", u->port);
	return to_connect(text, a, why);
}

ssize_t
config_check_addresses(const struct config *c,
    const struct config_service *s, const struct config_check *check,
    struct config_address *list, size_t max, char *error, size_t errsize)
{
	char		 path[PATH_MAX], *text;
	size_t		 len;
	ssize_t		 count;

	if ((check->kind != READY_TCP && check->kind != READY_HTTP) ||
	    max == 0)
		return 0;
	if (check->target != NULL)
		return own_address(s, check, &list[0], error, errsize);
	if (s->config_file == NULL)
		return 0;
	if ((size_t)snprintf(path, sizeof(path),
	    "%s/services/service_configs/%s", c->directory,
	    s->config_file) >= sizeof(path))
		return fail(error, errsize, "%s: config: the path is too long",
		    s->file);
	if (config_read_file(path, CONFIG_FILE_MAX, 0, &text, &len, NULL,
	    error, errsize) == -1)
		return -1;
	count = config_listen_memory(path, text, len, check->kind, list, max,
	    error, errsize);
	free(text);
	return count;
}
