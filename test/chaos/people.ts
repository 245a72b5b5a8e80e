import type { Principal } from '../../lambdas/domain/principal.ts';
import { person } from '../unit/domain/examples.ts';

/** Everybody there is, with the groups of their sign-in. The directory begins with the same, and goes its own way. */
export const alice = person('alice', 'payments');
export const omar = { ...person('omar', 'payments'), mfa: false };
export const sami = person('sami', 'security');
export const sue = { ...person('sue', 'security'), mfa: false };
export const both = person('both', 'payments', 'security');
export const cora = person('cora', 'custodians');
export const nina = person('nina', 'marketing');
export const erin = person('erin', 'auditors');
export const mallory = person('mallory');

export const everybody: readonly Principal[] = [alice, omar, sami, sue, both, cora, nina, erin, mallory];
