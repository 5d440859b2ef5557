// The look of the practice Microsoft's pages: plain, in the system's own font and colour scheme, and striped at the top
// like a building site, so that no screenshot of it is taken for Microsoft's.

export const pageStyle = `
:root {
	color-scheme: light dark;
	--ground: light-dark(#f3f4f7, #14161b);
	--card: light-dark(#ffffff, #1e2128);
	--text: light-dark(#1b1f27, #eceef3);
	--quiet: light-dark(#565e6d, #a7afbf);
	--line: light-dark(#d5d9e1, #3a404c);
	--accent: light-dark(#1d4fd7, #8fb0ff);
	--on-accent: light-dark(#ffffff, #0d1526);
	--accent-soft: light-dark(#edf2ff, #252d40);
	--warn: light-dark(#ffd34d, #f0bd2e);
	--on-warn: #241a00;
	font: 1rem/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere; }
header {
	padding: 1.25rem 1rem 1rem;
	background: var(--warn);
	color: var(--on-warn);
	text-align: center;
	border-top: .5rem solid;
	border-image: repeating-linear-gradient(-45deg, #241a00 0 .75rem, transparent .75rem 1.5rem) 8;
}
h1, h2, header p { text-wrap: balance; }
p, li, .then { text-wrap: pretty; }
h1 { margin: 0; font-size: 1.25rem; line-height: 1.3; }
header p { margin: .25rem 0 0; font-size: .9375rem; }
main {
	max-width: 34rem;
	margin: 2rem auto;
	padding: 2rem;
	background: var(--card);
	border: 1px solid var(--line);
	border-radius: .75rem;
}
h2 { margin: 0; font-size: 1.375rem; line-height: 1.25; }
h3 { margin: 1.75rem 0 .25rem; font-size: 1rem; }
p { margin: .5rem 0 0; }
.quiet, small { color: var(--quiet); font-size: .875rem; }
.rights { margin: .75rem 0 0; padding: 0; list-style: none; }
.rights li { padding: .125rem 0 .125rem 1.75rem; position: relative; }
.rights li::before {
	content: '';
	position: absolute;
	left: .375rem;
	top: .55rem;
	width: .75rem;
	height: .375rem;
	border: solid var(--accent);
	border-width: 0 0 2px 2px;
	rotate: -45deg;
}
a { color: var(--accent); }
.note { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.choices { display: grid; gap: .625rem; margin-top: .75rem; }
button {
	display: block;
	width: 100%;
	padding: .75rem 1rem;
	font: inherit;
	text-align: start;
	color: inherit;
	background: transparent;
	border: 1px solid var(--line);
	border-radius: .5rem;
	cursor: pointer;
	overflow-wrap: anywhere;
}
button span { display: block; }
button .what { color: var(--accent); font-weight: 600; }
button .then { font-size: .875rem; color: var(--quiet); }
button:hover { background: var(--accent-soft); border-color: var(--accent); }
button.first { background: var(--accent); border-color: var(--accent); }
button.first span { color: var(--on-accent); }
button.first:hover { filter: brightness(1.1); }
button.cancel .what { color: var(--text); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (max-width: 36rem) {
	main { margin: 0; padding: 1.5rem 1rem; border: 0; border-radius: 0; }
	body { background: var(--card); }
}
@media (forced-colors: active) { button.first { border-width: 3px; } }
`;
