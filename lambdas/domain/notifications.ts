import * as z from 'zod';
import { readPolicyFile } from './policy-file.ts';

const notificationsFile = z.strictObject({
  /** Group of the sign-in -> the addresses that hear of what it may decide. */
  mail: z.record(z.string().min(1).max(128), z.array(z.email()).max(50)),
  /** Group of the directory -> the channels of Slack that hear of the same, by their ids. */
  slack: z
    .record(
      z.string().min(1).max(128),
      z
        .array(z.string().regex(/^[CG][A-Z0-9]{2,20}$/, 'must be the id of a channel, such as C0123456789'))
        .max(10),
    )
    .optional(),
});

export type Notifications = z.infer<typeof notificationsFile>;

/** Reads `policies/notifications.yaml`. Throws InvalidPolicyFile with every fault. */
export function parseNotifications(yaml: string): Notifications {
  return readPolicyFile('policies/notifications.yaml', yaml, notificationsFile);
}

/** Who hears by mail that these groups are asked to decide: each address once. */
export function addressesOf({ mail }: Notifications, groups: readonly string[]): string[] {
  return listedFor(mail, groups);
}

/** The channels of Slack in which these groups are asked to decide, each once. */
export function channelsOf({ slack = {} }: Notifications, groups: readonly string[]): string[] {
  return listedFor(slack, groups);
}

function listedFor(lists: Readonly<Record<string, readonly string[]>>, groups: readonly string[]): string[] {
  // A team may well be called `constructor`.
  return [...new Set(groups.flatMap((group) => (Object.hasOwn(lists, group) ? (lists[group] ?? []) : [])))];
}
