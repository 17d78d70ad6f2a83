#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/atomic_file.h"
#include "common/protocol_config.h"
#include "common/service_name.h"
#include "lavavisorctl/local/config_list.h"
#include "lavavisorctl/local/service_file.h"
#include "lavavisorctl/local/service_others.h"
#include "lavavisorctl/local/service_place.h"

/* What is looked for, and what came of it */
struct search {
	const struct service_place	*at;
	const char			*config;
	const struct protocol_config	*protocol;
	char				*text;
	size_t				 size;
};

static char	*config_of(const struct service_place *, const char *);
static int	each_other(struct search *, const char *,
		    int (*)(struct search *, const char *, const char *));
static int	has_config(struct search *, const char *, const char *);
static int	listens(struct search *, const char *, const char *);

/* The file in service_configs, NULL if none is known */
static char *
config_of(const struct service_place *at, const char *name)
{
	char	 file[256], *text, *config;
	size_t	 len;

	if (!service_name_valid(name))
		return NULL;
	snprintf(file, sizeof(file), "%s.yml", name);
	if (atomic_read(at->services, file, SERVICE_FILE_MAX, &text, &len) ==
	    -1)
		return NULL;
	config = service_file_value(text, len, "config");
	free(text);
	if (config != NULL && strchr(config, '/') != NULL) {
		free(config);
		return NULL;
	}
	return config;
}

/* Until one of them is what is looked for */
static int
each_other(struct search *s, const char *name,
    int (*is)(struct search *, const char *, const char *))
{
	char	**names, *config;
	size_t	 i, n;
	int	 found = 0;

	if (config_list_names(s->at->text, s->at->len, &names, &n) == -1)
		return 0;
	for (i = 0; i < n; i++) {
		if (!found && strcmp(names[i], name) != 0 &&
		    (config = config_of(s->at, names[i])) != NULL) {
			found = is(s, names[i], config);
			free(config);
		}
		free(names[i]);
	}
	free(names);
	return found;
}

static int
has_config(struct search *s, const char *name, const char *config)
{
	if (strcmp(config, s->config) != 0)
		return 0;
	snprintf(s->text, s->size, "%s", name);
	return 1;
}

static int
listens(struct search *s, const char *name, const char *config)
{
	struct protocol_config	 other;
	const char		*where = NULL;
	char			*text, error[512];
	size_t			 len;

	if (atomic_read(s->at->configs, config, SERVICE_FILE_MAX, &text,
	    &len) == -1)
		return 0;
	if (protocol_config_read(&other, config, text, len, error,
	    sizeof(error)) == 0) {
		where = protocol_config_clash(s->protocol, &other);
		if (where != NULL)
			snprintf(s->text, s->size, "%s listens on %.80s as "
			    "well: only one of them can", name, where);
		protocol_config_free(&other);
	}
	free(text);
	return where != NULL;
}

int
service_other_has_config(const struct service_place *at, const char *name,
    const char *config, char *who, size_t size)
{
	struct search	 s = { at, config, NULL, who, size };

	return each_other(&s, name, has_config);
}

int
service_other_listens(const struct service_place *at, const char *name,
    const struct protocol_config *protocol, char *why, size_t size)
{
	struct search	 s = { at, NULL, protocol, why, size };

	return each_other(&s, name, listens);
}
