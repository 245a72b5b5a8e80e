import type { DatabaseSync } from 'node:sqlite';

/** One table for each kind of resource: what is searched for has a column, the rest is JSON. */
export const TABLES = ['hsmClusters', 'hsms', 'hsmBackups'] as const;

/** Makes CloudHSM's tables where they are not there yet. */
export function createTables(database: DatabaseSync): void {
  for (const table of TABLES) {
    database.exec(`
      CREATE TABLE IF NOT EXISTS ${table} (
        id TEXT PRIMARY KEY,
        accountId TEXT NOT NULL,
        region TEXT NOT NULL,
        clusterId TEXT,
        dueAt INTEGER,
        record TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS ${table}ByScope ON ${table} (accountId, region);
      CREATE INDEX IF NOT EXISTS ${table}ByCluster ON ${table} (clusterId);
      CREATE INDEX IF NOT EXISTS ${table}ByDueTime ON ${table} (dueAt);
    `);
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS hsmSubnets (
      id TEXT NOT NULL,
      accountId TEXT NOT NULL,
      region TEXT NOT NULL,
      vpcId TEXT NOT NULL,
      availabilityZone TEXT NOT NULL,
      freeAddresses INTEGER NOT NULL,
      PRIMARY KEY (accountId, region, id)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS hsmKeys (
      partition TEXT NOT NULL,
      id TEXT NOT NULL,
      handle INTEGER NOT NULL,
      owner TEXT NOT NULL,
      label TEXT NOT NULL,
      secret BLOB NOT NULL,
      PRIMARY KEY (partition, id)
    ) STRICT;
  `);
}
