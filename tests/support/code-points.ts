// Every code point of Unicode, but for the surrogates, which are no characters.

export function everyCodePoint(): string[] {
	const letters: string[] = [];
	for (let codePoint = 0; codePoint <= 0x10_ff_ff; codePoint += 1) {
		if (codePoint < 0xd8_00 || codePoint > 0xdf_ff) letters.push(String.fromCodePoint(codePoint));
	}
	return letters;
}
