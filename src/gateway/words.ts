// Text for a line of a mail protocol: printable ASCII, and short enough for SMTP (RFC 5321, 4.5.3.1.5: 512 octets).

const MAX_LENGTH = 440;

const PLAIN: Readonly<Record<string, string>> = {
	'’': "'",
	'‘': "'",
	'“': '"',
	'”': '"',
	'…': '...',
	'–': '-',
};

export function inOneLine(text: string): string {
	const plain = text
		.replace(/[’‘“”…–]/g, (sign) => PLAIN[sign] ?? '?')
		.replace(/[^\x20-\x7e]+/g, ' ')
		.trim();
	return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH - 3)}...` : plain;
}
