import { readFileSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { lambdaIds } from '../../lib/lambda-entries.ts';
import { managedPolicies, type Statement, statementsOf } from './permissions.ts';
import { deployed, ownSettings, synthesise } from './synthesis.ts';

const statements = statementsOf(deployed());
const allowed = statements.filter(({ effect }) => effect === 'Allow');

/** Every KMS verb of every role on managed keys. A role that is not here has none. */
const kmsVerbs: Readonly<Record<string, readonly string[]>> = {
  PrepareRequest: ['DescribeKey', 'GetKeyLastUsage', 'GetKeyPolicy', 'ListAliases', 'ListGrants'],
  CreateVersion: ['CreateKey', 'DescribeKey', 'GetKeyPolicy', 'ListGrants', 'TagResource'],
  BindAlias: ['CreateAlias', 'DescribeKey', 'ListAliases', 'UpdateAlias'],
  ProbeVersion: ['Decrypt', 'DescribeKey', 'Encrypt', 'Sign', 'Verify'],
  RotateInPlace: ['DescribeKey', 'GetKeyRotationStatus', 'ListKeyRotations', 'RotateKeyOnDemand'],
  RestrictVersion: ['DescribeKey', 'GetKeyPolicy', 'PutKeyPolicy'],
  // Shared by the two Lambdas of the emergency, which disable in the same way.
  DisableKey: ['DescribeKey', 'DisableKey', 'ListGrants', 'RevokeGrant'],
  EnableKey: ['DescribeKey', 'EnableKey'],
  ScheduleDeletion: ['DescribeKey', 'GetKeyPolicy', 'ScheduleKeyDeletion'],
  CancelDeletion: ['CancelKeyDeletion', 'DescribeKey'],
  // Shared by the search for orphans, which discards in the same way.
  DiscardVersion: ['DeleteAlias', 'DescribeKey', 'GetKeyPolicy', 'ListAliases', 'ScheduleKeyDeletion'],
  Sweep: ['DescribeKey'],
};

/** What may be done with the key that vouches for decisions, and by whom. */
const approvalKeyVerbs: Readonly<Record<string, readonly string[]>> = {
  Api: ['GetPublicKey'],
  Decisions: ['Sign'],
  Portal: ['Sign'],
  SlackWork: ['Sign'],
};

const onlyReads = /^kms:(?:Describe|Get|List)/;

/** Actions for which IAM knows no narrower resource, and why each role needs them. */
const actionsOnAnything = new Set([
  // A key that does not exist yet; bounded by the tag that is asked for.
  'kms:CreateKey',
  // Listing is not bound to a resource.
  'kms:ListAliases',
  'tag:GetResources',
  'dynamodb:ListStreams',
  // Traces and the delivery of logs are no resources.
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
]);

/** The one role that API Gateway takes for all APIs of an account. */
const gatewayLogging = 'ApiLoggingRole';

const resourcePatterns = [
  /:kms:<AWS::Region>:<AWS::AccountId>:key\/\*$/, // managed keys: the tag bounds it
  /:kms:<AWS::Region>:<AWS::AccountId>:alias\/keyward\/\*$/,
  /:states:<AWS::Region>:<AWS::AccountId>:execution:<Workflows\w+\.Name>:\*$/,
  /:identitystore:::(?:user|group|membership)\/\*$/, // reads of who is in a group
  /^<TrailDetectionBucket\w+\.Arn>\/AWSLogs\/<AWS::AccountId>\/CloudTrail\/\*$/,
];

function rolesThat(test: (statement: Statement) => boolean): string[] {
  return [...new Set(allowed.filter(test).map(({ role }) => role))].toSorted();
}

function partitionsOf({ conditions }: Statement): readonly string[] {
  return conditions['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
}

const writes = ({ actions }: Statement) =>
  actions.some((action) =>
    ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'].includes(action),
  );
const reads = ({ actions }: Statement) =>
  actions.some((action) => ['dynamodb:GetItem', 'dynamodb:Query'].includes(action));
const onApprovalKey = ({ resources }: Statement) =>
  resources.every((resource) => /^<ApprovalKey\w+\.Arn>$/.test(resource));
const mutatesKeys = (statement: Statement) =>
  !onApprovalKey(statement) &&
  statement.actions.some((action) => action.startsWith('kms:') && !onlyReads.test(action));

function kmsVerbsOf(statements: readonly Statement[]): Record<string, string[]> {
  const verbs: Record<string, string[]> = {};
  for (const { role, actions } of statements) {
    const own = actions.filter((action) => action.startsWith('kms:')).map((action) => action.slice(4));
    if (own.length > 0) verbs[role] = [...new Set([...(verbs[role] ?? []), ...own])].toSorted();
  }
  return verbs;
}

describe('every role', () => {
  it('is found with its statements', () => {
    expect(statements.length).toBeGreaterThan(100);
    expect(rolesThat(() => true)).toContain('CreateVersion');
  });

  it('has no managed policy and no wildcard in an action', () => {
    expect(managedPolicies(deployed())).toEqual([]);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('names its resources, but for the few that cannot be named', () => {
    const wide = allowed.filter(({ role, actions, resources }) =>
      resources.some((resource) => {
        if (!resource.includes('*')) return false;
        if (resourcePatterns.some((pattern) => pattern.test(resource))) return false;
        if (role.startsWith(gatewayLogging)) return false;
        return resource !== '*' || actions.some((action) => !actionsOnAnything.has(action));
      }),
    );
    expect(wide).toEqual([]);
  });
});

describe('KMS', () => {
  it('is open to each role with its own verbs and no others', () => {
    expect(kmsVerbsOf(allowed.filter((it) => !onApprovalKey(it)))).toEqual(kmsVerbs);
    expect(kmsVerbsOf(allowed.filter(onApprovalKey))).toEqual(approvalKeyVerbs);
  });

  it('is open on keys only while they carry the tag of managed keys, but for a look at their state', () => {
    const onKeys = allowed.filter(
      (it) =>
        !onApprovalKey(it) &&
        it.actions.some((action) => action.startsWith('kms:') && action !== 'kms:ListAliases') &&
        !it.resources.every((resource) => resource.endsWith(':alias/keyward/*')) &&
        it.actions.join() !== 'kms:DescribeKey',
    );
    expect(onKeys.length).toBeGreaterThan(8);
    for (const { role, actions, conditions } of onKeys) {
      const creates = actions.every((action) => ['kms:CreateKey', 'kms:TagResource'].includes(action));
      const key = creates ? 'aws:RequestTag/keyward:managed' : 'aws:ResourceTag/keyward:managed';
      expect(conditions['StringEquals'], `${role} ${actions.join()}`).toEqual({ [key]: ['true'] });
    }
  });

  it('never lets a key be made that locks its maker out', () => {
    const creating = allowed.filter(({ actions }) => actions.includes('kms:CreateKey'));
    expect(creating).toHaveLength(1);
    expect(creating[0]?.conditions['BoolIfExists']).toEqual({
      'kms:BypassPolicyLockoutSafetyCheck': ['false'],
    });
  });

  it('is closed on the keys that protect Keyward, for every verb that a role has on keys', () => {
    const own = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d';
    const guarded = statementsOf(synthesise({ ...ownSettings, protectedKeyArns: own }).template);
    for (const [role, verbs] of Object.entries(kmsVerbs)) {
      const denied = guarded
        .filter((it) => it.role === role && it.effect === 'Deny' && it.resources.includes(own))
        .flatMap(({ actions }) => actions);
      const onKeys = verbs.filter((verb) => !['CreateKey', 'ListAliases'].includes(verb));
      expect(denied.map((action) => action.slice(4)).toSorted(), role).toEqual(onKeys.toSorted());
    }
  });
});

describe('approving and acting', () => {
  const deciders = rolesThat((it) => writes(it) && partitionsOf(it).includes('DECISION#*'));
  const wakers = rolesThat(({ actions }) => actions.some((action) => action.startsWith('states:SendTask')));

  it('are in different hands', () => {
    expect(deciders).toEqual(['Decisions', 'Portal', 'SlackWork']);
    expect(wakers).toEqual(['Dispatch']);
    const actors = new Set(rolesThat(mutatesKeys));
    expect(actors.size).toBeGreaterThan(8);
    expect([...deciders, ...wakers].filter((role) => actors.has(role))).toEqual([]);
  });

  it('lets nobody answer a wait with a failure', () => {
    expect(rolesThat(({ actions }) => actions.includes('states:SendTaskFailure'))).toEqual([]);
  });

  it('lets nobody but the stream and the sweep start a workflow, and only workflows an approval', () => {
    const starters = rolesThat(({ actions }) => actions.includes('states:StartExecution'));
    expect(starters.filter((role) => !/^Workflows\w+Role/.test(role))).toEqual(['Dispatch', 'Sweep']);
  });
});

describe('the table', () => {
  const onTable = allowed.filter(
    ({ actions, resources }) =>
      actions.some((action) => action.startsWith('dynamodb:')) &&
      resources.some((resource) => /^<RegistryTable\w+\.Arn>$/.test(resource)),
  );

  it('is read and written by partition only', () => {
    expect(onTable.length).toBeGreaterThan(30);
    for (const statement of onTable) {
      expect(partitionsOf(statement).length, statement.role).toBeGreaterThan(0);
      expect(statement.conditions['Null'], statement.role).toEqual({ 'dynamodb:LeadingKeys': ['false'] });
    }
  });

  it('is scanned by nobody, and nobody deletes', () => {
    const actions = new Set(
      allowed.flatMap((it) => it.actions).filter((action) => action.startsWith('dynamodb:')),
    );
    expect([...actions].toSorted()).toEqual([
      'dynamodb:ConditionCheckItem',
      'dynamodb:DescribeStream',
      'dynamodb:GetItem',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ]);
  });

  it('shows task tokens to who uses them, and takes them from who keeps them', () => {
    const tokens = (it: Statement) => partitionsOf(it).includes('TOKEN#*');
    expect(rolesThat((it) => reads(it) && tokens(it))).toEqual(['Dispatch']);
    expect(rolesThat((it) => writes(it) && tokens(it))).toEqual(['OpenApproval']);
  });

  it('lets only the page enrol passkeys, and who takes decisions see that one is still enrolled', () => {
    const passkeys = (it: Statement) => partitionsOf(it).includes('PASSKEY#*');
    expect(rolesThat((it) => writes(it) && passkeys(it))).toEqual(['Portal']);
    const checks = ({ actions }: Statement) => actions.includes('dynamodb:ConditionCheckItem');
    expect(rolesThat(checks)).toEqual(['Decisions', 'Portal', 'SlackWork']);
    expect(new Set(allowed.filter(checks).flatMap(partitionsOf))).toEqual(new Set(['PASSKEY#*']));
  });

  it('lets only the page note who is away, and only the API keep answers to repeat', () => {
    const people = (it: Statement) => partitionsOf(it).includes('PERSON#*');
    expect(rolesThat((it) => writes(it) && people(it))).toEqual(['Portal']);
    const answers = (it: Statement) => partitionsOf(it).includes('IDEMPOTENCY#*');
    expect(rolesThat((it) => writes(it) && answers(it))).toEqual(['Api', 'Decisions']);
  });

  it('shows codes for Slack to who takes them, and lets only the page make them and an account be linked', () => {
    const codes = (it: Statement) => partitionsOf(it).includes('SLACKCODE#*');
    expect(rolesThat((it) => reads(it) && codes(it))).toEqual(['SlackWork']);
    expect(rolesThat((it) => writes(it) && codes(it))).toEqual(['Portal', 'SlackWork']);
    for (const partition of ['SLACKUSER#*', 'SLACKPERSON#*']) {
      const accounts = (it: Statement) => partitionsOf(it).includes(partition);
      expect(
        rolesThat((it) => writes(it) && accounts(it)),
        partition,
      ).toEqual(['Portal', 'SlackWork']);
    }
  });

  it('has its stream, which shows everything, read by the two that follow requests', () => {
    expect(rolesThat(({ actions }) => actions.includes('dynamodb:GetRecords'))).toEqual([
      'Dispatch',
      'SlackCopies',
    ]);
  });
});

describe('mail, secrets, alerts and trail', () => {
  it('are each in the hands of who needs them', () => {
    const having = (action: string) => rolesThat(({ actions }) => actions.includes(action));
    const secretsOf = (role: string) =>
      allowed
        .filter((it) => it.role === role && it.actions.includes('secretsmanager:GetSecretValue'))
        .flatMap(({ resources }) => resources);
    expect(having('ses:SendEmail')).toEqual(['OpenApproval']);
    expect(having('secretsmanager:GetSecretValue')).toEqual([
      'Portal',
      'SlackCatchUp',
      'SlackCopies',
      'SlackDoor',
      'SlackWork',
    ]);
    expect(secretsOf('SlackWork')).toEqual(secretsOf('SlackDoor'));
    expect(secretsOf('Portal')).not.toEqual(secretsOf('SlackDoor'));
    expect(having('sqs:SendMessage').filter((role) => lambdaIds.some((id) => id === role))).toContain(
      'SlackDoor',
    );
    expect(having('sns:Publish')).toEqual(['DetectTampering', 'ReadTrail', 'Sweep']);
    const callers = having('lambda:InvokeFunction').filter((role) => lambdaIds.some((id) => id === role));
    expect(callers).toEqual(['DisableKey', 'Portal']);
    expect(having('s3:GetObject')).toEqual(['ReadTrail']);
  });

  it('lets mail go out from the one sender', () => {
    const mail = allowed.find(({ actions }) => actions.includes('ses:SendEmail'));
    expect(mail?.conditions['StringEquals']).toEqual({ 'ses:FromAddress': [ownSettings.mailFrom] });
    expect(mail?.resources.map((resource) => resource.split('/').at(-1)).toSorted()).toEqual([
      'keyward.test',
      'keyward@keyward.test',
    ]);
  });
});

describe('the directory', () => {
  it('is asked, and never changed, by who decides, lets people ask, or lets custodians in', () => {
    const asking = allowed.filter(({ actions }) => actions.some((each) => each.startsWith('identitystore:')));
    expect(asking.map(({ role }) => role).toSorted()).toEqual([
      'Api',
      'Decisions',
      // Shared by the two Lambdas of the emergency.
      'DisableKey',
      'Portal',
      'SlackWork',
    ]);
    // Each call that the adapter makes, and none that it does not.
    const adapter = readFileSync('lambdas/adapters/identity-store.ts', 'utf8');
    const calls = [...adapter.matchAll(/new (\w+)Command\(/g)].map(([, call]) => `identitystore:${call}`);
    for (const { actions } of asking) expect(actions.toSorted()).toEqual(calls.toSorted());
  });
});

describe('the emergency', () => {
  it('is in reach of custodians who have a second factor, past everything else', () => {
    deployed().hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'lambda:InvokeFunction',
            Effect: 'Allow',
            Resource: Match.objectLike({
              'Fn::GetAtt': [Match.stringLikeRegexp('^EmergencyEmergencyDirect'), 'Arn'],
            }),
            Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
          },
        ],
      },
    });
  });
});

describe('the approval key', () => {
  it('outlives the stack, and nobody but the root and the break-glass role takes it away', () => {
    const breakGlassRoleArn = 'arn:aws:iam::111122223333:role/break-glass';
    const { template } = synthesise({ ...ownSettings, breakGlassRoleArn });
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: {
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        KeyPolicy: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: ['kms:DisableKey', 'kms:ScheduleKeyDeletion'],
              Condition: {
                ArnNotLike: { 'aws:PrincipalArn': Match.arrayWith([breakGlassRoleArn]) },
              },
            }),
          ]),
        },
      },
    });
  });
});
