// An IMAP command that is not carried out: the answer after its tag.

export class ImapRefusal extends Error {}

export const malformed = () => new ImapRefusal('BAD Command Argument Error. 12');
