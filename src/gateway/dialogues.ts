// The three protocols, as a client speaks them before it is logged in.

import { imapDialogue } from './imap-dialogue.ts';
import { popDialogue } from './pop-dialogue.ts';
import type { Dialogue, Protocols } from './protocol.ts';
import { smtpDialogue } from './smtp-dialogue.ts';

export const dialogues: Protocols<Dialogue> = {
	imap: imapDialogue,
	pop: popDialogue,
	smtp: smtpDialogue,
};
