/** What is no page: these answer to the page, or lead to it. */
const reserved: ReadonlySet<string> = new Set(['api', 'assets', 'sign-in', 'signed-in']);

const steps = String.raw`[\w-]{1,64}(?:/[\w-]{1,64}){0,3}`;
const pagePath = new RegExp(`^(?:${steps}/?)?$`);
const pageAddress = new RegExp(String.raw`^(?:${steps})?(?:\?nonce=[\w.-]{1,1500})?$`);

/**
 * Whether a path below the portal is one of its pages. Nothing in it can lead out of the portal: there is no dot, no
 * colon, no backslash, nothing encoded and no empty step.
 */
export function isPage(path: string): boolean {
  return pagePath.test(path) && isFree(path);
}

/** Whether somebody can be sent here after signing in: a page, with the nonce that brought them if there is one. */
export function isOwnAddress(to: string): boolean {
  return pageAddress.test(to) && isFree(to);
}

function isFree(path: string): boolean {
  return !reserved.has(path.split(/[/?]/)[0] ?? '');
}
