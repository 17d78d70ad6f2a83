# What rooms must never do, on Linux, where a refusal can be seen.
SANDBOX_TEST_OBJS =	regress/unit/sandbox_test.o \
			regress/unit/sandbox_world.o
SANDBOX_TEST_OBJS_linux = ${SANDBOX_TEST_OBJS}
SANDBOX_TESTS_linux =	regress/bin/sandbox_test
REGRESS_OBJS +=	${SANDBOX_TEST_OBJS_${OS_NAME}}
UNIT_TESTS +=	${SANDBOX_TESTS_${OS_NAME}}
regress/bin/sandbox_test: ${SANDBOX_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${SANDBOX_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
