import type { JsonObject } from '../operation.ts';
import type { Grant } from '../store/grants.ts';
import type { KmsKey } from '../store/keys.ts';
import { epochSeconds } from './key-metadata.ts';

/** A grant as ListGrants and ListRetirableGrants answer it. */
export function grantListEntry(key: KmsKey, { id, createdAt, terms }: Grant): JsonObject {
  const { constraints, issuingAccount } = terms;
  return {
    KeyId: key.arn,
    GrantId: id,
    Name: terms.name ?? '',
    CreationDate: epochSeconds(createdAt),
    GranteePrincipal: terms.granteePrincipal,
    RetiringPrincipal: terms.retiringPrincipal,
    IssuingAccount: issuingAccount ?? `arn:aws:iam::${key.arn.split(':')[4]}:root`,
    Operations: terms.operations,
    Constraints: constraints && {
      EncryptionContextSubset: constraints.encryptionContextSubset,
      EncryptionContextEquals: constraints.encryptionContextEquals,
      SourceArn: constraints.sourceArn,
    },
    GranteeServicePrincipal: terms.granteeServicePrincipal,
    RetiringServicePrincipal: terms.retiringServicePrincipal,
  };
}
