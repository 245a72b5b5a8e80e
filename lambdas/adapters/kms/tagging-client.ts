import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { timeouts } from '../timeouts.ts';

/** The index that finds KMS keys by their tags; it only reads, so the SDK may retry. */
export function taggingClient(): ResourceGroupsTaggingAPIClient {
  return new ResourceGroupsTaggingAPIClient({
    maxAttempts: 3,
    requestHandler: timeouts,
  });
}
