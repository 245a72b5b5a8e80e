/** What is no page: these answer to the page, or lead to it. */
const reserved: ReadonlySet<string> = new Set(['api', 'assets', 'sign-in', 'signed-in']);

const steps = String.raw`[\w-]{1,64}(?:/[\w-]{1,64}){0,3}`;
const pagePath = new RegExp(`^(?:${steps}/?)?$`);

/**
 * Whether a path below the portal is one of its pages, to which somebody can be sent after signing in. Nothing in it can
 * lead out of the portal: there is no dot, no colon, no backslash, nothing encoded and no empty step.
 */
export function isPage(path: string): boolean {
  return pagePath.test(path) && !reserved.has(path.split('/')[0] ?? '');
}
