import type { HardwareAuthorities } from './hardware-certificates.ts';
import type { Hsm } from './store/resources.ts';

/** Makes the certificates of the hardware, once somebody wants some: what makes them takes long to load. */
export class Hardware {
  #authorities: Promise<HardwareAuthorities> | undefined;

  authorities(): Promise<HardwareAuthorities> {
    this.#authorities ??= newAuthorities();
    return this.#authorities;
  }

  async newIdentity(hsmId: string): Promise<Hsm['identity']> {
    const { newIdentity } = await import('./hardware-certificates.ts');
    return newIdentity(await this.authorities(), hsmId);
  }
}

async function newAuthorities(): Promise<HardwareAuthorities> {
  const { newHardwareAuthorities } = await import('./hardware-certificates.ts');
  return newHardwareAuthorities();
}
