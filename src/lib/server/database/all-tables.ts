// Every table of the schema. A test compares it with the migrations: nobody would notice a table that is left out.

import { is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import * as connectLinks from './schema/connect-links.ts';
import * as events from './schema/events.ts';
import * as keys from './schema/keys.ts';
import * as mailboxChecks from './schema/mailbox-checks.ts';
import * as notices from './schema/notices.ts';
import * as tables from './schema/tables.ts';
import * as visits from './schema/visits.ts';
import * as watch from './schema/watch.ts';

const modules = [connectLinks, events, keys, mailboxChecks, notices, tables, visits, watch];

export const ALL_TABLES: readonly PgTable[] = modules
	.flatMap((exported): unknown[] => Object.values(exported))
	.filter((value) => is(value, PgTable));
