// Paraglide's parts of a message with markup, as runs of text and what each is to look like.

export type MessagePart =
	| { type: 'text'; value: string }
	| { type: 'markup-start' | 'markup-end' | 'markup-standalone'; name: string };

export type Run = { text: string; marks: readonly string[] };

export function runsOf(parts: readonly MessagePart[]): Run[] {
	const runs: Run[] = [];
	let marks: readonly string[] = [];
	for (const part of parts) {
		if (part.type === 'text') runs.push({ text: part.value, marks });
		if (part.type === 'markup-start') marks = [...marks, part.name];
		if (part.type === 'markup-end') marks = marks.filter((mark) => mark !== part.name);
	}
	return runs;
}
