// The codes that come back to a site with its user's browser, each once and for a sign-in at `returning`.

import { and, eq, sql } from 'drizzle-orm';
import type { SignInId } from '../../domain/sign-in.ts';
import type { Database } from '../database/driver/driver.ts';
import { returnCodes } from '../database/schema/connect-links.ts';

export type ReturnCodeStore = {
	/**
	 * The one before of this sign-in is void from now on. False when the sign-in is not this session's, or is not at
	 * `returning` since `returningAfter`.
	 */
	add(code: {
		codeSha256: Buffer;
		signInId: SignInId;
		sessionId: string;
		now: Date;
		returningAfter: Date;
	}): Promise<boolean>;
	/** Its sign-in, where it is the newest of that one. `void` where there was one after it; undefined where it never was. */
	find(linkId: string, codeSha256: Buffer): Promise<SignInId | 'void' | undefined>;
};

export function createReturnCodeStore(database: Database): ReturnCodeStore {
	return {
		async add({ codeSha256, signInId, sessionId, now, returningAfter }) {
			const at = sql`${now.toISOString()}::timestamptz`;
			const rows = await database.execute(sql`
				with sign_in as (
					select id, connect_link_id from sign_ins
					where id = ${signInId} and session_id = ${sessionId} and state = 'returning'
						and returning_since > ${returningAfter.toISOString()}::timestamptz
						and connect_link_id is not null
					for update
				), voided as (
					update return_codes set voided_at = ${at} from sign_in
					where return_codes.sign_in_id = sign_in.id and voided_at is null
				)
				insert into return_codes (code_sha256, link_id, sign_in_id, made_at)
				select decode(${codeSha256.toString('hex')}, 'hex'), connect_link_id, id, ${at} from sign_in
				returning sign_in_id`);
			return rows.length === 1;
		},
		async find(linkId, codeSha256) {
			const [row] = await database
				.select()
				.from(returnCodes)
				.where(and(eq(returnCodes.codeSha256, codeSha256), eq(returnCodes.linkId, linkId)));
			return row && parseCode(row);
		},
	};
}

function parseCode(row: typeof returnCodes.$inferSelect): SignInId | 'void' {
	return row.voidedAt === null ? (row.signInId as SignInId) : 'void';
}
