import { bufferToBase64URLString, startAuthentication, startRegistration } from '@simplewebauthn/browser';
import type { PasskeyOptions } from '../../lambdas/approvals/portal/contract.ts';

type Options = PasskeyOptions['options'];

/** What went wrong between the browser, the device and its owner: nothing of it has reached Keyward. */
export class PasskeyFailure extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'PasskeyFailure';
  }
}

/** Has a device sign the digest that its owner was shown, whatever it was asked to sign. Throws PasskeyFailure. */
export function signDigest(digest: string, options: Options) {
  const bytes = Uint8Array.from(digest.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const challenge = bufferToBase64URLString(bytes.buffer);
  return ceremony(startAuthentication({ optionsJSON: { ...options, challenge } }));
}

/** Has a device make a passkey. Throws PasskeyFailure. */
export function makePasskey(options: Options) {
  type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON'];
  return ceremony(startRegistration({ optionsJSON: options as unknown as CreationOptions }));
}

async function ceremony<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new PasskeyFailure(error);
  }
}

/** Browsers do not say which of the three a NotAllowedError is, so that no site learns what a device holds. */
function messageOf(cause: unknown): string {
  const name = cause instanceof Error ? cause.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'AbortError':
      return 'It was cancelled, took too long, or this device has none that fits. Try again.';
    case 'InvalidStateError':
      return 'This device holds a passkey of yours already. Use it, or take another device.';
    case 'SecurityError':
      return 'This browser lets no passkey be used at this address. Open the page at the address you were sent.';
    default:
      return 'This browser or device cannot do it. Try another one.';
  }
}
