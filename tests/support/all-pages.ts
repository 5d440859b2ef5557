// What an operation that answers page by page has in all.

export async function allPages<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
	const all: Item[] = [];
	for await (const page of pages) all.push(...page);
	return all;
}
