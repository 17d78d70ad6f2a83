ROLL_CHOOSE_TEST_OBJS =	regress/unit/roll_choose_test.o \
			lavavisord/roll_order.o
REGRESS_OBJS +=		regress/unit/roll_choose_test.o
UNIT_TESTS +=		regress/bin/roll_choose_test
regress/bin/roll_choose_test: ${ROLL_CHOOSE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${ROLL_CHOOSE_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
