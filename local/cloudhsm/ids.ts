import { randomBytes } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_LENGTH = 11;

/** A new id in the form of CloudHSM's: the kind and eleven characters of base32. */
export function newId(kind: 'cluster' | 'hsm' | 'backup'): string {
  const characters = [...randomBytes(ID_LENGTH)].map((byte) => BASE32.charAt(byte % BASE32.length));
  return `${kind}-${characters.join('')}`;
}

/** A new id in the form of EC2's: the kind and 17 hexadecimal digits. */
export function newEc2Id(kind: 'eni' | 'sg' | 'vpc'): string {
  return `${kind}-0${randomBytes(8).toString('hex')}`;
}
