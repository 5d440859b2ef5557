// What writing to people needs of the settings: the mail server, the links in the mails, and when the credential ends.

import { createNoticeMailer, type NoticeMailer } from '../mail/notice-mailer.ts';
import { certificateEnd } from '../microsoft/client-credential.ts';
import type { AppSettings } from '../settings/settings.ts';
import { createNumberLinks } from '../vault/renewal-link.ts';

export function noticeServices(settings: AppSettings, mailer: NoticeMailer | undefined) {
	const { notices, origin, tokenKeys, microsoft, clientSecretExpires } = settings;
	const unsubscribeLinks = createNumberLinks(tokenKeys, 'unsubscribe link');
	const { credential } = microsoft;
	return {
		origin,
		noticeSettings: notices,
		noticeMailer: mailer ?? (notices && createNoticeMailer(notices.server)),
		unsubscribeLinks,
		unsubscribeUrl: (id: number) => `${origin}/notices/${unsubscribeLinks.opaqueOf(id)}`,
		mailboxesUrl: `${origin}/mailboxes`,
		credentialEnds: async () => {
			if (credential.kind === 'certificate') return certificateEnd(credential.file);
			return clientSecretExpires && { kind: 'secret' as const, at: clientSecretExpires };
		},
	};
}
