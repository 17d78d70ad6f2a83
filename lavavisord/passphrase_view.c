/* What others want to know of the passphrase of a service. */

#include <sys/types.h>

#include <jansson.h>

#include "lavavisord/config.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/passphrase_own.h"
#include "lavavisord/services.h"

int
service_is_locked(const struct service *s)
{
	return s->passphrase != NULL &&
	    s->passphrase->state == SECRET_LOCKED;
}

int
passphrase_is_coming(const struct service *s)
{
	return s->passphrase != NULL &&
	    s->passphrase->state == SECRET_COMING && !s->passphrase->was_held;
}

int
passphrase_was_cut(const struct service *s)
{
	return s->passphrase != NULL && s->passphrase->cut != 0 &&
	    s->passphrase->cut == s->generation;
}

const char *
service_locked_why(const struct service *s)
{
	return service_is_locked(s) ? s->passphrase->why : "";
}

int
passphrase_failed(const struct service *s)
{
	return service_is_locked(s) && s->passphrase->wrong &&
	    s->conf != NULL && s->conf->passphrase.source == PASSPHRASE_FD;
}

json_t *
passphrase_show(const struct service *s)
{
	static const char *const	 states[] = { "not read yet",
	    "being read", "held", "locked" };
	const struct passphrase		*p = s->passphrase;

	if (p == NULL || s->conf == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:b, s:o}", "source",
	    config_passphrase_name(s->conf->passphrase.source), "state",
	    states[p->state], "proven", p->state == SECRET_HELD && p->proven,
	    "reason", p->state == SECRET_LOCKED ? json_string(p->why) :
	    json_null());
}
