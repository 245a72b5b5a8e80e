import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from '@aws-sdk/client-iam';

/** The documents of a role's inline policies and then of the policies attached to it, parsed. */
export async function rolePolicies(client: IAMClient, roleName: string): Promise<unknown[]> {
  const documents: Promise<unknown>[] = [];
  for await (const page of paginateListRolePolicies({ client }, { RoleName: roleName })) {
    for (const name of page.PolicyNames ?? []) documents.push(inlinePolicy(client, roleName, name));
  }
  for await (const page of paginateListAttachedRolePolicies({ client }, { RoleName: roleName })) {
    for (const { PolicyArn: arn } of page.AttachedPolicies ?? []) documents.push(managedPolicy(client, arn));
  }
  return Promise.all(documents);
}

async function inlinePolicy(client: IAMClient, roleName: string, policyName: string): Promise<unknown> {
  const command = new GetRolePolicyCommand({ RoleName: roleName, PolicyName: policyName });
  return parseDocument((await client.send(command)).PolicyDocument);
}

async function managedPolicy(client: IAMClient, arn: string | undefined): Promise<unknown> {
  const { Policy: policy } = await client.send(new GetPolicyCommand({ PolicyArn: arn }));
  const command = new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: policy?.DefaultVersionId });
  return parseDocument((await client.send(command)).PolicyVersion?.Document);
}

/** IAM sends policy documents percent-encoded. */
const parseDocument = (document = '{}'): unknown => JSON.parse(decodeURIComponent(document));
