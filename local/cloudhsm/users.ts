import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';

export const userSchema = z.object({
  name: z.string(),
  role: z.enum(['admin', 'crypto-user']),
  salt: z.string(),
  passwordHash: z.string(),
  failedLogins: z.int(),
  loggedIn: z.boolean(),
});

/** A user of a cluster's HSMs. */
export type HsmUser = Readonly<z.infer<typeof userSchema>>;

/** After so many wrong passwords an HSM lets a user in no more until an admin sets a new password. */
const LOGINS_BEFORE_LOCKOUT = 5;

export function newUser(name: string, role: HsmUser['role'], password: string): HsmUser {
  return { name, role, ...hashed(password), failedLogins: 0, loggedIn: false };
}

/** The user with another password, unlocked. */
export function withPassword(user: HsmUser, password: string): HsmUser {
  return { ...user, ...hashed(password), failedLogins: 0 };
}

export function isLockedOut({ failedLogins }: HsmUser): boolean {
  return failedLogins >= LOGINS_BEFORE_LOCKOUT;
}

export function hasPassword({ salt, passwordHash }: HsmUser, password: string): boolean {
  return timingSafeEqual(Buffer.from(passwordHash, 'base64'), hash(password, salt));
}

/** The user after an attempt to log in. */
export function afterLogin(user: HsmUser, succeeded: boolean): HsmUser {
  return succeeded
    ? { ...user, failedLogins: 0, loggedIn: true }
    : { ...user, failedLogins: user.failedLogins + 1 };
}

export function loggedOut(user: HsmUser): HsmUser {
  return { ...user, loggedIn: false };
}

function hashed(password: string): Pick<HsmUser, 'salt' | 'passwordHash'> {
  const salt = randomBytes(16).toString('base64');
  return { salt, passwordHash: hash(password, salt).toString('base64') };
}

/** Cheap on purpose: a development server, whose database holds the keys as well. */
function hash(password: string, salt: string): Buffer {
  return scryptSync(password, salt, 32, { N: 1024 });
}
