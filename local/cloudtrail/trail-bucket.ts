import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type PutObjectCommandOutput } from '@aws-sdk/client-s3';
import type { CloudTrailRecord } from './record.ts';
import type { Undelivered } from './retrying-queue.ts';

const compress = promisify(gzip);

export interface TrailBucket {
  readonly client: { send(command: PutObjectCommand): Promise<PutObjectCommandOutput> };
  readonly bucket: string;
}

/**
 * Writes the records as a trail does: a gzip file for each account and Region among them, in the folder and under the name
 * of the time when it is written. There are no digest files: nobody validates the log of a local KMS.
 */
export async function putInBucket(
  { client, bucket }: TrailBucket,
  records: readonly CloudTrailRecord[],
  now: Date,
): Promise<Undelivered<CloudTrailRecord>> {
  const files = Object.entries(Object.groupBy(records, accountAndRegion));
  const left: CloudTrailRecord[] = [];
  let reason: string | undefined;
  for (const [owner, contents = []] of files) {
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: fileName(owner, now),
          Body: await compress(JSON.stringify({ Records: contents })),
          ContentType: 'application/json',
          ContentEncoding: 'gzip',
        }),
      );
    } catch (error) {
      left.push(...contents);
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return reason === undefined ? { items: left } : { items: left, reason };
}

function accountAndRegion({ recipientAccountId, awsRegion }: CloudTrailRecord): string {
  return `${recipientAccountId}/${awsRegion}`;
}

/** `AWSLogs/<account>/CloudTrail/<region>/<yyyy>/<mm>/<dd>/<account>_CloudTrail_<region>_<yyyymmddThhmmZ>_<unique>.json.gz` */
function fileName(owner: string, now: Date): string {
  const [account, region] = owner.split('/');
  const time = now.toISOString();
  const minute = `${time.slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  const folder = `AWSLogs/${account}/CloudTrail/${region}/${time.slice(0, 10).replaceAll('-', '/')}`;
  return `${folder}/${account}_CloudTrail_${region}_${minute}_${uniqueString()}.json.gz`;
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function uniqueString(): string {
  return Array.from({ length: 16 }, () => ALPHANUMERIC.charAt(randomInt(ALPHANUMERIC.length))).join('');
}
