SEMVER_TEST_OBJS =	regress/unit/semver_test.o
REGRESS_OBJS +=	regress/unit/semver_test.o
UNIT_TESTS +=	regress/bin/semver_test

regress/bin/semver_test: ${SEMVER_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${SEMVER_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
