// The organisation's approval link for what is entered: asked for by itself, and again when that changes.

import type { ApprovalLink } from '../domain/approval.ts';
import { parseMailboxAddress, type MailboxAddress } from '../domain/mailbox-address.ts';
import { makeApprovalLink } from './approvals.ts';

/** Nobody is asked while somebody still types. */
const SETTLED_MS = 700;

export class ApprovalRequest {
	link = $state.raw<ApprovalLink>();
	hasFailed = $state(false);
	mailbox = $state<MailboxAddress>();

	/** While a component is set up. Nothing is asked for while `entered` is undefined. */
	constructor(entered: () => { site: string; email: string } | undefined) {
		/** The first is asked for at once: nobody has typed yet. */
		let waitMs = 0;
		$effect(() => {
			const { site, email } = entered() ?? { site: '', email: '' };
			const parsed = parseMailboxAddress(email);
			this.link = undefined;
			this.hasFailed = false;
			this.mailbox = parsed.ok ? parsed.value : undefined;
			if (!parsed.ok) return;
			let isCurrent = true;
			const timer = setTimeout(() => {
				void makeApprovalLink({ site, email }).then((made) => {
					if (!isCurrent) return;
					this.link = made;
					this.hasFailed = made === undefined;
				});
			}, waitMs);
			waitMs = SETTLED_MS;
			return () => {
				isCurrent = false;
				clearTimeout(timer);
			};
		});
	}

	/** Without a recipient: only its writer knows the administrator. */
	get mailto(): string | undefined {
		if (this.link === undefined) return undefined;
		const { subject, text } = this.link.mail;
		return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text.replaceAll('\n', '\r\n'))}`;
	}
}
