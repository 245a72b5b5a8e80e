import { plain } from './plain.ts';

/** Markup that goes out as it is. Nothing but `html` makes it. */
class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Html = Markup;

type Insertion = string | number | Html | undefined | readonly Insertion[];

/**
 * A template for mail and pages. What is inserted is text, escaped for content and for attributes in quotes, unless it
 * is itself the result of this template; lists are joined, and `undefined` is nothing.
 */
export function html(literals: TemplateStringsArray, ...insertions: readonly Insertion[]): Html {
  return new Markup(literals.map((literal, index) => `${literal}${inserted(insertions[index])}`).join(''));
}

function inserted(value: Insertion): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(inserted).join('');
  return plain(String(value)).replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
