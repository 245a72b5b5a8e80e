export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

/** What must hold, besides the name of the event, for a rule to apply: see `circumstances` in tampering.ts. */
export type Circumstance =
  | 'kept-disabled'
  | 'deletion-not-planned'
  | 'keyward-alias'
  | 'keyward-tags'
  | 'not-by-storage-service';

export interface TamperingRule {
  /** CloudTrail's eventName. */
  readonly event: string;
  readonly when?: Circumstance;
  /** Of a change that was made. A refused attempt is told as at most medium. */
  readonly severity: Severity;
  /** The sentence after the caller, of a change made and of an attempt: `{key}` is owner/name, `{alias}` the alias. */
  readonly done: string;
  readonly tried: string;
  /** The section of docs/runbook/tampering.md. */
  readonly anchor: string;
  /** The first thing to do. */
  readonly next: string;
}

/** What to do about an attempt that KMS refused, whatever it was. */
export const refusedAttempt = {
  anchor: 'refused-attempt',
  next: 'Ask the holder of the caller what it was for. Revoke the caller if nobody knows.',
} as const;

const checkTheAlias =
  'Compare the alias with the registry and point it back as the break-glass role. Find what was encrypted or signed under it meanwhile.';
const restoreTheTags =
  'Put the tag keyward:managed=true back as the break-glass role: without it the steps cannot act on the key.';
const checkTheGrants = 'List the grants of the key and ask the owner which of them were wanted.';
const checkTheRotations =
  "List the rotations of the key, switch automatic rotation off, and compare with the key's versions.";

/** The first rule that names the event and whose circumstance holds, applies; an event without one is no finding. */
export const tamperingRules: readonly TamperingRule[] = [
  {
    event: 'DisableKey',
    severity: 'high',
    done: 'disabled a KMS key of {key}',
    tried: 'disable a KMS key of {key}',
    anchor: 'key-disabled',
    next: 'Enable the KMS key again as the break-glass role. Find out how the caller got past the key policy.',
  },
  {
    event: 'EnableKey',
    when: 'kept-disabled',
    severity: 'high',
    done: 'enabled a KMS key of {key} that is to stay disabled',
    tried: 'enable a KMS key of {key} that is to stay disabled',
    anchor: 'key-enabled',
    next: 'Disable the KMS key again as the break-glass role. Find out what used it since.',
  },
  {
    event: 'EnableKey',
    severity: 'medium',
    done: 'enabled a KMS key of {key}',
    tried: 'enable a KMS key of {key}',
    anchor: 'key-enabled',
    next: 'Find out who had disabled the KMS key before, and why.',
  },
  {
    event: 'ScheduleKeyDeletion',
    severity: 'critical',
    done: 'scheduled the deletion of a KMS key of {key}',
    tried: 'schedule the deletion of a KMS key of {key}',
    anchor: 'deletion-scheduled',
    next: 'Cancel the deletion of the KMS key, then enable it as the break-glass role. After the window nothing brings it back.',
  },
  {
    event: 'CancelKeyDeletion',
    severity: 'high',
    done: 'cancelled the deletion of a KMS key of {key}',
    tried: 'cancel the deletion of a KMS key of {key}',
    anchor: 'deletion-cancelled',
    next: 'Ask why. Then request destroy again for a new approval, or cancel-destruction to bring the key back.',
  },
  {
    event: 'DeleteKey',
    when: 'deletion-not-planned',
    severity: 'critical',
    done: 'deleted a KMS key of {key}, whose destruction was not planned',
    tried: 'delete a KMS key of {key}, whose destruction was not planned',
    anchor: 'key-deleted',
    next: 'Tell the owner what can no longer be decrypted or signed. Find out who scheduled the deletion and why no alert stopped it.',
  },
  {
    event: 'PutKeyPolicy',
    severity: 'critical',
    done: 'changed the key policy of a KMS key of {key}',
    tried: 'change the key policy of a KMS key of {key}',
    anchor: 'policy-changed',
    next: 'Write the last policy that Keyward wrote, as the break-glass role. Find out what the other one let through.',
  },
  {
    event: 'CreateGrant',
    when: 'not-by-storage-service',
    severity: 'high',
    done: 'granted somebody the use of a KMS key of {key}',
    tried: 'grant somebody the use of a KMS key of {key}',
    anchor: 'grants-changed',
    next: 'Revoke the grant unless the owner of the key wanted it.',
  },
  {
    event: 'RevokeGrant',
    when: 'not-by-storage-service',
    severity: 'medium',
    done: 'revoked a grant on a KMS key of {key}',
    tried: 'revoke a grant on a KMS key of {key}',
    anchor: 'grants-changed',
    next: checkTheGrants,
  },
  {
    event: 'RetireGrant',
    when: 'not-by-storage-service',
    severity: 'low',
    done: 'retired a grant on a KMS key of {key}',
    tried: 'retire a grant on a KMS key of {key}',
    anchor: 'grants-changed',
    next: checkTheGrants,
  },
  {
    event: 'CreateAlias',
    when: 'keyward-alias',
    severity: 'high',
    done: 'created the alias {alias}, which only Keyward gives',
    tried: 'create the alias {alias}, which only Keyward gives',
    anchor: 'alias-changed',
    next: checkTheAlias,
  },
  {
    event: 'CreateAlias',
    severity: 'medium',
    done: 'gave a KMS key of {key} a second name, {alias}',
    tried: 'give a KMS key of {key} a second name, {alias}',
    anchor: 'alias-changed',
    next: 'Ask the owner who uses the second name. It does not follow the key when it rotates.',
  },
  {
    event: 'UpdateAlias',
    when: 'keyward-alias',
    severity: 'high',
    done: 'pointed the alias {alias} at another KMS key',
    tried: 'point the alias {alias} at another KMS key',
    anchor: 'alias-changed',
    next: checkTheAlias,
  },
  {
    event: 'UpdateAlias',
    severity: 'medium',
    done: 'pointed a second name, {alias}, at or away from a KMS key of {key}',
    tried: 'point a second name, {alias}, at or away from a KMS key of {key}',
    anchor: 'alias-changed',
    next: 'Ask the owner who uses the second name. It does not follow the key when it rotates.',
  },
  {
    event: 'DeleteAlias',
    when: 'keyward-alias',
    severity: 'high',
    done: 'deleted the alias {alias}, which consumers use',
    tried: 'delete the alias {alias}, which consumers use',
    anchor: 'alias-changed',
    next: checkTheAlias,
  },
  {
    event: 'DeleteAlias',
    severity: 'low',
    done: 'deleted a second name, {alias}, of a KMS key of {key}',
    tried: 'delete a second name, {alias}, of a KMS key of {key}',
    anchor: 'alias-changed',
    next: 'Ask the owner whether anybody used the second name.',
  },
  {
    event: 'TagResource',
    when: 'keyward-tags',
    severity: 'high',
    done: 'changed the tags by which Keyward manages a KMS key of {key}',
    tried: 'change the tags by which Keyward manages a KMS key of {key}',
    anchor: 'tags-changed',
    next: restoreTheTags,
  },
  {
    event: 'TagResource',
    severity: 'low',
    done: 'tagged a KMS key of {key}',
    tried: 'tag a KMS key of {key}',
    anchor: 'tags-changed',
    next: 'Check whether any IAM policy gives access by the tag.',
  },
  {
    event: 'UntagResource',
    when: 'keyward-tags',
    severity: 'high',
    done: 'removed the tags by which Keyward manages a KMS key of {key}',
    tried: 'remove the tags by which Keyward manages a KMS key of {key}',
    anchor: 'tags-changed',
    next: restoreTheTags,
  },
  {
    event: 'UntagResource',
    severity: 'low',
    done: 'removed a tag from a KMS key of {key}',
    tried: 'remove a tag from a KMS key of {key}',
    anchor: 'tags-changed',
    next: 'Check whether any IAM policy gave access by the tag.',
  },
  {
    event: 'RotateKeyOnDemand',
    severity: 'medium',
    done: 'rotated a KMS key of {key} without Keyward',
    tried: 'rotate a KMS key of {key} without Keyward',
    anchor: 'rotation-changed',
    next: checkTheRotations,
  },
  {
    event: 'EnableKeyRotation',
    severity: 'medium',
    done: 'switched on the automatic rotation of a KMS key of {key}',
    tried: 'switch on the automatic rotation of a KMS key of {key}',
    anchor: 'rotation-changed',
    next: checkTheRotations,
  },
  {
    event: 'DisableKeyRotation',
    severity: 'medium',
    done: 'switched off the automatic rotation of a KMS key of {key}',
    tried: 'switch off the automatic rotation of a KMS key of {key}',
    anchor: 'rotation-changed',
    next: checkTheRotations,
  },
  {
    event: 'ReplicateKey',
    severity: 'high',
    done: 'copied a KMS key of {key} to another Region',
    tried: 'copy a KMS key of {key} to another Region',
    anchor: 'taken-to-another-region',
    next: 'Disable the replica, and read its key policy: it is not the one that Keyward wrote.',
  },
  {
    event: 'UpdatePrimaryRegion',
    severity: 'high',
    done: 'moved the primary of a KMS key of {key} to another Region',
    tried: 'move the primary of a KMS key of {key} to another Region',
    anchor: 'taken-to-another-region',
    next: 'Move the primary back as the break-glass role.',
  },
  {
    event: 'ImportKeyMaterial',
    severity: 'high',
    done: 'imported key material into a KMS key of {key}',
    tried: 'import key material into a KMS key of {key}',
    anchor: 'material-imported',
    next: 'Suspend the key (revoke, mode suspend): somebody outside KMS knows this material.',
  },
  {
    event: 'DeleteImportedKeyMaterial',
    severity: 'critical',
    done: 'deleted the imported key material of a KMS key of {key}',
    tried: 'delete the imported key material of a KMS key of {key}',
    anchor: 'material-deleted',
    next: 'Import the same material again from its source. There is no window: the key is out of use at once.',
  },
];

/**
 * AWS services that store data and work with it through grants, which they make and retire all day on behalf of whoever
 * uses the storage. Services that make any call they are told to (Step Functions, Systems Manager, CloudFormation) are
 * not among them: through those anybody could grant unseen.
 */
export const storageServices: ReadonlySet<string> = new Set(
  [
    'autoscaling',
    'backup',
    'dynamodb',
    'ebs',
    'ec2',
    'ec2-frontend-api',
    'elasticfilesystem',
    'fsx',
    'rds',
    'redshift',
  ].map((name) => `${name}.amazonaws.com`),
);
