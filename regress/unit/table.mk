TABLE_TEST_OBJS =	regress/unit/table_test.o \
		lavavisorctl/screen_text.o lavavisorctl/table.o \
		lavavisorctl/cells.o lavavisorctl/show.o \
		lavavisorctl/explanation.o lavavisorctl/history.o \
		lavavisorctl/config_text.o lavavisorctl/check.o \
		lavavisorctl/show_one.o lavavisorctl/upgrade_text.o \
		lavavisorctl/event_line.o lavavisorctl/log_tail.o \
		lavavisord/control/log_limit.o
REGRESS_OBJS +=	regress/unit/table_test.o
UNIT_TESTS +=	regress/bin/table_test

regress/bin/table_test: ${TABLE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${TABLE_TEST_OBJS} ${LIBS_COMMON} \
	    ${LIB_JANSSON} -lcmocka ${OS_LIBS}
