import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../lambdas/approvals/html.ts';

describe('the html template', () => {
  it('escapes what is inserted, for content and for attributes in quotes', () => {
    expect(String(html`<a title="${`"'`}">${'<b>&'}</a>`)).toBe('<a title="&#34;&#39;">&#60;b&#62;&#38;</a>');
  });

  it('leaves its own markup, joins lists, and makes nothing of nothing', () => {
    const items = ['<1>', 2].map((item) => html`<li>${item}</li>`);
    expect(String(html`<ul>${items}${undefined}</ul>`)).toBe('<ul><li>&#60;1&#62;</li><li>2</li></ul>');
  });

  it('does not take an object for markup that only looks like it', () => {
    const forged = { toString: () => '<script>' } as unknown as string;
    expect(() => String(html`${forged}`)).toThrow(TypeError);
  });

  it('lets no text out of its place', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        const [, inside] = /^<p title="([^"]*)">x<\/p>$/.exec(String(html`<p title="${text}">x</p>`)) ?? [];
        expect(inside).toBeDefined();
        expect(inside).not.toMatch(/[<>"'\r\n\u2028\u202E]|&(?!#\d+;)/u);
      }),
    );
  });
});
