MESSAGE_TEST_OBJS =	regress/unit/message_test.o
REGRESS_OBJS +=	${MESSAGE_TEST_OBJS}
UNIT_TESTS +=	regress/bin/message_test
regress/bin/message_test: ${MESSAGE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${MESSAGE_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
