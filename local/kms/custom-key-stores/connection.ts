import type { Kms } from '../kms.ts';
import type { ConnectionErrorCode, CustomKeyStore, ProxyAccess } from '../store/custom-key-stores.ts';
import { PROXY_FAILURES } from '../xks/failures.ts';
import { askProxy } from '../xks/requests.ts';
import { logIn, logOut } from './kmsuser.ts';

/** Ends what was begun with the custom key store: it is then connected, disconnected, or its connection has failed. */
export function settleConnection(kms: Kms, store: CustomKeyStore): void {
  if (store.connectionState === 'DISCONNECTING') disconnect(kms, store);
  else connect(kms, store);
}

function connect(kms: Kms, store: CustomKeyStore): void {
  const settled = { ...store, settlesAt: null };
  const { access } = store;
  const result = access.type === 'AWS_CLOUDHSM' ? logIn(kms, access) : reach(kms, access);
  kms.customKeyStores.update(
    typeof result === 'string'
      ? { ...settled, connectionState: 'FAILED', connectionErrorCode: result }
      : { ...settled, connectionState: 'CONNECTED', connectionErrorCode: null, access: result },
  );
}

/** AWS KMS asks the proxy for its health. */
function reach(kms: Kms, access: ProxyAccess): ProxyAccess | ConnectionErrorCode {
  const answer = askProxy(kms, access);
  return 'failure' in answer ? PROXY_FAILURES[answer.failure].code : access;
}

function disconnect(kms: Kms, store: CustomKeyStore): void {
  if (store.access.type === 'AWS_CLOUDHSM') logOut(kms, store.access);
  kms.customKeyStores.update({
    ...store,
    connectionState: 'DISCONNECTED',
    connectionErrorCode: null,
    settlesAt: null,
  });
}
