/** Every Lambda of the stack and its entry: `lambdas/<entry>.lambda.ts`, which exports `handler`. */
export const lambdaEntries = {
  Api: 'api/api',
  Decisions: 'api/decisions',
  Authorizer: 'api/authorizer',
  Portal: 'approvals/portal',
  OpenApproval: 'approvals/open-approval',
  ReadOutcome: 'approvals/read-outcome',
  EmergencyRevoke: 'emergency/emergency-revoke',
  EmergencyDirect: 'emergency/emergency-direct',
  SlackDoor: 'slack/door',
  SlackWork: 'slack/work',
  SlackCopies: 'slack/copies',
  SlackCatchUp: 'slack/catch-up',
  Dispatch: 'requests/dispatch',
  Sweep: 'sweep/sweep',
  Orphans: 'sweep/orphans',
  PrepareRequest: 'steps/prepare-request',
  BeginExecution: 'steps/begin-execution',
  CreateVersion: 'steps/create-version',
  BindAlias: 'steps/bind-alias',
  ProbeVersion: 'steps/probe-version',
  RotateInPlace: 'steps/rotate-in-place',
  RestrictVersion: 'steps/restrict-version',
  DisableKey: 'steps/disable-key',
  EnableKey: 'steps/enable-key',
  ScheduleDeletion: 'steps/schedule-deletion',
  CancelDeletion: 'steps/cancel-deletion',
  DiscardVersion: 'steps/discard-version',
  CompleteRequest: 'steps/complete-request',
  FailRequest: 'steps/fail-request',
  DetectTampering: 'alerts/detect-tampering',
  ReadTrail: 'alerts/read-trail',
} as const;

/** Those that ask the organisation's Cedar policies: they carry the engine along. */
export const askPolicies = ['Api', 'Decisions', 'Portal', 'SlackWork', 'EmergencyRevoke'] as const;

export type LambdaId = keyof typeof lambdaEntries;

export const lambdaIds = Object.keys(lambdaEntries) as readonly LambdaId[];
