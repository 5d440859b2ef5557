// How a command ends that PostgreSQL refused something, and what its operator reads.

import { DrizzleQueryError } from 'drizzle-orm/errors';
import { afterEach, expect, test, vi } from 'vitest';
import { exitStatusOf } from '../../src/cli/exit-status.ts';

afterEach(() => vi.restoreAllMocks());

async function endOf(error: Error) {
	let told = '';
	vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((told += String(text)), true));
	const status = await exitStatusOf(() => Promise.reject(error));
	return { status, told };
}

function refusal(code: string): Error {
	const refused = new Error('duplicate key ana@mycompany.com');
	return Object.assign(refused, { name: 'PostgresError', code });
}

test.each([
	['25006', /^The database takes no changes \(25006\): .* DATABASE_URL/],
	['53100', /^The disk of the database is full \(53100\)\. /],
	['23503', /^Something else changed the same rows meanwhile \(23503\), .* run this again/],
	['42501', /lacks a right .* \(42501\): .*"mailkey doctor"/],
	['40P01', /\(40P01\)\. Run it again\.\n$/],
	['57P01', /^The database is not available \(57P01\)\. /],
	['42P01', /^PostgreSQL refused a statement of this command \(42P01\)\. Run "mailkey doctor"/],
])('PostgreSQL’s %s is told in one line, without its message', async (code, line) => {
	for (const error of [
		refusal(code),
		new DrizzleQueryError('insert', ['ana@mycompany.com'], refusal(code)),
	]) {
		const { status, told } = await endOf(error);
		expect(status).toBe(1);
		expect(told).toMatch(line);
		expect(told).toMatch(/^[^{\n]+\n$/);
		expect(told).not.toContain('ana@');
	}
});

test('any other error is told by name and place alone', async () => {
	const { status, told } = await endOf(new TypeError('ana@mycompany.com'));
	expect(status).toBe(1);
	expect(told).toMatch(/^mailkey failed: \{"name":"TypeError"/);
	expect(told).not.toContain('ana@');
});
