import * as z from 'zod';

/**
 * Who asks. A person comes with an OIDC token, a machine with SigV4, the service itself from a schedule or an event.
 * `id` is stable and never reused: `person:<issuer subject>`, `machine:<IAM ARN>`, `service:<part>`.
 */
export const principal = z.strictObject({
  kind: z.enum(['person', 'machine', 'service']),
  id: z.string().min(1).max(512),
  name: z.string().max(256),
  email: z.email().optional(),
  groups: z.array(z.string().max(128)).max(200),
  /** Whether the sign-in proved a second factor (`amr` contains `mfa`). */
  mfa: z.boolean(),
});
export type Principal = z.infer<typeof principal>;

/** What of a principal is kept in records and ledger entries. */
export const actor = principal.pick({ kind: true, id: true, name: true });
export type Actor = z.infer<typeof actor>;

export function actorOf({ kind, id, name }: Principal): Actor {
  return { kind, id, name };
}
