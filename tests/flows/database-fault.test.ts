// A database that answers, and that a server could not work with all the same.

import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readiness } from '../../src/lib/server/app/readiness.ts';
import { findDatabaseFault } from '../../src/lib/server/database/find-database-fault.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import { wellOtherwise } from '../support/well-otherwise.ts';

let url: string;
let owner: postgres.Sql;
let role: string;

beforeAll(async () => {
	url = await createTestDatabase();
	await migrateDatabase(url);
	owner = postgres(url, { max: 1, onnotice: () => undefined });
	role = `clerk_${url.slice(-8)}`;
	await owner.unsafe(`
		create role ${role}; grant ${role} to current_user;
		grant select, insert, update, delete on all tables in schema public to ${role};
		revoke update, delete on audit_events from ${role}`);
});
afterAll(() => owner.end());

/** As another role, or with another setting of the session. */
async function findAs(connection: Record<string, string>) {
	const sql = postgres(url, { max: 1, connection });
	try {
		return await findDatabaseFault(sql);
	} finally {
		await sql.end();
	}
}

describe('it is found', () => {
	test('to be well with the rights that the operator’s guide grants', async () => {
		expect(await findAs({ role })).toBeUndefined();
	});

	test('to be read-only, as a standby is', async () => {
		const readOnly = { default_transaction_read_only: 'on' };
		expect(await findAs(readOnly)).toEqual({ kind: 'read_only' });
	});

	test.each(['select', 'insert', 'update', 'delete'])(
		'to lack a grant of %s, as after a migration',
		async (right) => {
			await owner.unsafe(`revoke ${right} on sign_ins from ${role}`);
			expect(await findAs({ role })).toEqual({ kind: 'missing_grants', tables: ['sign_ins'] });
			await owner.unsafe(`grant ${right} on sign_ins to ${role}`);
		},
	);

	test('to lack the grant to add audit events', async () => {
		await owner.unsafe(`revoke insert on audit_events from ${role}`);
		expect(await findAs({ role })).toMatchObject({ tables: ['audit_events'] });
		await owner.unsafe(`grant insert on audit_events to ${role}`);
	});
});

test.each([
	[{ kind: 'read_only' } as const, 'writable database'],
	[{ kind: 'missing_grants', tables: ['sign_ins'] } as const, 'grants on tables of the database'],
])('readiness says %j', async (fault, missing) => {
	const findDatabaseFault = () => Promise.resolve(fault);
	expect(await readiness({ ...wellOtherwise, findDatabaseFault }, 'serving')).toEqual({
		status: 'not_ready',
		missing,
	});
});
