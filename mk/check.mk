# Targets for people and for CI: check, lint, fuzz, demo, clean ...
FUZZ_SECONDS ?=	20
STAGE =		stage

# The programs where the tests look for them: lavavisord finds its rooms with
# -L stage/libexec/lavavisord.
stage: programs
	@mkdir -p ${STAGE}/sbin ${STAGE}/libexec/lavavisord
	@for p in lavavisord/lavavisord lavavisorctl/lavavisorctl; do \
	    cmp -s $$p ${STAGE}/sbin/$${p##*/} || \
	    install -m 755 $$p ${STAGE}/sbin/ || exit 1; done
	@ln -sf lavavisorctl ${STAGE}/sbin/lavavisor
	@for p in ${ROOMS} ${HELPERS}; do \
	    cmp -s $$p ${STAGE}/libexec/lavavisord/$${p##*/} || \
	    install -m 755 $$p ${STAGE}/libexec/lavavisord/ || exit 1; done

deps:
	@sh etc/install-deps.sh check
	@if [ "`id -u`" -eq 0 ]; then sh etc/accounts.sh; fi

# The second make reads the makefiles again, with what deps installed.
check: deps
	@${MAKE} stage regress-programs
	@${MAKE} test

# All tests as whoever calls, then, for root, once more as nobody but for those
# to which it makes no difference.
ONCE ?=		regress/once
test:
	@rc=0; ${PYTHON} regress/run -j ${TEST_JOBS} || rc=1; \
	if [ "`id -u`" -eq 0 ]; then \
		${PYTHON} regress/run -j ${TEST_JOBS} -u nobody \
		    -x ${ONCE} || rc=1; \
	fi; exit $$rc

check-asan: deps
	@MAKE="${MAKE}" TEST_JOBS="${TEST_JOBS}" ONCE="${ONCE}" \
	    sh mk/check-asan.sh

check-openbsd:
	@MAKE="${MAKE}" sh mk/check-openbsd.sh

lint: ${GENDIR}/paths.h
	@sh etc/install-deps.sh ci
	@CPPFLAGS="-I. -I${GENDIR} ${OS_CPPFLAGS}" sh mk/lint.sh

fuzz: ${LIBS_COMMON}
	@CPPFLAGS="-I. -I${GENDIR} ${OS_CPPFLAGS}" \
	    LIBS="${LIBS_COMMON} ${LIB_EVENT} ${LIB_YAML} ${LIB_JANSSON} \
	    ${LIB_CURL} ${LIB_SODIUM} ${LIB_CRYPTO} ${OS_LIBS}" \
	    sh mk/fuzz.sh ${FUZZ_SECONDS}

demo: deps
	@${MAKE} stage regress-programs
	@sh regress/demo/demo.sh

clean:
	rm -f ${ALL_OBJS} ${DEPFILES} ${PROGRAMS} ${LIBS_COMMON}
	rm -rf ${GENDIR} ${STAGE} regress/bin regress/tmp

.PHONY: all programs stage deps check test check-asan check-openbsd lint \
	fuzz demo clean install uninstall regress-programs FRC

# For check-openbsd: the tests' C files as well.
unit-programs: ${UNIT_TESTS}

.PHONY: unit-programs

# The image of etc/docker by a real builder: needs buildah, mmdebstrap and the
# network, so CI has regress/e2e/docker_test.sh instead.
image-check: deps
	@${MAKE} stage regress-programs
	@PYTHON="${PYTHON}" sh regress/docker/image_check.sh

.PHONY: image-check
