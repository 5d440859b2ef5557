// What a journey needs of a browser that Playwright does not drive: an address, keys, and questions to the page. Firefox
// and WebKitGTK are Debian's, as people have them, and not builds of a test tool.

export type Key = 'Tab' | 'Enter' | 'Space';

export type OtherBrowser = {
	/** As the browser calls itself. */
	version: string;
	/** Resolves when the page is loaded. */
	open(url: string): Promise<void>;
	press(key: Key): Promise<void>;
	/** Into the focused field, in place of all that is in it. */
	paste(): Promise<void>;
	/** What a JavaScript expression is worth in the page; what is no JSON comes as null. */
	ask(expression: string): Promise<unknown>;
	/** What the browser had against the page, in its words. */
	faults(): Promise<string[]>;
	close(): Promise<void>;
};
