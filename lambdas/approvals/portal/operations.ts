import type { RequestParameters } from '../../domain/request.ts';

/** What a request asks for, as the beginning of a sentence that goes on with the key. */
export function asked(parameters: RequestParameters): string {
  switch (parameters.operation) {
    case 'generate':
      return 'Generate';
    case 'rotate':
      return 'Rotate';
    case 'revoke':
      return parameters.mode === 'suspend' ? 'Suspend' : 'Revoke as compromised';
    case 'reinstate':
      return 'Reinstate';
    case 'destroy':
      return 'Destroy';
    case 'cancel-destruction':
      return 'Cancel the destruction of';
  }
}

/** What happens once it is approved, and whether it can be taken back. */
export function consequence(parameters: RequestParameters): string {
  switch (parameters.operation) {
    case 'generate':
      return 'A new key is made and can be used under its alias.';
    case 'rotate':
      return 'A new version takes over. What older versions protected stays readable.';
    case 'revoke':
      return parameters.mode === 'suspend'
        ? 'Every use of the key fails from then on, until it is reinstated.'
        : 'Every use of the key fails from then on. This cannot be taken back.';
    case 'reinstate':
      return 'The key can be used again.';
    case 'destroy':
      return `The key can no longer be used, and is deleted after ${parameters.windowDays} days. What only this key can decrypt is then gone for good.`;
    case 'cancel-destruction':
      return 'The key is not deleted, and goes back to the state that it had before.';
  }
}
