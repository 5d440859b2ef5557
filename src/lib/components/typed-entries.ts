// What the visitor has typed, for the links that load the page again in another language.

import { createContext } from 'svelte';

export type TypedEntries = {
	/** Undefined while nothing is typed: then the page fills the fields by itself. */
	typed: { site: string; email: string } | undefined;
};

export const [getTypedEntries, setTypedEntries] = createContext<TypedEntries>();
