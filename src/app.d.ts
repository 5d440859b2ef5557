import type { Helper } from '$lib/server/helper';
import type { Session } from '$lib/server/sessions';

declare global {
	namespace App {
		interface Locals {
			helper: Helper;
			/** This browser's session, looked up when it is first asked for. */
			session: () => Promise<Session | undefined>;
		}
		interface Error {
			message: string;
			/** For the operator's log; says nothing to anyone else. */
			id?: string;
		}
	}
}
