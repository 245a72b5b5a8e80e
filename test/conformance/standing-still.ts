import { VirtualClock } from '../../local/clock/virtual-time.ts';
import { startedKms, type TestKms } from '../unit/local/kms/started-kms.ts';

/** A local KMS whose clock moves only when it is moved: a key stays in a transient state for as long as it is needed there. */
export function standingStill(): Promise<TestKms> {
  const now = Date.now();
  return startedKms({ clock: new VirtualClock({ realNow: () => now }) });
}
