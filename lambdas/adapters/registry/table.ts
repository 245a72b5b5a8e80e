/** The shape of the table, which `lib/registry.ts` deploys; a test compares the two. */
export const tableShape = {
  partitionKey: 'PK',
  sortKey: 'SK',
  timeToLive: 'ttl',
  indexes: {
    /** Keys and requests of an owner, by state. */
    byOwner: { partitionKey: 'ownerPk', sortKey: 'ownerSk' },
    /** All keys and requests in a state. */
    byState: { partitionKey: 'statePk', sortKey: 'stateSk' },
    /** Keys and requests that the sweep has to look at, by time. Sparse, and spread over shards. */
    due: { partitionKey: 'duePk', sortKey: 'dueSk' },
  },
} as const;

export type IndexName = keyof typeof tableShape.indexes;
