import { createHash } from 'node:crypto';
import { type Html, html } from '../html.ts';

const style = html`
:root {
  color-scheme: light dark;
  --text: light-dark(#16191f, #e6e8eb);
  --quiet: light-dark(#545b64, #a3abb5);
  --back: light-dark(#ffffff, #14181d);
  --raised: light-dark(#f4f6f8, #1d232a);
  --line: light-dark(#b6bec9, #434c57);
  --accent: light-dark(#0a58a8, #7fb8f5);
  --on-accent: light-dark(#ffffff, #0b1520);
  --danger: light-dark(#a4161a, #ff9a94);
}
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back) }
header, main { max-width: 46rem; margin: 0 auto; padding: 0 1rem }
header { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; padding-block: .75rem; color: var(--quiet); border-bottom: 1px solid var(--line) }
main { padding-block: 1rem 4rem; overflow-wrap: anywhere }
a { color: var(--accent) }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem }
dl { margin: 0 }
dt { color: var(--quiet); font-size: .875rem; margin-top: .75rem }
dd { margin: 0 }
ul { padding-left: 1.25rem; margin: .5rem 0 }
li { margin: .5rem 0 }
code { font: .875rem/1.5 ui-monospace, monospace }
.quiet { color: var(--quiet) }
.note, form, .item { background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: 1rem 0 }
.fault { color: var(--danger); border-color: var(--danger) }
p.fault { margin: .25rem 0 }
form > p { margin: 1rem 0 0 }
fieldset { border: 0; margin: 0; padding: 0 }
legend, .label { display: block; font-weight: 600; padding: 0 }
.choice { display: block; padding: .375rem 0 }
input[type=text], textarea { display: block; width: 100%; margin-top: .25rem; padding: .5rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--quiet); border-radius: .25rem }
textarea { min-height: 6rem; resize: vertical }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.5rem; color: var(--on-accent); background: var(--accent); border: 0; border-radius: .25rem; cursor: pointer }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
@media (min-width: 40rem) {
  dl.facts { display: grid; grid-template-columns: 11rem 1fr; gap: .375rem 1rem }
  dl.facts dt, dl.facts dd { margin: 0; font-size: 1rem }
}
`;

const styleHash = createHash('sha256').update(style.toString()).digest('base64');

/** Nothing is loaded, nothing runs, nobody frames the page, and its forms go nowhere else. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': contentSecurityPolicy,
} as const;

/** A whole page. `who` is the name of the person who is signed in. */
export function layout(page: {
  readonly title: string;
  readonly who?: string | undefined;
  readonly content: Html;
}): Html {
  const { title, who, content } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Keyward</title>
<style>${style}</style>
</head>
<body>
<header><span>Keyward</span>${who === undefined ? undefined : html`<span>Signed in as <bdi>${who}</bdi></span>`}</header>
<main>
${content}
</main>
</body>
</html>
`;
}
