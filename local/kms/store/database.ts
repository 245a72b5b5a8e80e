import { chmodSync, rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Raised when tables change: a file that another version made is not misread. */
const VERSION = 4;

/** `scope` is an account in a Region; a multi-Region key is a row in each of its Regions. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS keys (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    spec TEXT NOT NULL,
    usage TEXT NOT NULL,
    origin TEXT NOT NULL,
    multiRegionType TEXT,
    state TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    deletionAt INTEGER,
    pendingWindowDays INTEGER,
    settlesAt INTEGER,
    settlesAs TEXT,
    policy TEXT NOT NULL,
    PRIMARY KEY (scope, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS keysById ON keys (id);
  CREATE INDEX IF NOT EXISTS keysByDeletion ON keys (deletionAt) WHERE deletionAt IS NOT NULL;
  CREATE INDEX IF NOT EXISTS keysBySettling ON keys (settlesAt) WHERE settlesAt IS NOT NULL;
  CREATE TABLE IF NOT EXISTS materials (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    keyId TEXT NOT NULL,
    secret BLOB,
    publicKey BLOB,
    rotatedAt INTEGER,
    rotationType TEXT,
    awaitsRotation INTEGER NOT NULL,
    validTo INTEGER,
    description TEXT,
    UNIQUE (scope, keyId, id),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS materialsByExpiry ON materials (validTo) WHERE validTo IS NOT NULL;
  CREATE TABLE IF NOT EXISTS importParameters (
    scope TEXT NOT NULL,
    token BLOB NOT NULL,
    keyId TEXT NOT NULL,
    wrappingKey BLOB NOT NULL,
    modulusBits INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    validTo INTEGER NOT NULL,
    PRIMARY KEY (scope, token),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS rotationSchedules (
    scope TEXT NOT NULL,
    keyId TEXT NOT NULL,
    periodInDays INTEGER NOT NULL,
    nextAt INTEGER NOT NULL,
    PRIMARY KEY (scope, keyId),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS rotationSchedulesByDate ON rotationSchedules (nextAt);
  CREATE TABLE IF NOT EXISTS runningRotations (
    scope TEXT NOT NULL,
    keyId TEXT NOT NULL,
    rotationType TEXT NOT NULL,
    startedAt INTEGER NOT NULL,
    endsAt INTEGER NOT NULL,
    PRIMARY KEY (scope, keyId),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS aliases (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    keyId TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL,
    PRIMARY KEY (scope, name),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS aliasesByKey ON aliases (scope, keyId);
  CREATE TABLE IF NOT EXISTS tags (
    scope TEXT NOT NULL,
    keyId TEXT NOT NULL,
    tagKey TEXT NOT NULL,
    tagValue TEXT NOT NULL,
    PRIMARY KEY (scope, keyId, tagKey),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS grants (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    keyId TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    terms TEXT NOT NULL,
    PRIMARY KEY (scope, id),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS grantsByKey ON grants (scope, keyId);
  CREATE TABLE IF NOT EXISTS lastUsage (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    keyId TEXT NOT NULL,
    operation TEXT NOT NULL,
    at INTEGER NOT NULL,
    requestId TEXT NOT NULL,
    eventId TEXT NOT NULL,
    recordedAt INTEGER NOT NULL,
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lastUsageByKey ON lastUsage (scope, keyId);
  CREATE TABLE IF NOT EXISTS customKeyStores (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    connectionState TEXT NOT NULL,
    connectionErrorCode TEXT,
    settlesAt INTEGER,
    access TEXT NOT NULL,
    PRIMARY KEY (scope, id),
    UNIQUE (scope, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS backingKeys (
    scope TEXT NOT NULL,
    keyId TEXT NOT NULL,
    customKeyStoreId TEXT NOT NULL,
    backingKeyId TEXT NOT NULL,
    PRIMARY KEY (scope, keyId),
    FOREIGN KEY (scope, keyId) REFERENCES keys (scope, id) ON DELETE CASCADE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS xksProxies (
    uri TEXT PRIMARY KEY,
    proxy TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS cloudtrail (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    eventTime TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS cloudtrailByTime ON cloudtrail (eventTime);
`;

/** A database that reads each text of a statement once: there are only so many, and each call makes a dozen of them. */
class Database extends DatabaseSync {
  readonly #statements = new Map<string, StatementSync>();
  #claim: { readonly path: string; readonly lock: DatabaseSync } | undefined;

  override prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = super.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /**
   * Keeps a second server off the file, which would go by a clock and callers of its own; reading it is free. The operating
   * system takes the claim back when the process ends, however it ends. Throws, with the database closed, when the file is
   * claimed already.
   */
  claim(path: string): void {
    const claim = { path: `${path}-lock`, lock: new DatabaseSync(`${path}-lock`) };
    try {
      claim.lock.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      claim.lock.close();
      this.close();
      throw new Error(`${path} is in use: stop the local KMS that has it, or give another file.`, { cause });
    }
    this.#claim = claim;
  }

  override close(): void {
    super.close();
    if (this.#claim === undefined) return;
    rmSync(this.#claim.path, { force: true });
    this.#claim.lock.close();
  }
}

/**
 * Opens the database, `:memory:` or a file. A file holds key material in the clear, as local development may:
 * it is readable by its owner only, and what is deleted from it is overwritten. Throws for a file of another version, and for one
 * that is open elsewhere.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new Database(path, { enableForeignKeyConstraints: true });
  checkVersion(database, path);
  if (path !== ':memory:') {
    database.claim(path);
    chmodSync(path, 0o600);
  }
  database.exec('PRAGMA secure_delete = ON');
  // What was committed is in the write-ahead log, and outlives a process that is killed, without a wait for the disk at
  // each commit. A power failure may take the last commits along, and leaves whole what is before them.
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec(SCHEMA);
  return database;
}

function checkVersion(database: DatabaseSync, path: string): void {
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  const isNew = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0;
  if (!isNew && version !== VERSION) {
    database.close();
    throw new Error(`${path} was made by another version of the local KMS: give another file, or delete it.`);
  }
  database.exec(`PRAGMA user_version = ${VERSION}`);
}

/** Runs the effect in one transaction: all of it, or, when it throws, nothing. */
export function atomically<T>(database: DatabaseSync, effect: () => T): T {
  database.prepare('BEGIN IMMEDIATE').run();
  try {
    const result = effect();
    database.prepare('COMMIT').run();
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
