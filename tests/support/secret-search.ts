// Looks for secrets where none may be: in a dump of the database and in all that was logged. A secret is found raw,
// URL-encoded, as base64 or base64url, also in the middle of something longer that was encoded, and as hexadecimal
// digits, which is how a dump shows binary columns.

import type { Sql } from 'postgres';

export type Secret = { name: string; value: string | Buffer };

/** Names of the secrets that occur in `text`, each with the form it was found in. */
export function findSecrets(text: string, secrets: readonly Secret[]): string[] {
	return secrets.flatMap(({ name, value }) => {
		const found = formsOf(value).find(({ needle }) => text.includes(needle));
		return found ? [`${name} (${found.form})`] : [];
	});
}

/** All rows of all tables, one JSON text a line, below the table's name. */
export async function dumpDatabase(sql: Sql): Promise<string> {
	const tables = await sql<{ schema: string; name: string }[]>`
		select schemaname as schema, tablename as name from pg_tables
		where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2`;
	const lines: string[] = [];
	for (const { schema, name } of tables) {
		const rows = await sql<{ line: string }[]>`
			select row_to_json(t)::text as line from ${sql(schema)}.${sql(name)} as t`;
		lines.push(`${schema}.${name}`, ...rows.map(({ line }) => line));
	}
	return lines.join('\n');
}

type Form = { form: string; needle: string };

/** Anything shorter would be found by chance. */
const shortestNeedle = 16;

function formsOf(value: string | Buffer): Form[] {
	const bytes = Buffer.from(value);
	const raw =
		typeof value === 'string'
			? [
					{ form: 'raw', needle: value },
					{ form: 'JSON', needle: JSON.stringify(value).slice(1, -1) },
					{ form: 'URL', needle: encodeURIComponent(value) },
					{ form: 'form', needle: new URLSearchParams({ v: value }).toString().slice(2) },
				]
			: [];
	const forms = [...raw, ...base64Forms(bytes), { form: 'hex', needle: bytes.toString('hex') }];
	for (const { form, needle } of forms) {
		if (needle.length < shortestNeedle) throw new Error(`too short to search for: ${form}`);
	}
	return forms;
}

/**
 * The characters that any base64 text with these bytes in it must hold: three bytes make four characters, so there
 * are three ways the bytes can lie, and the characters at either end belong to the neighbours too.
 */
function base64Forms(bytes: Buffer): Form[] {
	return [0, 1, 2].flatMap((before) => {
		const padded = Buffer.concat([Buffer.alloc(before), bytes]);
		const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64');
		const needle = whole.slice(before === 0 ? 0 : 4);
		return [
			{ form: 'base64', needle },
			{ form: 'base64url', needle: needle.replaceAll('+', '-').replaceAll('/', '_') },
		];
	});
}
