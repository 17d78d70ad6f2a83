# Test programs.  Each unit test has a regress/unit/NAME.mk that adds to the
# lists below and says how its program is linked; include it here.
PYTHON ?=	python3
REGRESS_OBJS =
UNIT_TESTS =

# regress/unit/ fragments, one line each, in order of name
include regress/unit/checksum_list.mk
include regress/unit/elf.mk
include regress/unit/policy.mk
include regress/unit/signature.mk

regress-programs: ${UNIT_TESTS}
