import * as z from 'zod';
import { readPolicyFile } from './policy-file.ts';

const notificationsFile = z.strictObject({
  /** Group of the sign-in -> the addresses that hear of what it may decide. */
  mail: z.record(z.string().min(1).max(128), z.array(z.email()).max(50)),
});

export type Notifications = z.infer<typeof notificationsFile>;

/** Reads `policies/notifications.yaml`. Throws InvalidPolicyFile with every fault. */
export function parseNotifications(yaml: string): Notifications {
  return readPolicyFile('policies/notifications.yaml', yaml, notificationsFile);
}

/** Who hears that these groups are asked to decide: each address once. */
export function addressesOf({ mail }: Notifications, groups: readonly string[]): string[] {
  // A team may well be called `constructor`.
  return [...new Set(groups.flatMap((group) => (Object.hasOwn(mail, group) ? (mail[group] ?? []) : [])))];
}
