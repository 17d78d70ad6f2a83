# Test programs.  Each unit test has a regress/unit/NAME.mk that adds to the
# lists below and says how its program is linked; include it here.
PYTHON ?=	python3
REGRESS_OBJS =
UNIT_TESTS =

# regress/unit/ fragments, one line each, in order of name
include regress/unit/atomic_file.mk
include regress/unit/cgroup.mk
include regress/unit/check_rule.mk
include regress/unit/checksum_list.mk
include regress/unit/command_split.mk
include regress/unit/config.mk
include regress/unit/config_list.mk
include regress/unit/decide.mk
include regress/unit/dialer_address.mk
include regress/unit/dialer_race.mk
include regress/unit/elf.mk
include regress/unit/events.mk
include regress/unit/hash_rule.mk
include regress/unit/history.mk
include regress/unit/imsg.mk
include regress/unit/journal.mk
include regress/unit/keep.mk
include regress/unit/keeper_safe.mk
include regress/unit/manifest.mk
include regress/unit/masking.mk
include regress/unit/message.mk
include regress/unit/monitor.mk
include regress/unit/name_match.mk
include regress/unit/offline_rule.mk
include regress/unit/own_config.mk
include regress/unit/passphrase_rule.mk
include regress/unit/policy.mk
include regress/unit/probe.mk
include regress/unit/process.mk
include regress/unit/protocol_config.mk
include regress/unit/redirect.mk
include regress/unit/roll_choose.mk
include regress/unit/runfile.mk
include regress/unit/sandbox.mk
include regress/unit/semver.mk
include regress/unit/signature.mk
include regress/unit/staging.mk
include regress/unit/table.mk
include regress/unit/unit_file.mk
include regress/unit/upgrade_model.mk
include regress/unit/upgrade_past.mk
include regress/unit/upgrade_table.mk
include regress/unit/verify_answer.mk
include regress/unit/window.mk
include regress/unit/words.mk

# The fake lavap is static as the real one, and never sanitized.
FAKELAVAP =	regress/bin/fakelavap
${FAKELAVAP}: regress/world/fakelavap.c regress/world/fakekeyring.c \
    regress/world/fakekeyring.h
	@mkdir -p regress/bin
	${CC} -std=c11 -O1 -g ${WARN} ${OS_CPPFLAGS} -static -o $@ \
	    regress/world/fakelavap.c regress/world/fakekeyring.c

regress-programs: ${UNIT_TESTS} ${FAKELAVAP}
