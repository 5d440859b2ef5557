import type { Helper } from '$lib/server/helper';
import type { VisitorFlows } from '$lib/server/helper-visitor';
import type { Session } from '$lib/server/sessions';

declare global {
	namespace App {
		interface Locals {
			helper: Helper;
			/** What this visitor may do. */
			visitor: VisitorFlows;
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
