POLICY_TEST_OBJS =	regress/unit/policy_test.o \
			lavavisord/supervisor/policy.o
REGRESS_OBJS +=		regress/unit/policy_test.o
UNIT_TESTS +=		regress/bin/policy_test
regress/bin/policy_test: ${POLICY_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${POLICY_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
