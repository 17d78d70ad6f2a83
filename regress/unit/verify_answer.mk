VERIFY_ANSWER_TEST_OBJS =	regress/unit/verify_answer_test.o \
		lavavisord/verify_answer.o
REGRESS_OBJS +=	regress/unit/verify_answer_test.o
UNIT_TESTS +=	regress/bin/verify_answer_test

regress/bin/verify_answer_test: ${VERIFY_ANSWER_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${VERIFY_ANSWER_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
