import type { Account } from '../account.ts';

/** The policy of a key that is made without one, as JSON text: the account's IAM policies decide. */
export function defaultPolicy({ accountId }: Account): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}
