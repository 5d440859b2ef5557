// The result of parsing what a person typed: the value, or the code of the one fault to tell them about.
// A union and no exception, as the page shows the faults of all fields at once.

export type Parsed<Value, Fault extends string> =
	{ ok: true; value: Value } | { ok: false; fault: Fault };
