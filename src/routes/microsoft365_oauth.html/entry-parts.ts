// What looks at the entries: fetched where a field is filled in, and as soon as somebody types. Where it cannot be
// fetched the server looks at them alone.

export const fetchEntryParts = () => import('./entries.svelte').catch(() => undefined);

export type EntryParts = NonNullable<Awaited<ReturnType<typeof fetchEntryParts>>>;
