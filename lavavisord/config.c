#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lavavisord/config_check.h"
#include "lavavisord/config_main.h"
#include "lavavisord/config_passphrase.h"
#include "lavavisord/config_values.h"

/* Of the base64 of a public key: algorithm, id and key are 42 bytes */
#define KEY_LETTERS	56

static struct yaml_node	*tree(struct config_parse *, const void *, size_t,
			    int *);
static int		 load_service(struct config *,
			    struct config_service *, char *, size_t);
static const char	*key_lacks(const char *);
static int		 load_keys(struct config *, char *, size_t);
static int		 read_keys(struct config *, char *, size_t);
static void		 service_free(struct config_service *);
static void		 texts_free(char **, size_t);
static int		 append(char *, size_t, const char *, size_t);
static int		 source_url(const char *, struct url *);

static const char	*wrapped;

void
config_wrap(const char *service)
{
	wrapped = service;
}

const char *
config_wrapped(void)
{
	return wrapped;
}

struct config_service *
config_find_service(const struct config *c, const char *name)
{
	size_t	 i;

	for (i = 0; i < c->services_count; i++)
		if (strcmp(c->services[i].name, name) == 0)
			return &c->services[i];
	return NULL;
}

static struct yaml_node *
tree(struct config_parse *p, const void *text, size_t len, int *bad)
{
	struct yaml_problem	 problem;
	struct yaml_node	*root;

	*bad = 1;
	if (len > CONFIG_FILE_MAX) {
		snprintf(p->error, p->errsize, "%s: it is larger than %d "
		    "bytes", p->file, CONFIG_FILE_MAX);
		return NULL;
	}
	if (yaml_tree_read(text, len, 0, &root, &problem) == -1) {
		snprintf(p->error, p->errsize, "%s:%u:%u: %s", p->file,
		    problem.line, problem.column, problem.text);
		return NULL;
	}
	*bad = 0;
	return root;
}

int
config_parse_memory(const char *file, const void *text, size_t len,
    const char *directory, struct config **out, char *error, size_t errsize)
{
	struct config_parse	 p;
	struct yaml_node	*root;
	int			 bad;

	*out = NULL;
	memset(&p, 0, sizeof(p));
	p.file = file;
	p.error = error;
	p.errsize = errsize;
	root = tree(&p, text, len, &bad);
	if (bad)
		return -1;
	p.config = schema_zeroed(1, sizeof(*p.config));
	p.config->file = schema_copy(file);
	p.config->directory = schema_copy(directory);
	config_main_defaults(p.config);
	bad = config_main_read(&p, root);
	yaml_tree_free(root);
	if (bad == -1) {
		config_free(p.config);
		return -1;
	}
	*out = p.config;
	return 0;
}

int
config_parse_service(struct config *c, struct config_service *s,
    const char *file, const void *text, size_t len, char *error,
    size_t errsize)
{
	struct config_parse	 p;
	struct yaml_node	*root;
	int			 bad;

	memset(&p, 0, sizeof(p));
	p.file = file;
	p.error = error;
	p.errsize = errsize;
	p.config = c;
	p.service = s;
	root = tree(&p, text, len, &bad);
	if (bad)
		return -1;
	s->file = schema_copy(file);
	bad = config_service_read(&p, root);
	yaml_tree_free(root);
	return bad;
}

static int
load_service(struct config *c, struct config_service *s, char *error,
    size_t errsize)
{
	char	 path[PATH_MAX], why[CONFIG_ERROR_SIZE], *text;
	size_t	 len, name_len = strlen(s->name);
	int	 missing, result;

	if ((size_t)snprintf(path, sizeof(path), "%s/services/%s.yml",
	    c->directory, s->name) >= sizeof(path)) {
		snprintf(error, errsize, "%s:%u:%u: the path of services/%s"
		    ".yml is too long", c->file, s->line, s->column, s->name);
		return -1;
	}
	if (config_read_file(path, CONFIG_FILE_MAX, 1, &text, &len, &missing,
	    why, sizeof(why)) == -1) {
		if (missing && name_len > 8 &&
		    strcmp(s->name + name_len - 8, ".service") == 0)
			snprintf(error, errsize, "%s:%u:%u: \"%s\" is a "
			    "systemd unit of LavaVisor: take its directory "
			    "over with \"lavavisorctl import\"", c->file,
			    s->line, s->column, s->name);
		else if (missing)
			snprintf(error, errsize, "%s:%u:%u: service \"%s\" "
			    "has no file %s", c->file, s->line, s->column,
			    s->name, path);
		else
			strlcpy(error, why, errsize);
		return -1;
	}
	result = config_parse_service(c, s, path, text, len, error, errsize);
	free(text);
	return result;
}

/*
 * What a person may have taken for a public key: the verifier reads it
 * properly, but only when a release is there.
 */
static const char *
key_lacks(const char *text)
{
	static const char	 comment[] = "untrusted comment: ";
	const char		*key;

	if (strncmp(text, comment, sizeof(comment) - 1) != 0 ||
	    (key = strchr(text, '\n')) == NULL)
		return "a public key file has two lines, the first one is "
		    "\"untrusted comment: ...\"";
	key++;
	if (strchr(key, '\n') != NULL)
		return "a public key file has two lines, and one key: list "
		    "the others as files of their own";
	if (strlen(key) != KEY_LETTERS || strncmp(key, "RW", 2) != 0 ||
	    strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/") != KEY_LETTERS)
		return "its second line is not a public key of signify or "
		    "minisign";
	return NULL;
}

/* Whoever can write to a key file can sign releases, hence `trusted`. */
static int
read_keys(struct config *c, char *error, size_t errsize)
{
	struct config_key	*k;
	const char		*base, *why;
	char			*text;
	size_t			 i, len;

	for (i = 0; i < c->releases.keys_count; i++) {
		k = &c->releases.keys[i];
		if (config_read_file(k->path, KEY_SIZE - 1, 1, &text, &len,
		    NULL, error, errsize) == -1)
			return -1;
		while (len > 0 && text[len - 1] == '\n')
			text[--len] = '\0';
		if (len == 0 || strlen(text) != len) {
			snprintf(error, errsize, "%s: it holds no public key",
			    k->path);
			free(text);
			return -1;
		}
		if ((why = key_lacks(text)) != NULL) {
			snprintf(error, errsize, "%s: %s", k->path, why);
			free(text);
			return -1;
		}
		base = strrchr(k->path, '/') + 1;
		strlcpy(k->key.name, base, sizeof(k->key.name));
		strlcpy(k->key.text, text, sizeof(k->key.text));
		free(text);
	}
	return 0;
}

static int
load_keys(struct config *c, char *error, size_t errsize)
{
	if (read_keys(c, error, errsize) == 0)
		return 0;
	strlcat(error, " (one of releases.keys)", errsize);
	return -1;
}

int
config_load(const char *path, const char *directory, struct config **out,
    char *error, size_t errsize)
{
	struct config	*c;
	char		*text;
	size_t		 i, len;
	int		 result;

	*out = NULL;
	if (config_read_file(path, CONFIG_FILE_MAX, 1, &text, &len, NULL,
	    error, errsize) == -1)
		return -1;
	result = config_parse_memory(path, text, len, directory, &c, error,
	    errsize);
	free(text);
	if (result == -1)
		return -1;
	for (i = 0; i < c->services_count; i++)
		if (load_service(c, &c->services[i], error, errsize) == -1)
			goto fail;
	if (load_keys(c, error, errsize) == -1)
		goto fail;
	*out = c;
	return 0;
fail:
	config_free(c);
	return -1;
}

static void
texts_free(char **texts, size_t count)
{
	while (count > 0)
		free(texts[--count]);
	free(texts);
}

static void
service_free(struct config_service *s)
{
	size_t	 i;

	free(s->file);
	texts_free(s->argv, s->argc);
	free(s->config_file);
	free(s->from);
	free(s->chain_id);
	free(s->keyring_backend);
	free(s->node);
	free(s->user);
	free(s->group);
	texts_free(s->groups, s->groups_count);
	free(s->directory);
	for (i = 0; i < s->env_count; i++) {
		free(s->env[i].name);
		free(s->env[i].value);
	}
	free(s->env);
	free(s->rlimits);
	while (s->drain_argc > 0)
		free(s->drain[--s->drain_argc]);
	free(s->drain);
	config_passphrase_free(&s->passphrase);
	config_check_free(&s->ready);
	config_check_free(&s->health.check);
	free(s->user_name);
	free(s->home);
}

void
config_free(struct config *c)
{
	size_t	 i;

	if (c == NULL)
		return;
	for (i = 0; i < c->services_count; i++)
		service_free(&c->services[i]);
	free(c->services);
	texts_free(c->releases.sources, c->releases.sources_count);
	for (i = 0; i < c->releases.keys_count; i++)
		free(c->releases.keys[i].path);
	free(c->releases.keys);
	free(c->releases.pins);
	free(c->releases.ca_file);
	free(c->releases.proxy);
	config_hooks_free(&c->hooks);
	free(c->nodes);
	free(c->ca_file);
	free(c->file);
	free(c->directory);
	free(c);
}

static int
append(char *to, size_t size, const char *from, size_t len)
{
	size_t	 used = strlen(to);

	if (len >= size - used)
		return -1;
	memcpy(to + used, from, len);
	to[used + len] = '\0';
	return 0;
}

int
config_release_url(const char *source, const char *version, const char *os,
    const char *arch, const char *file, char *url, size_t size)
{
	char		 template[URL_SIZE];
	const char	*p, *value;
	size_t		 len;

	url[0] = '\0';
	len = strlen(source);
	while (len > 0 && source[len - 1] == '/')
		len--;
	if ((size_t)snprintf(template, sizeof(template), "%.*s/%s", (int)len,
	    source, file != NULL ? file : "lavap-v{version}-{os}-{arch}") >=
	    sizeof(template))
		return -1;
	for (p = template; *p != '\0'; p += len) {
		if (strncmp(p, "{version}", len = 9) == 0)
			value = version;
		else if (strncmp(p, "{os}", len = 4) == 0)
			value = os;
		else if (strncmp(p, "{arch}", len = 6) == 0)
			value = arch;
		else if (*p == '{' || *p == '}')
			return -1;
		else {
			len = 1;
			if (append(url, size, p, 1) == -1)
				return -1;
			continue;
		}
		if (append(url, size, value, strlen(value)) == -1)
			return -1;
	}
	return 0;
}

/* The URL of some file below a source; 0, or -1 when it is none */
static int
source_url(const char *source, struct url *u)
{
	char		 example[URL_SIZE];
	const char	*why;

	if (config_release_url(source, "0.0.0", "linux", "amd64", NULL,
	    example, sizeof(example)) == -1)
		return -1;
	return url_parse(example, u, &why);
}

int
config_same_origin(const char *source, const char *other)
{
	struct url	 a, b;

	if (source_url(source, &a) == -1 || source_url(other, &b) == -1)
		return strcmp(source, other) == 0;
	return a.scheme == b.scheme && a.port == b.port &&
	    strcasecmp(a.host, b.host) == 0;
}

int
config_http_allowed(const struct config *c, const char *host)
{
	struct url	 u;
	size_t		 i;

	for (i = 0; i < c->releases.sources_count; i++)
		if (source_url(c->releases.sources[i], &u) == 0 &&
		    u.scheme == URL_HTTP && strcasecmp(u.host, host) == 0)
			return 1;
	return 0;
}

int
config_names_host(const struct config *c, const char *host, uint32_t port)
{
	struct url	 u;
	size_t		 i;

	if (c->releases.proxy_host[0] != '\0' &&
	    strcasecmp(c->releases.proxy_host, host) == 0 &&
	    c->releases.proxy_port == port)
		return 1;
	for (i = 0; i < c->nodes_count; i++)
		if (strcasecmp(c->nodes[i].parsed.host, host) == 0 &&
		    c->nodes[i].parsed.port == port)
			return 1;
	for (i = 0; i < c->releases.sources_count; i++)
		if (source_url(c->releases.sources[i], &u) == 0 &&
		    strcasecmp(u.host, host) == 0 && u.port == port)
			return 1;
	return 0;
}

const char *
config_pin(const struct config *c, const char *version)
{
	size_t	 i;

	for (i = 0; i < c->releases.pins_count; i++)
		if (strcmp(c->releases.pins[i].version, version) == 0)
			return c->releases.pins[i].sha256;
	return NULL;
}
