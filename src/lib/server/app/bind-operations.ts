// What a caller may do is a table of operations. Here they get what they work with, and one guard before each.

/** Runs an operation, or refuses it; turns what it throws into what the caller is told. */
export type Guard = <Result>(run: () => Promise<Result>) => Promise<Result>;

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
>(table: Table, context: Context, guard: Guard): Bound<Table> {
	const bound = Object.entries(table).map(([name, operation]) => [
		name,
		(...input: never[]) => guard(() => operation(context, ...input)),
	]);
	return parseBound(Object.fromEntries(bound));
}

/** Nothing is parsed: no type says that the entries of an object have its own names. */
function parseBound<Table>(bound: unknown): Bound<Table> {
	return bound as Bound<Table>;
}
