import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { acknowledge } from './acknowledge.ts';
import type { Stage } from './stage.ts';

/** Ask the identity store who is in which group. */
export function grantDirectory(lambda: LambdaFunction, { identityStoreId, issuer }: Stage): void {
  lambda.addEnvironment('IDENTITY_STORE_ID', identityStoreId);
  lambda.addEnvironment('OIDC_ISSUER', issuer);
  const identityStore = `arn:${Aws.PARTITION}:identitystore:`;
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: [
        'identitystore:GetUserId',
        'identitystore:GetGroupId',
        'identitystore:DescribeUser',
        'identitystore:DescribeGroup',
        'identitystore:IsMemberInGroups',
        'identitystore:ListGroupMembershipsForMember',
        'identitystore:ListGroupMemberships',
      ],
      resources: [
        `${identityStore}:${Aws.ACCOUNT_ID}:identitystore/${identityStoreId}`,
        `${identityStore}::user/*`,
        `${identityStore}::group/*`,
        `${identityStore}::membership/*`,
      ],
    }),
  );
  acknowledge(
    lambda.role ?? lambda,
    Object.fromEntries(
      ['user', 'group', 'membership'].map((kind) => [
        `IAM5[Resource::arn:<AWS::Partition>:identitystore:::${kind}/*]`,
        'Who is in a group is known only when it is asked: the verbs read and change nothing.',
      ]),
    ),
  );
}
