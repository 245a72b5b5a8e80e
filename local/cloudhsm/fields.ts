import * as z from 'zod';
import { integer } from '../kms/protocol/json-types.ts';
import { MODES } from './store/resources.ts';

/** The members that CloudHSM's operations share, with their documented limits. */

const ID = '[2-7a-zA-Z]{11,16}';

export const clusterId = z.string().regex(new RegExp(`^cluster-${ID}$`));

export const hsmId = z.string().regex(new RegExp(`^hsm-${ID}$`));

export const backupId = z.string().regex(new RegExp(`^backup-${ID}$`));

/** A backup's id or, for one of another account, its ARN. */
export const backupReference = z
  .string()
  .regex(new RegExp(`^(?:arn:aws:cloudhsm:[a-z0-9-]+:\\d{12}:backup/)?backup-${ID}$`));

export const taggableId = z.string().regex(new RegExp(`^(?:cluster|backup)-${ID}$`));

export const resourceArn = z
  .string()
  .regex(new RegExp(`^arn:aws:cloudhsm:[a-z0-9-]+:\\d{12}:(?:backup/backup|cluster/cluster|hsm/hsm)-${ID}$`));

export const region = z.string().regex(/^[a-z]{2}(?:-gov)?-(?:east|west|north|south|central){1,2}-\d$/);

export const availabilityZone = z
  .string()
  .regex(/^[a-z]{2}(?:-gov)?-(?:east|west|north|south|central){1,2}-\d[a-z]$/);

export const subnetId = z.string().regex(/^subnet-[0-9a-fA-F]{8,17}$/);

export const eniId = z.string().regex(/^eni-[0-9a-fA-F]{8,17}$/);

export const ipAddress = z.ipv4();

/** The model takes anything of this form; the operations name the types that there are. */
export const hsmType = z
  .string()
  .max(32)
  .regex(/^p?hsm[0-9][a-z.]*\.[a-zA-Z]+$/);

export const mode = z.enum(MODES);

/** Of any length that the model takes: what is no certificate is found out by reading it. */
export const certificate = z.string().max(20_000);

export const retentionPolicy = z.object({
  Type: z.enum(['DAYS']),
  Value: z.string().regex(/^[0-9]{1,3}$/),
});

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const tagKey = z.string().min(1).max(128).regex(TAG_TEXT);

export const tagList = z
  .array(z.object({ Key: tagKey, Value: z.string().max(256).regex(TAG_TEXT) }))
  .min(1)
  .max(50);

export const filters = z.record(z.string().regex(/^[a-zA-Z0-9_-]+$/), z.array(z.string())).default({});

export const pagination = (maximum: number) => ({
  NextToken: z.string().max(256).optional(),
  MaxResults: integer(1, maximum).default(maximum),
});
