// Posting a code is held to one at a time where the browser lends a lock, and goes on where it does not.

import { afterEach, expect, test, vi } from 'vitest';
import { oneCodeAtATime } from '../../src/lib/browser/code-lock.ts';

afterEach(() => vi.unstubAllGlobals());

function lend(request: (name: string, options: object, work: () => unknown) => Promise<unknown>) {
	vi.stubGlobal('navigator', { locks: { request } });
}

test('without locks the work is done', async () => {
	vi.stubGlobal('navigator', {});
	expect(await oneCodeAtATime(() => Promise.resolve('done'))).toBe('done');
});

test('where a lock is refused the work is done, once', async () => {
	lend(() => Promise.reject(new DOMException('no', 'SecurityError')));
	const work = vi.fn(() => Promise.resolve('done'));
	expect(await oneCodeAtATime(work)).toBe('done');
	expect(work).toHaveBeenCalledOnce();
});

test('work that fails is not done again', async () => {
	lend((_name, _options, work) => Promise.resolve(work()));
	const work = vi.fn(() => Promise.reject(new Error('the network is gone')));
	await expect(oneCodeAtATime(work)).rejects.toThrow('the network is gone');
	expect(work).toHaveBeenCalledOnce();
});

test('who gave up waiting does not begin', async () => {
	lend(() => Promise.reject(new DOMException('given up', 'AbortError')));
	const work = vi.fn(() => Promise.resolve('done'));
	const waiting = oneCodeAtATime(work, { signal: AbortSignal.abort() });
	await expect(waiting).rejects.toThrow('given up');
	expect(work).not.toHaveBeenCalled();
});
