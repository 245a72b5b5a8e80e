import type { ServiceError } from '../kms/errors.ts';

/** The AWS Query protocol: forms come in, XML goes out. */

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** Text, or members in their order; what is undefined is left out. */
export type XmlContent = string | number | { readonly [member: string]: XmlContent | undefined };

export function resultXml(action: string, result: XmlContent, requestId: string): string {
  return element(
    `${action}Response`,
    { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } },
    ` xmlns="${NAMESPACE}"`,
  );
}

export function errorXml({ code, message }: ServiceError, requestId: string): string {
  const error = { Type: 'Sender', Code: code, Message: message };
  return element('ErrorResponse', { Error: error, RequestId: requestId }, ` xmlns="${NAMESPACE}"`);
}

/** The items of a list: `Tags.member.1.Key` and so on, by the names of their members. */
export function listOf(form: URLSearchParams, name: string): Record<string, string>[] {
  const items: Record<string, string>[] = [];
  for (const [key, value] of form) {
    const match = new RegExp(`^${name}\\.member\\.(?<number>[1-9]\\d{0,2})(?:\\.(?<member>\\w+))?$`).exec(
      key,
    );
    const index = Number(match?.groups?.number ?? 0) - 1;
    if (index < 0) continue;
    items[index] = { ...items[index], [match?.groups?.member ?? '']: value };
  }
  return items.filter((item) => item !== undefined);
}

function element(name: string, content: XmlContent, attributes = ''): string {
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([member, value]) => (value === undefined ? '' : element(member, value)))
          .join('')
      : escaped(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
