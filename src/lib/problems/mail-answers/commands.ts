// PowerShell lines that an administrator copies out of an explanation, so the names in them, which
// strangers chose, must stay names.

/** PowerShell takes these for the ASCII quote as well (its language specification, 2.3.5.2). */
const SINGLE_QUOTES = /['\u2018\u2019\u201a\u201b]/g;

/** Control and format characters: a line break would end the command, a bidi mark would disguise it. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** RFC 5321 allows 254 characters in an address; nothing longer is one. */
const MAX_NAME = 254;

/** A literal string: within single quotes PowerShell expands nothing, and a doubled quote is one quote. */
export function quoteForPowerShell(name: string): string {
	const visible = name.replace(INVISIBLE, '').slice(0, MAX_NAME);
	return `'${visible.replace(SINGLE_QUOTES, '$&$&')}'`;
}

export function setMailbox(mailbox: string, parameter: string): string {
	return `Set-CASMailbox -Identity ${quoteForPowerShell(mailbox)} ${parameter}`;
}

export function allowFullAccess(mailbox: string, user: string): string {
	return `Add-MailboxPermission -Identity ${quoteForPowerShell(mailbox)} -User ${quoteForPowerShell(user)} -AccessRights FullAccess`;
}

export function allowSendAs(mailbox: string, user: string): string {
	return `Add-RecipientPermission -Identity ${quoteForPowerShell(mailbox)} -Trustee ${quoteForPowerShell(user)} -AccessRights SendAs`;
}
