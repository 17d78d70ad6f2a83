# What rooms must never do and what they must be able to do, on Linux, where a
# refusal can be seen.
SANDBOX_TEST_OBJS =	regress/unit/sandbox_test.o
SANDBOX_CAN_OBJS =	regress/unit/sandbox_can_test.o
SANDBOX_WORLD_OBJS =	regress/unit/sandbox_world.o
SANDBOX_OBJS_linux =	${SANDBOX_TEST_OBJS} ${SANDBOX_CAN_OBJS} \
			${SANDBOX_WORLD_OBJS}
SANDBOX_TESTS_linux =	regress/bin/sandbox_test regress/bin/sandbox_can_test
REGRESS_OBJS +=	${SANDBOX_OBJS_${OS_NAME}}
UNIT_TESTS +=	${SANDBOX_TESTS_${OS_NAME}}

regress/bin/sandbox_test: ${SANDBOX_TEST_OBJS} ${SANDBOX_WORLD_OBJS} \
    ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${SANDBOX_TEST_OBJS} \
	    ${SANDBOX_WORLD_OBJS} ${LIBS_COMMON} -lcmocka ${OS_LIBS}

regress/bin/sandbox_can_test: ${SANDBOX_CAN_OBJS} ${SANDBOX_WORLD_OBJS} \
    ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${SANDBOX_CAN_OBJS} \
	    ${SANDBOX_WORLD_OBJS} ${LIBS_COMMON} -lcmocka ${LIB_EVENT} \
	    ${OS_LIBS}
