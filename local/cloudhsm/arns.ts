import type { Account } from '../kms/account.ts';

export const clusterArn = ({ accountId, region }: Account, id: string) =>
  `arn:aws:cloudhsm:${region}:${accountId}:cluster/${id}`;

export const backupArn = ({ accountId, region }: Account, id: string) =>
  `arn:aws:cloudhsm:${region}:${accountId}:backup/${id}`;
