import { KeywardError } from '../domain/errors.ts';

/** Whether the same may go through later. All else fails again however often it is tried. */
export function isTransient(error: unknown): boolean {
  return error instanceof KeywardError && error.kind === 'transient';
}
