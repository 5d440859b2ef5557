import type { App as MailkeyApp } from '$lib/server/app/app';
import type { VisitorOperations } from '$lib/server/app/for-visitors';
import type { Session } from '$lib/server/owners/sessions';
import type { ReadySignIn, SignInId, SignInStatus } from '$lib/domain/sign-in';
import type { Language } from '$lib/domain/language';
import type { PreloadedFiles } from './routes/preloaded-files';

declare global {
	/** Put in by the build; `npm run dev` has none. */
	const PRELOADED_FILES: PreloadedFiles | undefined;
	/** Of the code that `routes/early-script.js` has posted. */
	var earlyPost:
		| {
				signIn: SignInId;
				/** Undefined where the server refused it. */
				answered: Promise<SignInStatus | undefined>;
				/** Before the page's script was there, which takes it over. */
				shown?: ReadySignIn;
				/** Whether the clipboard took it, where its button was pressed. */
				copied?: Promise<boolean>;
				/** Ends a post that gets nowhere. */
				abort: () => void;
		  }
		| undefined;
	namespace App {
		interface Locals {
			app: MailkeyApp;
			/** That the visitor chose, or that the browser asks for. */
			language: Language;
			/** What this visitor may do. */
			visitor: VisitorOperations;
			/** This browser's session, looked up when it is first asked for. */
			session: () => Promise<Session | undefined>;
			/** Set by a page that did not look something up, as this client address had too much looked up. */
			retryAfterSeconds?: number | undefined;
			/** Set by a page that somebody may have come to from Microsoft: what a return needs is fetched at once. */
			isReturn?: boolean;
		}
		interface Error {
			message: string;
			/** For the operator's log; says nothing to anyone else. */
			id?: string;
		}
	}
}
