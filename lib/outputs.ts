/** The name of the stack, and the head of the names that must not change: see `stableRoleName`. */
export const stackName = 'Keyward';

/** The outputs of the stack, by name. Base URLs end without a slash; paths begin with `/v1` or `/portal`. */
export const outputNames = [
  /** For people: a bearer token of the issuer. */
  'PeopleApiUrl',
  'PeopleApiId',
  /** For machines: requests signed with SigV4. */
  'MachineApiUrl',
  'MachineApiId',
  /** The page on which approvers decide. */
  'PortalUrl',
  /** Stops a key when it is invoked by hand: see docs/runbook/emergency.md. */
  'EmergencyFunctionName',
  /** Signs every decision; its public half verifies them: see docs/verify.md. */
  'ApprovalKeyArn',
  'TableName',
  /** Takes the CloudTrail files that the second alert channel reads, under TrailPrefix. */
  'TrailBucketName',
  'TrailPrefix',
  'AlertTopicArn',
  'GenerateMachineArn',
  'RotateMachineArn',
  'RevokeMachineArn',
  'DestroyMachineArn',
  'ApprovalMachineArn',
] as const;

export type OutputName = (typeof outputNames)[number];

/** What `cdk deploy --outputs-file` holds under the stack's name. */
export type KeywardOutputs = Readonly<Record<OutputName, string>>;
