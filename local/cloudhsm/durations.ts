import { Temporal } from 'temporal-polyfill';
import * as z from 'zod';

/** How long CloudHSM takes for what it does, in milliseconds on the server's clock. */
export interface Durations {
  readonly clusterCreation: number;
  readonly initialization: number;
  readonly clusterDeletion: number;
  readonly hsmCreation: number;
  readonly hsmDeletion: number;
  /** Of the migration to another HSM type, and of going back. */
  readonly hsmTypeMigration: number;
  readonly backup: number;
  readonly backupCopy: number;
}

const MINUTE = 60_000;

/** AWS documents "a few minutes" for HSMs and promises nothing for the others: these are of that order. */
export const DEFAULT_DURATIONS: Durations = {
  clusterCreation: MINUTE,
  initialization: 2 * MINUTE,
  clusterDeletion: MINUTE,
  hsmCreation: 5 * MINUTE,
  hsmDeletion: 3 * MINUTE,
  hsmTypeMigration: 30 * MINUTE,
  backup: 2 * MINUTE,
  backupCopy: 10 * MINUTE,
};

const duration = z.iso.duration().transform((text) => Temporal.Duration.from(text).total('milliseconds'));

/** Some of the durations, each as an ISO-8601 duration of at most days: `PT5M`. */
export const durationsSchema = z.strictObject({
  clusterCreation: duration.optional(),
  initialization: duration.optional(),
  clusterDeletion: duration.optional(),
  hsmCreation: duration.optional(),
  hsmDeletion: duration.optional(),
  hsmTypeMigration: duration.optional(),
  backup: duration.optional(),
  backupCopy: duration.optional(),
});
