import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clockRoutes } from '../clock/routes.ts';
import { VirtualClock } from '../clock/virtual-time.ts';
import type { SoftHsmOptions } from '../cloudhsm/keys/softhsm.ts';
import { hsmKeysOf, localCloudHsm } from '../cloudhsm/server.ts';
import { DeliveryConditions } from '../cloudtrail/delivery-conditions.ts';
import { Journal } from '../cloudtrail/journal.ts';
import type { CloudTrailRecord } from '../cloudtrail/record.ts';
import { RecordLog } from '../cloudtrail/record-log.ts';
import { answerCloudTrail } from '../cloudtrail/service.ts';
import { Roles } from '../sts/roles.ts';
import { answerSts } from '../sts/service.ts';
import { Consistency } from './imperfections/consistency.ts';
import { Durations } from './imperfections/durations.ts';
import { Faults } from './imperfections/faults.ts';
import { LateDeletions } from './imperfections/late-deletions.ts';
import { Quotas } from './imperfections/quotas.ts';
import { UsageTracking } from './imperfections/usage-tracking.ts';
import { kmsOfAccounts } from './kms.ts';
import { Principals } from './principals.ts';
import { type AwsServices, requestListener } from './protocol/http.ts';
import { KmsService } from './service.ts';
import { Calendar } from './store/calendar.ts';
import { openDatabase } from './store/database.ts';
import { answerTaggingApi } from './tagging-api/service.ts';
import { XksProxies } from './xks/proxies.ts';
import { xksProxyRoutes } from './xks/routes.ts';

export interface LocalKmsOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly host?: string;
  /** That of the access key `test`. */
  readonly accountId?: string;
  /** A file, or `:memory:`, the default. */
  readonly database?: string;
  readonly clock?: VirtualClock;
  /** Holds the keys of CloudHSM in tokens of SoftHSM2 while the server runs; without it the database does. */
  readonly softHsm?: SoftHsmOptions;
  /** Is given each CloudTrail record as it is made. */
  readonly onRecord?: (record: CloudTrailRecord) => void;
}

export interface LocalKms {
  /** Such as `http://127.0.0.1:41234`: the endpoint for client-kms and for the tagging API's client. */
  readonly url: string;
  readonly clock: VirtualClock;
  readonly records: RecordLog;
  /** How its records are to be delivered: give it to `createDelivery`. */
  readonly deliveryConditions: DeliveryConditions;
  /** Stops, with every open connection. */
  close(): Promise<void>;
}

const IN_MEMORY = ':memory:';
/** Some 30 MB. A file keeps all that it is given. */
const MOST_RECORDS_IN_MEMORY = 20_000;

/** Starts the local AWS KMS; see the README beside it for what it answers. Rejects when the port is taken. */
export async function startLocalKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  const { port = 0, host = '127.0.0.1', accountId = '000000000000' } = options;
  const clock = options.clock ?? new VirtualClock();
  const database = openDatabase(options.database ?? IN_MEMORY);
  const durations = new Durations();
  const usageTracking = new UsageTracking();
  const lateDeletions = new LateDeletions();
  const principals = new Principals(accountId, clock);
  const roles = new Roles();
  const faults = new Faults();
  const quotas = new Quotas(clock);
  const isInMemory = (options.database ?? IN_MEMORY) === IN_MEMORY;
  const records = new RecordLog(database, isInMemory ? MOST_RECORDS_IN_MEMORY : undefined);
  const deliveryConditions = new DeliveryConditions();
  const journal = new Journal(database, records, (record) => options.onRecord?.(record));
  const hsmKeys = await hsmKeysOf(database, options.softHsm);
  const cloudHsm = await localCloudHsm({ database, keys: hsmKeys, clock, principals, accountId, journal });
  const xksProxies = new XksProxies(database);
  const truth = kmsOfAccounts(database, {
    clock,
    durations,
    usageTracking,
    lateDeletions,
    cloudHsm: cloudHsm.cloudHsm,
    xksProxies,
  });
  const consistency = new Consistency(database, truth, clock);
  const calendar = new Calendar(database);
  const service = new KmsService({
    in: truth,
    calendar,
    clock,
    principals,
    faults,
    quotas,
    consistency,
    cloudHsm: cloudHsm.service,
    journal,
  });
  const awsServices: AwsServices = {
    BaldrApiService: (operation, request) => cloudHsm.service.answer(operation, request),
    TrentService: (operation, request) => service.answer(operation, request),
    ResourceGroupsTaggingAPI_20170126: (operation, request) => {
      service.catchUp();
      return answerTaggingApi(operation, request, { consistency, principals });
    },
    CloudTrail_20131101: (operation, request) => {
      service.catchUp();
      return answerCloudTrail(operation, request, { clock, records, principals, quotas });
    },
  };
  const routes = {
    ...clockRoutes(clock),
    ...principals.routes(),
    ...roles.routes(),
    ...faults.routes(),
    ...quotas.routes(),
    ...durations.routes(),
    ...usageTracking.routes(),
    ...lateDeletions.routes(),
    ...consistency.routes(),
    ...records.routes(),
    ...deliveryConditions.routes(),
    ...cloudHsm.routes,
    ...xksProxyRoutes(xksProxies),
  };
  const ignoreClock = clock.onAdvance(() => service.catchUp());
  const { listener, settled } = requestListener(awsServices, routes, (form, request) =>
    answerSts(form, request, { clock, principals, roles }),
  );
  // Longer than clients keep a connection: one that closes as it is used again looks like a lost answer.
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  const address = await listen(server, port, host).catch((error: unknown) => {
    hsmKeys.close();
    database.close();
    throw error;
  });
  return {
    url: `http://${host}:${address.port}`,
    clock,
    records,
    deliveryConditions,
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await settled();
      ignoreClock();
      hsmKeys.close();
      database.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port.'));
      else resolve(address);
    });
  });
}
