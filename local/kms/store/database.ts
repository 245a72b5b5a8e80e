import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY,
    arn TEXT NOT NULL,
    description TEXT NOT NULL,
    spec TEXT NOT NULL,
    usage TEXT NOT NULL,
    state TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    deletionAt INTEGER,
    policy TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS materials (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    keyId TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    rotatedAt INTEGER,
    rotationType TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS materialsByKey ON materials (keyId);
  CREATE TABLE IF NOT EXISTS rotationSchedules (
    keyId TEXT PRIMARY KEY REFERENCES keys(id) ON DELETE CASCADE,
    periodInDays INTEGER NOT NULL,
    nextAt INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS aliases (
    name TEXT PRIMARY KEY,
    keyId TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS aliasesByKey ON aliases (keyId);
  CREATE TABLE IF NOT EXISTS tags (
    keyId TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE,
    tagKey TEXT NOT NULL,
    tagValue TEXT NOT NULL,
    PRIMARY KEY (keyId, tagKey)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS grants (
    id TEXT PRIMARY KEY,
    keyId TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE,
    createdAt INTEGER NOT NULL,
    terms TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS grantsByKey ON grants (keyId);
  CREATE TABLE IF NOT EXISTS lastUsage (
    keyId TEXT PRIMARY KEY REFERENCES keys(id) ON DELETE CASCADE,
    operation TEXT NOT NULL,
    at INTEGER NOT NULL,
    requestId TEXT NOT NULL,
    eventId TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS cloudtrail (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    record TEXT NOT NULL
  ) STRICT;
`;

/**
 * Opens the database, `:memory:` or a file. A file holds key material in the clear, as local development may:
 * it is readable by its owner only, and what is deleted from it is overwritten.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  if (path !== ':memory:') chmodSync(path, 0o600);
  database.exec('PRAGMA secure_delete = ON');
  database.exec(SCHEMA);
  addRotationTypes(database);
  return database;
}

/** A file from before automatic rotation does not say what made a material: each was a rotation on demand. */
function addRotationTypes(database: DatabaseSync): void {
  const columns = database.prepare("SELECT name FROM pragma_table_info('materials')").all();
  if (columns.some(({ name }) => name === 'rotationType')) return;
  database.exec('ALTER TABLE materials ADD COLUMN rotationType TEXT');
  database.exec("UPDATE materials SET rotationType = 'ON_DEMAND' WHERE rotatedAt IS NOT NULL");
}

/** Runs the effect in one transaction: all of it, or, when it throws, nothing. */
export function atomically<T>(database: DatabaseSync, effect: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = effect();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
