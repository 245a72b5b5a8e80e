import * as z from 'zod';
import { CertificateNotFound, RecordCorrupt } from '../domain/errors.ts';
import { hash } from '../domain/formats.ts';
import type { Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { pageTokens } from './page-token.ts';
import { visibleKey } from './visibility.ts';

const certified = z.strictObject({ certificate: z.record(z.string(), z.json()), certificateDigest: hash });

export function getLedger(deps: ApiDependencies): Handler<typeof contracts.getLedger> {
  return async ({ principal, path: { keyId }, query: { pageSize, pageToken } }) => {
    const tokens = pageTokens(principal, { list: 'ledger', keyId });
    const at = pageToken === undefined ? {} : tokens.read(pageToken);
    await visibleKey(deps, principal, keyId);
    const { items, next } = await deps.registry.getLedger(keyId, { limit: pageSize, ...at });
    const nextPageToken = next === undefined ? undefined : tokens.write({ cursor: next });
    return { status: 200, body: { entries: items, nextPageToken } };
  };
}

export function getCertificate(deps: ApiDependencies): Handler<typeof contracts.getCertificate> {
  return async ({ principal, path: { keyId } }) => {
    await visibleKey(deps, principal, keyId);
    const entry = (await deps.registry.getWholeLedger(keyId)).findLast(({ event }) => event === 'destroyed');
    if (entry === undefined) {
      throw new CertificateNotFound(
        'There is no certificate: it is written when the end of every KMS key of this key has been seen.',
      );
    }
    const details = certified.safeParse(entry.details);
    if (!details.success) {
      throw new RecordCorrupt(`Entry ${entry.seq} of ${keyId} holds no certificate.`, { keyId });
    }
    const { seq, hash, at } = entry;
    return { status: 200, body: { ...details.data, ledger: { seq, hash, at } } };
  };
}
