const SESSION_COOKIE = 'keyward_session';

/**
 * Every cookie is set and cleared by a path right below the portal and names no path of its own: browsers then keep it
 * to the portal, whatever stands before that in the address.
 */
export const cookieNames = {
  session: SESSION_COOKIE,
  /** One for each sign-in under way: two links opened side by side do not disturb each other. */
  signIn: (state: string): string => `keyward_sign_in_${state.slice(0, 8).replaceAll(/[^\w-]/g, '_')}`,
} as const;

export function setCookie(name: string, value: string, seconds: number, secure: boolean): string {
  return `${name}=${value}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

export function clearCookie(name: string, secure: boolean): string {
  return setCookie(name, '', 0, secure);
}
