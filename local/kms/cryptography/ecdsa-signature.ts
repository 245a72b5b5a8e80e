/** `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` in DER (RFC 3279, 2.2.3). */
const SEQUENCE = 0x30;
const INTEGER = 0x02;

export function encodeEcdsaSignature(r: bigint, s: bigint): Buffer {
  return element(SEQUENCE, Buffer.concat([integer(r), integer(s)]));
}

/** Undefined for anything but the one DER encoding of two non-negative integers. */
export function decodeEcdsaSignature(signature: Buffer): { r: bigint; s: bigint } | undefined {
  const sequence = read(signature, SEQUENCE);
  const first = sequence && read(sequence.content, INTEGER);
  const second = first && read(first.rest, INTEGER);
  if (first === undefined || second === undefined) return undefined;
  const r = unsigned(first.content);
  const s = unsigned(second.content);
  return encodeEcdsaSignature(r, s).equals(signature) ? { r, s } : undefined;
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return element(INTEGER, isNegative ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** Contents here are shorter than 256 bytes. */
function element(tag: number, content: Buffer): Buffer {
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x81, content.length];
  return Buffer.concat([Buffer.from(header), content]);
}

function read(bytes: Buffer, tag: number): { content: Buffer; rest: Buffer } | undefined {
  if (bytes[0] !== tag) return undefined;
  const isLong = bytes[1] === 0x81;
  const start = isLong ? 3 : 2;
  const length = bytes[isLong ? 2 : 1];
  if (length === undefined || start + length > bytes.length) return undefined;
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

function unsigned(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}
