UPGRADE_TABLE_TEST_OBJS =	regress/unit/upgrade_table_test.o \
		lavavisord/upgrade_table.o
REGRESS_OBJS +=	regress/unit/upgrade_table_test.o
UNIT_TESTS +=	regress/bin/upgrade_table_test

regress/bin/upgrade_table_test: ${UPGRADE_TABLE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${UPGRADE_TABLE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
