// What a caller may do is a table of operations. Here they get what they work with, and one guard before each.

/** Runs an operation with what it works with, or refuses it; turns what it throws into what the caller is told. */
export type Guard<Context> = <Result>(
	run: (context: Context) => Promise<Result>,
) => Promise<Result>;

/** What an operation is given besides what it works with. */
export type InputOf<Operation> = Operation extends (
	context: never,
	...input: infer Input
) => unknown
	? Input
	: never;

type Bound<Table> = {
	[Name in keyof Table]: Table[Name] extends (
		context: never,
		...input: infer Input
	) => Promise<infer Result>
		? (...input: Input) => Promise<Result>
		: never;
};

export function bindOperations<
	Context,
	Table extends Record<string, (context: Context, ...input: never[]) => Promise<unknown>>,
>(table: Table, guard: Guard<Context>): Bound<Table> {
	const bound = Object.entries(table).map(([name, operation]) => [
		name,
		(...input: never[]) => guard((context) => operation(context, ...input)),
	]);
	return parseBound(Object.fromEntries(bound));
}

/** Nothing is parsed: no type says that the entries of an object have its own names. */
function parseBound<Table>(bound: unknown): Bound<Table> {
	return bound as Bound<Table>;
}
