#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/placed.h"

static int	read_role(const json_t *, struct placed_range *);

void
placed_read(struct placed *p, const struct place *place)
{
	struct placed_version	*v;
	struct dirent		*e;
	struct stat		 st;
	char			 path[PLACE_PATH_SIZE + 300];
	DIR			*dir;

	memset(p, 0, sizeof(*p));
	snprintf(path, sizeof(path), "%s/upgrades", place->directory);
	if ((dir = opendir(path)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL && p->count < PLACED_MAX) {
		v = &p->list[p->count];
		if (e->d_name[0] != 'v' ||
		    semver_parse(e->d_name + 1, &v->version) == -1)
			continue;
		snprintf(path, sizeof(path), "%s/upgrades/%s/lavap",
		    place->directory, e->d_name);
		if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode))
			continue;
		snprintf(path, sizeof(path), "%s/upgrades/%s/manifest",
		    place->directory, e->d_name);
		v->installed = lstat(path, &st) == 0;
		p->count++;
	}
	closedir(dir);
}

static int
read_role(const json_t *o, struct placed_range *r)
{
	const char	*target, *min;

	target = json_string_value(json_object_get(o, "target"));
	min = json_string_value(json_object_get(o, "min"));
	return target == NULL || min == NULL ||
	    semver_parse(target, &r->target) == -1 ||
	    semver_parse(min, &r->min) == -1 ? -1 : 0;
}

int
placed_ranges(const char *text, struct placed_range *r)
{
	const char	*end;
	json_t		*value, *roles;
	size_t		 i;
	int		 found = 0;

	for (; text != NULL && !found; text = end == NULL ? NULL : end + 1) {
		end = strchr(text, '\n');
		if (text[0] != '{' || (value = json_loadb(text, end == NULL ?
		    strlen(text) : (size_t)(end - text), 0, NULL)) == NULL)
			continue;
		roles = json_object_get(value, "roles");
		found = json_array_size(roles) == PLACED_ROLES;
		for (i = 0; found && i < PLACED_ROLES; i++)
			found = read_role(json_array_get(roles, i),
			    &r[i]) == 0;
		json_decref(value);
	}
	return found ? 0 : -1;
}

const struct placed_version *
placed_newest(const struct placed *p, const struct placed_range *r)
{
	const struct placed_version	*best = NULL, *v;
	size_t				 i;

	for (i = 0; i < p->count; i++) {
		v = &p->list[i];
		if (r != NULL && (semver_compare(&v->version, &r->min) < 0 ||
		    semver_compare(&v->version, &r->target) > 0))
			continue;
		if (best == NULL || semver_compare(&v->version,
		    &best->version) > 0)
			best = v;
	}
	return best;
}
