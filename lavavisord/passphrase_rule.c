#include "lavavisord/passphrase_rule.h"

enum passphrase_verdict
passphrase_judge(const struct passphrase_run *r)
{
	if (r->asked == 0 || r->stopped || r->moving)
		return PASSPHRASE_UNDECIDED;
	/* Even one that was right once: the keyring may be another now. */
	if (r->asked >= PASSPHRASE_ASKED_WRONG && r->failed)
		return PASSPHRASE_WRONG;
	if (r->ready || r->ran_ms >= PASSPHRASE_LONG_MS)
		return PASSPHRASE_PROVEN;
	if (!r->failed)
		return PASSPHRASE_UNDECIDED;
	if (r->is_lavap && r->asked == 1)
		return PASSPHRASE_PROVEN;
	return r->deaths + 1 >= PASSPHRASE_DEATHS_WRONG ? PASSPHRASE_WRONG :
	    PASSPHRASE_DOUBTED;
}
