import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { KeywardError } from '../domain/errors.ts';
import { awsCall } from './aws-call.ts';

/** A log file of the trail. */
export interface TrailFile {
  readonly bucket: string;
  readonly key: string;
}

class TrailFileCorrupt extends KeywardError {
  constructor(file: TrailFile, options?: ErrorOptions) {
    super(
      'TrailFileCorrupt',
      'fault',
      `${file.key} is not a log file of CloudTrail. Validate the trail's log files (aws cloudtrail validate-logs).`,
      { ...file },
      options,
    );
  }
}

class TrailFileTooLarge extends KeywardError {
  constructor(file: TrailFile) {
    super(
      'TrailFileTooLarge',
      'fault',
      `${file.key} is larger than a log file of CloudTrail gets. Read it by hand, then delete its message.`,
      { ...file },
    );
  }
}

/** Far above what CloudTrail writes (some MB unpacked); far below what would end the function without a word. */
const PACKED_BYTES = 16 * 1024 * 1024;
const UNPACKED_BYTES = 64 * 1024 * 1024;

export interface TrailClient {
  send(command: GetObjectCommand): Promise<{
    readonly ContentLength?: number | undefined;
    readonly Body?: { transformToByteArray(): Promise<Uint8Array> } | undefined;
  }>;
}

export type ReadTrailFile = (file: TrailFile) => Promise<readonly unknown[]>;

/** Resolves to the records of a log file. Throws TrailFileCorrupt, TrailFileTooLarge, BackendBusy or BackendRefused. */
export function trailFileReader(client: TrailClient): ReadTrailFile {
  return async (file) => {
    const packed = await awsCall('GetObject', async () => {
      const { Body, ContentLength = 0 } = await client.send(
        new GetObjectCommand({ Bucket: file.bucket, Key: file.key }),
      );
      return ContentLength > PACKED_BYTES
        ? undefined
        : ((await Body?.transformToByteArray()) ?? new Uint8Array());
    });
    if (packed === undefined) throw new TrailFileTooLarge(file);
    return recordsIn(await unpack(packed, file), file);
  };
}

const decompress = promisify(gunzip);

async function unpack(packed: Uint8Array, file: TrailFile): Promise<string> {
  try {
    return (await decompress(packed, { maxOutputLength: UNPACKED_BYTES })).toString('utf8');
  } catch (error) {
    if (error instanceof RangeError) throw new TrailFileTooLarge(file);
    throw new TrailFileCorrupt(file, { cause: error });
  }
}

const contents = z.looseObject({ Records: z.array(z.unknown()) });

function recordsIn(text: string, file: TrailFile): readonly unknown[] {
  try {
    return contents.parse(JSON.parse(text)).Records;
  } catch (error) {
    throw new TrailFileCorrupt(file, { cause: error });
  }
}
