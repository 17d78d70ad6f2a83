#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/words.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

RB_HEAD(names, service);
RB_HEAD(slots, service);
RB_HEAD(pids, service);

static struct names	 names = RB_INITIALIZER(&names);
static struct slots	 slots = RB_INITIALIZER(&slots);
static struct pids	 pids = RB_INITIALIZER(&pids);

static int	compare_name(const struct service *, const struct service *);
static int	compare_pid(const struct service *, const struct service *);
static int	compare_slot(const struct service *, const struct service *);

RB_PROTOTYPE(names, service, by_name, compare_name)
RB_GENERATE(names, service, by_name, compare_name)
RB_PROTOTYPE(slots, service, by_slot, compare_slot)
RB_GENERATE(slots, service, by_slot, compare_slot)
RB_PROTOTYPE(pids, service, by_pid, compare_pid)
RB_GENERATE(pids, service, by_pid, compare_pid)

static int
compare_name(const struct service *a, const struct service *b)
{
	return strcmp(a->name, b->name);
}

static int
compare_slot(const struct service *a, const struct service *b)
{
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static int
compare_pid(const struct service *a, const struct service *b)
{
	return a->found_by_pid < b->found_by_pid ? -1 :
	    a->found_by_pid > b->found_by_pid;
}

void
services_add(struct service *s)
{
	TAILQ_INSERT_TAIL(&services.list, s, entry);
	RB_INSERT(names, &names, s);
	RB_INSERT(slots, &slots, s);
	services.count++;
}

void
services_remove(struct service *s)
{
	service_set_pid(s, 0);
	RB_REMOVE(slots, &slots, s);
	RB_REMOVE(names, &names, s);
	TAILQ_REMOVE(&services.list, s, entry);
	services.count--;
}

void
service_set_pid(struct service *s, pid_t pid)
{
	if (s->found_by_pid != 0)
		RB_REMOVE(pids, &pids, s);
	s->found_by_pid = pid;
	if (pid != 0)
		RB_INSERT(pids, &pids, s);
	s->state.pid = pid;
}

struct service *
service_by_name(const char *name)
{
	struct service	 key;

	if (strlcpy(key.name, name, sizeof(key.name)) >= sizeof(key.name))
		return NULL;
	return RB_FIND(names, &names, &key);
}

struct service *
service_by_slot(uint32_t slot)
{
	struct service	 key;

	key.slot = slot;
	return RB_FIND(slots, &slots, &key);
}

struct service *
service_by_pid(pid_t pid)
{
	struct service	 key;

	key.found_by_pid = pid;
	return RB_FIND(pids, &pids, &key);
}

struct service *
service_first(void)
{
	return TAILQ_FIRST(&services.list);
}

struct service *
service_next(struct service *s)
{
	return TAILQ_NEXT(s, entry);
}

size_t
services_count(void)
{
	return services.count;
}

void
services_name(struct name_choice *choice, const char *name)
{
	struct service	*s = service_by_name(name);

	name_read(choice, name, s != NULL && s->conf != NULL);
}

int
service_is_meant(const struct service *s, const struct name_choice *choice)
{
	return s->conf != NULL && name_means(choice, s->conf->name,
	    s->conf->role);
}

struct service *
service_next_meant(struct service *s, const struct name_choice *choice)
{
	/* Most name one, and there may be thousands. */
	if (choice->kind == NAME_ONE) {
		if (s != NULL || (s = service_by_name(choice->text)) == NULL)
			return NULL;
		return s->conf != NULL ? s : NULL;
	}
	s = s == NULL ? service_first() : service_next(s);
	while (s != NULL && !service_is_meant(s, choice))
		s = service_next(s);
	return s;
}

void
services_none(const struct name_choice *choice, char *text, size_t size)
{
	struct service	 *s;
	const char	**known;
	size_t		  n = 0;
	int		  near;

	if (choice->kind != NAME_ONE) {
		snprintf(text, size, choice->kind == NAME_ROLE ?
		    "no service has the role of \"%s\"" :
		    "no service fits \"%s\": `show services` has all",
		    choice->text);
		return;
	}
	if ((known = calloc(services.count + 1, sizeof(*known))) == NULL)
		fatal("calloc");
	for (s = service_first(); s != NULL; s = service_next(s))
		if (s->conf != NULL)
			known[n++] = s->conf->name;
	near = word_nearest(known, n, choice->text);
	if (near == -1)
		snprintf(text, size, "there is no service \"%s\": `show "
		    "services` has all", choice->text);
	else
		snprintf(text, size, "there is no service \"%s\": did you "
		    "mean \"%s\"?", choice->text, known[near]);
	free(known);
}
