import * as z from 'zod';
import { userSchema } from '../users.ts';

export const CLUSTER_STATES = [
  'CREATE_IN_PROGRESS',
  'UNINITIALIZED',
  'INITIALIZE_IN_PROGRESS',
  'INITIALIZED',
  'ACTIVE',
  'MODIFY_IN_PROGRESS',
  'ROLLBACK_IN_PROGRESS',
  'DELETE_IN_PROGRESS',
  'DELETED',
] as const;

export const BACKUP_STATES = ['CREATE_IN_PROGRESS', 'READY', 'PENDING_DELETION'] as const;

export const HSM_TYPES = ['hsm1.medium', 'hsm2m.medium'] as const;
export type HsmType = (typeof HSM_TYPES)[number];

export const MODES = ['FIPS', 'NON_FIPS'] as const;

const account = { accountId: z.string(), region: z.string() };
/** Epoch milliseconds. */
const time = z.number();
const tags = z.record(z.string(), z.string());
const hsmType = z.enum(HSM_TYPES);
const mode = z.enum(MODES);

/** What makes a cluster the customer's own: both are PEM. */
const claimSchema = z.object({ clusterCertificate: z.string(), trustAnchor: z.string() });

export const clusterSchema = z.object({
  id: z.string(),
  ...account,
  state: z.enum(CLUSTER_STATES),
  dueAt: time.nullable(),
  createdAt: time,
  hsmType,
  mode,
  networkType: z.enum(['IPV4', 'DUALSTACK']),
  vpcId: z.string(),
  securityGroup: z.string(),
  /** The subnet in each Availability Zone. */
  subnets: z.record(z.string(), z.string()),
  retentionDays: z.int(),
  sourceBackupId: z.string().optional(),
  /** The same for all clusters that come from backups of one cluster. */
  history: z.string(),
  claim: claimSchema.optional(),
  users: z.array(userSchema),
  tags,
  /** Mutual TLS is enforced between clients and HSMs. */
  mutualTls: z.boolean(),
  /** The type before a migration, and until when the cluster can go back to it. */
  migration: z.object({ from: hsmType, rollbackUntil: time }).optional(),
  /** Its HSMs are there and cannot be reached, as a test has asked. */
  unreachable: z.boolean(),
  /** Its security group lets clients through to the HSMs. */
  portsOpen: z.boolean(),
});

export type Cluster = Readonly<z.infer<typeof clusterSchema>>;

export const hsmSchema = z.object({
  id: z.string(),
  ...account,
  clusterId: z.string(),
  state: z.enum(['CREATE_IN_PROGRESS', 'ACTIVE', 'DELETE_IN_PROGRESS']),
  dueAt: time.nullable(),
  availabilityZone: z.string(),
  subnetId: z.string(),
  eniId: z.string(),
  eniIp: z.string(),
  hsmType,
  /** What shows that a new cluster's first HSM is genuine, and the request for the cluster's certificate: all PEM. */
  identity: z.object({
    csr: z.string(),
    hsmCertificate: z.string(),
    awsHardwareCertificate: z.string(),
    manufacturerHardwareCertificate: z.string(),
  }),
});

export type Hsm = Readonly<z.infer<typeof hsmSchema>>;

export const backupSchema = z.object({
  id: z.string(),
  ...account,
  state: z.enum(BACKUP_STATES),
  dueAt: time.nullable(),
  clusterId: z.string(),
  createdAt: time,
  neverExpires: z.boolean(),
  hsmType,
  mode,
  history: z.string(),
  claim: claimSchema.optional(),
  users: z.array(userSchema),
  tags,
  /** Where a copy from another Region comes from. */
  copy: z
    .object({ sourceRegion: z.string(), sourceBackupId: z.string(), sourceClusterId: z.string(), at: time })
    .optional(),
  /** The resource policy, as JSON text. */
  policy: z.string().optional(),
  /** The share that the policy makes shows up at those it is shared with. */
  promoted: z.boolean(),
});

export type Backup = Readonly<z.infer<typeof backupSchema>>;
