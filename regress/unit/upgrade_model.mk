UPGRADE_MODEL_TEST_OBJS = regress/unit/upgrade_model_test.o \
			lavavisord/roll_order.o lavavisord/upgrade_table.o
REGRESS_OBJS +=		regress/unit/upgrade_model_test.o
UNIT_TESTS +=		regress/bin/upgrade_model_test
regress/bin/upgrade_model_test: ${UPGRADE_MODEL_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${UPGRADE_MODEL_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
