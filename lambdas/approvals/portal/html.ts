/** HTML that is safe to send: only `html` makes it. */
class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type { Html };

export type Fragment = string | number | Html | undefined | readonly Fragment[];

/**
 * The one way to HTML. What stands in the template is markup; every value is text and is escaped, unless `html` made it.
 * Attributes have to be quoted. Lists are joined, `undefined` is nothing.
 */
export function html(markup: TemplateStringsArray, ...values: readonly Fragment[]): Html {
  const parts = markup.map((text, index) => (index === 0 ? text : `${written(values[index - 1])}${text}`));
  return new Html(parts.join(''));
}

function written(value: Fragment): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return value.map(written).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters and those that turn the direction of writing: with them a text looks like another one. */
const DECEPTIVE =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

function escaped(text: string): string {
  return text
    .replaceAll(DECEPTIVE, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
