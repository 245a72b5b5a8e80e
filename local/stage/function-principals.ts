import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { account, clientConfig } from './account.ts';
import { rolePolicies } from './role-policies.ts';

/** Who a Lambda function is to the local KMS, in the form of its `POST /_local/principals`. */
export type FunctionPrincipal = {
  /** The function's AWS_SDK_UA_APP_ID, which its SDK sends as `app/<id>` in User-Agent. */
  readonly appId: string;
  /** The session of the function's role. */
  readonly arn: string;
  /** The role's policies, parsed. */
  readonly policies: readonly unknown[];
};

/**
 * The deployed functions that have an app id. All Lambdas of the local AWS sign with the same access key, so the local
 * KMS tells their roles apart by it.
 */
export async function functionPrincipals(endpoint: string): Promise<FunctionPrincipal[]> {
  const iam = new IAMClient(clientConfig(endpoint));
  const principals: Promise<FunctionPrincipal>[] = [];
  for await (const page of paginateListFunctions({ client: new LambdaClient(clientConfig(endpoint)) }, {})) {
    for (const { FunctionName: name, Role: role, Environment: environment } of page.Functions ?? []) {
      const appId = environment?.Variables?.AWS_SDK_UA_APP_ID;
      const roleName = role?.split('/').at(-1);
      if (!appId || !roleName) continue;
      const arn = `arn:aws:sts::${account.id}:assumed-role/${roleName}/${name}`;
      principals.push(rolePolicies(iam, roleName).then((policies) => ({ appId, arn, policies })));
    }
  }
  return Promise.all(principals);
}

/**
 * Tells the local KMS who calls it.
 * @throws Error PRINCIPAL_REFUSED when it does not understand one
 */
export async function registerPrincipals(
  kmsUrl: string,
  principals: readonly FunctionPrincipal[],
): Promise<void> {
  for (const principal of principals) {
    const response = await fetch(`${kmsUrl}/_local/principals`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(principal),
    });
    if (response.ok) continue;
    throw new Error(`PRINCIPAL_REFUSED: the local KMS refuses ${principal.arn}: ${await response.text()}`);
  }
}
