import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Access, parseAccess } from '../domain/access.ts';
import { type KeyClasses, parseKeyClasses } from '../domain/key-class.ts';
import { type Notifications, parseNotifications } from '../domain/notifications.ts';

/**
 * What the organisation decides, read once a cold start. The files are copied into every bundle; a broken one stops
 * the Lambda at its start with InvalidPolicyFile and the list of its faults.
 */
export interface Policies {
  readonly classes: KeyClasses;
  readonly access: Access;
  readonly notifications: Notifications;
}

export function readPolicies(folder: string): Policies {
  return {
    classes: parseKeyClasses(readFileSync(join(folder, 'key-classes.yaml'), 'utf8')),
    access: parseAccess(readFileSync(join(folder, 'access.yaml'), 'utf8')),
    notifications: parseNotifications(readFileSync(join(folder, 'notifications.yaml'), 'utf8')),
  };
}

/** The folder `policies` beside the bundled handler. */
export function bundledPolicies(): Policies {
  return readPolicies(join(process.env.LAMBDA_TASK_ROOT ?? import.meta.dirname, 'policies'));
}
