# What rooms must never do, on Linux, where a refusal can be seen.
SANDBOX_TEST_OBJS =	regress/unit/sandbox_test.o \
			regress/unit/sandbox_world.o
REGRESS_OBJS +=	${SANDBOX_TEST_OBJS}
UNIT_TESTS +=	regress/bin/sandbox_test
regress/bin/sandbox_test: ${SANDBOX_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${SANDBOX_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
