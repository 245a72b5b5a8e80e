import { createHash } from 'node:crypto';

/** The one style sheet. It stands in the page as it is, so it holds none of the characters that markup escapes. */
export const style = `
:root { color-scheme: light dark; --ink: #16191f; --paper: #ffffff; --quiet: #50575f; --line: #8b949e; --accent: #0b5cad; --alarm: #a3201a; --note: #eef4fb }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9ebed; --paper: #10141a; --quiet: #aab4bf; --line: #6b7682; --accent: #86bdff; --alarm: #ff9a91; --note: #1a2634 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 50rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
header, footer { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; color: var(--quiet) }
header { border-bottom: 1px solid var(--line); padding-bottom: .5rem }
footer { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: .5rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1rem 0 }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
dl { margin: 0 }
dt { color: var(--quiet); margin-top: .5rem }
dd { margin: 0 }
@media (min-width: 40rem) {
  dl { display: grid; grid-template-columns: 10rem 1fr; gap: .25rem 1rem }
  dt { margin: 0 }
}
.note, .fault { border-left: .25rem solid var(--accent); background: var(--note); padding: .5rem 1rem; margin: 1rem 0 }
.fault { border-color: var(--alarm) }
.error { color: var(--alarm); margin: .25rem 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line) }
fieldset { border: 1px solid var(--line); margin: 1rem 0; padding: .5rem 1rem 1rem }
label { display: block; padding: .5rem 0 }
textarea, input[type=text] { display: block; width: 100%; padding: .5rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line) }
input[type=radio] { width: 1.25rem; height: 1.25rem; vertical-align: text-bottom; margin: 0 .5rem 0 0 }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1.25rem; border: 1px solid var(--accent); border-radius: .25rem; background: var(--accent); color: var(--paper) }
button.quiet { background: none; color: var(--accent) }
`;

/** For the content security policy: the page allows this style and no other. */
export const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
