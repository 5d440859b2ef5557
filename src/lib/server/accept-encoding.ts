// What a browser says in `Accept-Encoding`.

/** RFC 9110, 12.5.3: a weight of 0 means not this one. */
export function acceptsEncoding(header: string, coding: string): boolean {
	return header.split(',').some((entry) => {
		const [name, weight] = entry.toLowerCase().split(';', 2);
		return name?.trim() === coding && Number(weight?.split('q=')[1] ?? 1) !== 0;
	});
}
