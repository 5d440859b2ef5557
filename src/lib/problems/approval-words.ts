// What is said about approval: to the administrator who is asked for it by e-mail, and to the one who comes
// back from Microsoft and has never seen this page. The return names the mail domain and nobody.

import type { ApprovalReturn } from '../domain/approval.ts';
import { referenceOfRefusal } from '../domain/refusal.ts';

export function approvalMail(request: {
	url: string;
	mailbox: string;
	site: string | undefined;
	helper: string;
}): { subject: string; text: string } {
	const { url, mailbox, site, helper } = request;
	const mailDomain = mailbox.slice(mailbox.lastIndexOf('@') + 1);
	return {
		subject: `Please approve mail access for ${mailDomain} at Microsoft`,
		text: [
			'Hello,',
			`I would like to connect the mailbox ${mailbox}${site === undefined ? '' : ` to ${site}`}, so that the site can read and send its mail. Microsoft asks a Microsoft 365 administrator of our organisation to approve this once.`,
			'Please open this link, sign in as an administrator and choose “Accept”:',
			url,
			`What you approve: ${helper} may use IMAP, POP and SMTP for the mailboxes whose owners sign in there themselves. It gets no access to any other mailbox, and you can withdraw the approval at any time in the Microsoft Entra admin center > Enterprise apps. The link works for seven days.`,
			'A Global Administrator, Privileged Role Administrator, Application Administrator or Cloud Application Administrator can approve.',
			'Please tell me when it is done. Thank you!',
		].join('\n\n'),
	};
}

/** `error` counts first: Microsoft sends `admin_consent=True` with it as well. */
export function explainApprovalReturn(
	mailDomain: string,
	answer: { adminConsent: string; error: string | undefined; description: string },
): ApprovalReturn {
	const { adminConsent, error, description } = answer;
	if (error === undefined && /^true$/i.test(adminConsent)) return approved(mailDomain);
	const reference = referenceOfRefusal(error ?? '', description);
	return {
		outcome: 'not_approved',
		title: `Not approved yet: ${mailDomain}`,
		...(error === 'access_denied' ? DECLINED : NOT_COMPLETED),
		...(Object.keys(reference).length > 0 && { reference }),
	};
}

function approved(mailDomain: string): ApprovalReturn {
	return {
		outcome: 'approved',
		title: `Approved: ${mailDomain}`,
		explanation: `Microsoft reports that the approval was given. People with a mailbox of ${mailDomain} can now connect it here, each by signing in themselves. You have nothing more to do on this page.`,
		next_step:
			'Tell whoever asked you for the approval: they open this page and press “Sign in with Microsoft” again.',
	};
}

const DECLINED = {
	explanation:
		'The approval was declined or cancelled at Microsoft. Nothing has changed, and no mailbox was connected.',
	next_step:
		'If that was a mistake, open the approval link again and choose “Accept”. Otherwise tell whoever asked you that you did not approve.',
};

const NOT_COMPLETED = {
	explanation:
		'Microsoft did not complete the approval. Often the account that signed in may not approve for the organisation.',
	next_step:
		'Open the approval link again and sign in as a Global Administrator, Privileged Role Administrator, Application Administrator or Cloud Application Administrator. If it stays so, tell whoever asked you, and add the details below.',
};
