import type { DatabaseSync } from 'node:sqlite';
import { atomically } from '../kms/store/database.ts';
import type { CloudTrailRecord } from './record.ts';
import type { RecordLog } from './record-log.ts';

export interface Recorded<T> {
  readonly outcome: T;
  readonly records: readonly CloudTrailRecord[];
}

/** What is done and its records are kept both or neither, also when the process is killed. */
export class Journal {
  readonly #database: DatabaseSync;
  readonly #log: Pick<RecordLog, 'append'>;
  readonly #deliver: (record: CloudTrailRecord) => void;

  /** `deliver` is given each record once it is kept. */
  constructor(
    database: DatabaseSync,
    log: Pick<RecordLog, 'append'>,
    deliver: (record: CloudTrailRecord) => void,
  ) {
    this.#database = database;
    this.#log = log;
    this.#deliver = deliver;
  }

  /** Does all of the effect, or, when it throws, nothing. */
  keep<T>(effect: () => Recorded<T>): T {
    const { outcome, records } = atomically(this.#database, () => {
      const done = effect();
      for (const record of done.records) this.#log.append(record);
      return done;
    });
    for (const record of records) this.#deliver(record);
    return outcome;
  }
}
