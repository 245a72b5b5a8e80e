/** The cookies of the portal. */
export const cookieNames = {
  session: 'keyward_session',
  /** One for each sign-in under way: two links opened side by side do not disturb each other. */
  signIn: (state: string): string => `keyward_sign_in_${state.slice(0, 8).replaceAll(/[^\w-]/g, '_')}`,
  enrolment: 'keyward_enrolment',
} as const;

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly seconds: number;
  /** `Lax` only for what has to come along when another site sends the browser here. */
  readonly sameSite: 'Lax' | 'Strict';
}

/** A `Set-Cookie` that browsers keep to the portal at this address. */
export function setCookie(address: string, { name, value, seconds, sameSite }: Cookie): string {
  const { protocol, pathname } = new URL(address);
  const attributes = [`Path=${pathname}`, `Max-Age=${seconds}`, 'HttpOnly', `SameSite=${sameSite}`];
  return [`${name}=${value}`, ...attributes, ...(protocol === 'https:' ? ['Secure'] : [])].join('; ');
}

export function clearCookie(address: string, name: string): string {
  return setCookie(address, { name, value: '', seconds: 0, sameSite: 'Strict' });
}
