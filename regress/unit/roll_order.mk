ROLL_ORDER_TEST_OBJS =	regress/unit/roll_order_test.o \
			lavavisord/roll_order.o
REGRESS_OBJS +=		regress/unit/roll_order_test.o
UNIT_TESTS +=		regress/bin/roll_order_test
regress/bin/roll_order_test: ${ROLL_ORDER_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${ROLL_ORDER_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
