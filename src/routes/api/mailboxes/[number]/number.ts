/** No row has the number 0. */
export function parseNumber(text: string): number {
	return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : 0;
}
