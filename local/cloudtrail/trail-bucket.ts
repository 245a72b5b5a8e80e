import { randomBytes } from 'node:crypto';
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

/** Writes the records as a trail does: a gzip file for each account, Region and day among them. */
export async function putInBucket(
  { client, bucket }: TrailBucket,
  records: readonly CloudTrailRecord[],
): Promise<Undelivered<CloudTrailRecord>> {
  const files = Object.entries(Object.groupBy(records, folderOf)).map(([folder, contents]) => ({
    folder,
    contents: contents ?? [],
  }));
  const left: CloudTrailRecord[] = [];
  let reason: string | undefined;
  for (const { folder, contents } of files) {
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `${folder}/${fileName(contents)}`,
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

function folderOf({ recipientAccountId, awsRegion, eventTime }: CloudTrailRecord): string {
  const day = eventTime.slice(0, 10).replaceAll('-', '/');
  return `AWSLogs/${recipientAccountId}/CloudTrail/${awsRegion}/${day}`;
}

/** `<account>_CloudTrail_<region>_<yyyymmddThhmmZ>_<16 characters>.json.gz` */
function fileName([first]: readonly CloudTrailRecord[]): string {
  const minute = `${first?.eventTime.slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  const unique = randomBytes(8).toString('hex');
  return `${first?.recipientAccountId}_CloudTrail_${first?.awsRegion}_${minute}_${unique}.json.gz`;
}
