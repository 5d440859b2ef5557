// From here on `import` takes TypeScript: for `npm run dev`, the benchmarks and the pictures. What an operator runs is built.

/** No tsconfig.json is read: tsx would look for one in the folder where the command was given, which may be anybody's. */
export async function readTypeScript() {
	const { register } = await import('tsx/esm/api');
	register({ tsconfig: false });
}
