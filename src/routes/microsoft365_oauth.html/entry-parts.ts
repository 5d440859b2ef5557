// What looks at the entries: fetched where a link names a site that is known here, and as soon as somebody types.

export const fetchEntryParts = () => import('./entries.svelte');
